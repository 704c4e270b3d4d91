"""Markup in running text: HTML, JATS and MathML tags, and character references."""

import html
import re
from html.entities import html5
from html.parser import HTMLParser

HTML = (
    "a abbr acronym b big blockquote br center cite code dd del dfn div dl dt em font h1 h2 h3 h4 h5 h6 hr i "
    "img inf ins kbd li mark ol p pre q s samp script section small span strike strong style sub sup table "
    "tbody td th thead tr tt u ul var"
)
JATS = (
    "abstract alternatives bold break disp-formula disp-quote ext-link fn inline-formula inline-graphic italic "
    "label list list-item monospace named-content overline roman sans-serif sc sec styled-content tex-math "
    "title underline xref"
)
MATHML = (
    "math mi mn mo mrow msub msup msubsup mfrac msqrt mroot mover munder munderover mtext mspace mstyle mtable "
    "mtr mtd mfenced mpadded mphantom mmultiscripts mprescripts none semantics annotation annotation-xml"
)
KNOWN = {*HTML.split(), *JATS.split(), *MATHML.split()}
# These often stand without an end tag.
ALONE = {"br", "hr", "img", "li", "p", "sub", "sup"}
# Attributes must have values: "<b and c>" is an inequality.
TAG = re.compile(
    r"""<(?P<end>/)?(?P<prefix>[A-Za-z][\w.-]*:)?(?P<name>[A-Za-z][\w.-]*)"""
    r"""(?:\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))*\s*(?P<empty>/)?>""",
    re.IGNORECASE,
)
# None holds the beginning of another: without this, a search for many open ones would take quadratic time.
ASIDE = re.compile(
    r"<!--(?:(?!<!--).)*?-->|<!\[CDATA\[((?:(?!<!\[CDATA\[).)*?)\]\]>|<\?[a-z][^<>]*\?>|<!doctype[^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
REFERENCE = re.compile(r"&(?:(?:amp;)+|(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)")
# A tag that was cut in two at the end of a text: <jats:ita, <a href="http
CUT_TAG = re.compile(r"</?[A-Za-z][\w.-]*(?::[\w.-]*|\s+[\w:.-]+\s*=\s*[\"'][^<>]*)$")
LAYERS = 8  # of markup inside markup; texts that people write have up to three
SIGNS = re.compile("[<>&]")
# `tex-math` is skipped only where MathML beside it says the same.
SKIPPED = {"script", "style", "annotation", "annotation-xml"}
# What stands before the first, second and third part of an element of MathML.
PARTS = {
    "msup": ("", "^"), "msub": ("", "_"), "msubsup": ("", "_", "^"), "mfrac": ("", "/"), "msqrt": ("√",),
    "munder": ("", "_"), "munderover": ("", "_", "^"),
}  # fmt: skip
FORMULAE = {"math", "tex-math"}
TEXT = {"mtext", "tex-math"}
TEX_PREAMBLE = re.compile(
    r"\\(?:documentclass|usepackage)(?:\[[^][]*\])?\{[^{}]*\}|\\setlength\{[^{}]*\}\{[^{}]*\}"
    r"|\\(?:begin|end)\{document\}"
)
POWER = re.compile(r"\s*[+−–‐-]?\s*\d")
HEADINGS = {"title", "h1", "h2", "h3", "h4", "h5", "h6"}
# These stand inside a word or a sentence; all others separate words.
INLINE = set(
    "a abbr acronym b big bold cite code del dfn em emphasis ext-link font i inf inline-formula ins italic kbd "
    "mark monospace named-content overline q roman s samp sans-serif sc scp small span strike strong styled-content sub "
    "subscript sup superscript tt u underline var xref".split()
)


def drop_markup(text: str) -> str:
    """Text without tags and character references. The text inside tags stays; MathML becomes `$…$`.

    What only looks like a tag stays: `a < b and c > d`. References may stand for tags
    (`&lt;i&gt;`), so both are repeated until nothing changes. If more than LAYERS are nested, which takes
    a program, their signs are dropped, so that the time grows with the length alone.
    """
    for _ in range(LAYERS):
        plain = _peel(text)
        if plain == text:
            return text
        text = plain
    return SIGNS.sub(" ", text)


def _peel(text: str) -> str:
    """The text without its tags, and then with what its references stand for."""
    if "<" in text:
        text = CUT_TAG.sub("", _without_tags(ASIDE.sub(r" \1", text)))
    return REFERENCE.sub(_character, text)


def _character(reference: re.Match) -> str:
    """What a character reference stands for; `&amp;amp;` was escaped twice."""
    if reference[0].startswith("&amp;"):
        return "&"
    if reference[0][1] != "#" and reference[0][1:] not in html5:
        return reference[0]  # html.unescape would read `&region;` as `&reg` and `ion;`
    return html.unescape(reference[0])


def _without_tags(text: str) -> str:
    tags = _tags(text)
    if not tags:
        return text
    pieces, at = [], 0
    for tag in tags:
        pieces += [html.escape(text[at : tag.start()], quote=False), tag[0]]
        at = tag.end()
    parser = _TextOf({tag["name"].lower() for tag in tags if tag["end"]})
    parser.feed("".join(pieces) + html.escape(text[at:], quote=False))
    parser.close()
    return "".join(parser.parts)


def _tags(text: str) -> list[re.Match]:
    """The tags among all that looks like one.

    A name between angle brackets is a tag if it has a start tag and later an end tag
    (`<Emphasis Type="Italic">x</Emphasis>`), a prefix or attributes (`<jats:p>`), or if it usually stands alone.
    `<q>` and `n<th>m` are mathematics.
    """
    matches = list(TAG.finditer(text))
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for match in matches:
        name = match["name"].lower()
        if match["end"]:
            last[name] = match.start()
        else:
            first.setdefault(name, match.start())
    paired = {name for name, start in first.items() if start < last.get(name, -1)}
    if not paired.isdisjoint(MATHML.split()):
        paired.add("math")  # in a text that was cut before its end tag

    def is_tag(match: re.Match) -> bool:
        name = match["name"].lower()
        if name in paired or (name in KNOWN and (match["prefix"] or match["empty"] or "=" in match[0])):
            return True
        # "n<p>k" and "the mean <p> of" are mathematics; a paragraph begins the text or follows a sentence
        return name in ALONE and (
            len(name) > 1 or bool(match["end"]) or _before(text, match.start()) in {"", ">", *".?!:;"}
        )

    return [match for match in matches if is_tag(match)]


def _before(text: str, at: int) -> str:
    """The last character before `at` that is not a space; empty if there is none."""
    while at and text[at - 1].isspace():
        at -= 1
    return text[at - 1 : at]


class _TextOf(HTMLParser):
    """Collects the text of a document whose text has no stray `<` or `&`.

    `closed` are the elements that have an end tag somewhere. What a formula or a skipped element
    holds is held back until its end tag; if none comes, it is text like all other.
    """

    def __init__(self, closed: set[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.skipped_elements = (SKIPPED | ({"tex-math"} if "math" in closed else set())) & closed
        self.parts: list[str] = []
        self.held: list[str] = []
        self.skipped = 0
        self.formula: list[str] | None = None
        self.inside: list[tuple[str, int]] = []  # elements of the formula: name and number of parts so far
        self.heading_at: int | None = None
        self.after_sup = False

    def set_cdata_mode(self, *args: object, **kwargs: object) -> None:
        """Treat the content of all elements alike."""

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self._begin_part()
        self._separate(tag.rpartition(":")[2])

    def handle_starttag(self, tag: str, attrs: list) -> None:
        name = tag.rpartition(":")[2]
        self._separate(name)
        self.skipped += name in self.skipped_elements
        if self.skipped:
            return
        self.after_sup |= name == "sup"
        if name in FORMULAE:
            self._release()
            self.formula, self.inside = [], [(name, 0)]
        elif self.formula is not None:
            self._begin_part()
            self.inside.append((name, 0))
        elif name in HEADINGS:
            self.heading_at = len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        self.after_sup = False
        if name in self.skipped_elements:
            self.skipped = max(self.skipped - 1, 0)
            if self.formula is None and not self.skipped:
                self.held.clear()
        elif name in FORMULAE and self.formula is not None:
            self._end_formula(self.formula)
        elif self.formula is not None:
            if self.inside[-1][0] == name:
                self.inside.pop()
        elif name in HEADINGS and self.heading_at is not None:
            self._end_heading(self.heading_at)
        self._separate(name)

    def handle_data(self, data: str) -> None:
        if self.skipped or self.formula is not None:
            self.held.append(data)
            if self.formula is not None and not self.skipped:
                self.formula.append(data if self.inside[-1][0] in TEXT else "".join(data.split()))
            return
        is_power = self.after_sup and self.parts and self.parts[-1][-1:].isdigit() and POWER.match(data)
        self.after_sup = False
        self.parts.append(f"^{data.lstrip()}" if is_power else data)

    def close(self) -> None:
        super().close()
        self._release()

    def _release(self) -> None:
        self.parts += self.held
        self.held.clear()
        self.formula, self.skipped = None, 0

    def _begin_part(self) -> None:
        if self.formula is None or self.skipped:
            return
        name, parts = self.inside[-1]
        self.formula.append("".join(PARTS.get(name, ())[parts : parts + 1]))
        self.inside[-1] = name, parts + 1

    def _end_formula(self, formula: list[str]) -> None:
        tex = TEX_PREAMBLE.sub(" ", "".join(formula)).replace("$", "")
        self.parts.append(f"${' '.join(tex.split())}$" if tex.strip() else " ")
        self.held.clear()
        self.formula = None

    def _end_heading(self, start: int) -> None:
        heading = " ".join("".join(self.parts[start:]).split())
        drop = heading.rstrip(".:").lower() in ("", "abstract", "summary")
        self.parts[start:] = ["" if drop else heading if heading[-1] in ".:?!" else f"{heading}:"]
        self.heading_at = None

    def _separate(self, name: str) -> None:
        if name not in INLINE and self.formula is None and name not in FORMULAE:
            self.parts.append(" ")
