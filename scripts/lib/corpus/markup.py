"""Markup in running text: HTML, JATS and MathML tags, and character references."""

import html
import re
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
# Attributes must have values: "<b and c>" is an inequality.
TAG = re.compile(
    r"""</?(?:[A-Za-z][\w.-]*:)?(?P<name>[A-Za-z][\w.-]*)"""
    r"""(?:\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))*\s*/?>""",
    re.IGNORECASE,
)
# None holds the beginning of another: without this, a search for many open ones would take quadratic time.
ASIDE = re.compile(
    r"<!--(?:(?!<!--).)*?-->|<!\[CDATA\[((?:(?!<!\[CDATA\[).)*?)\]\]>|<\?[a-z][^<>]*\?>",
    re.DOTALL | re.IGNORECASE,
)
REFERENCE = re.compile(r"&(?:(?:amp;)+|(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)")
SKIPPED = {"script", "style", "tex-math", "annotation", "annotation-xml"}
HEADINGS = {"title", "h1", "h2", "h3", "h4", "h5", "h6"}
# These stand inside a word or a sentence; all others separate words.
INLINE = set(
    "a abbr acronym b big bold cite code del dfn em emphasis ext-link font i inf inline-formula ins italic kbd "
    "mark monospace named-content overline q roman s samp sans-serif sc small span strike strong styled-content sub "
    "subscript sup superscript tt u underline var xref".split()
)


def drop_markup(text: str) -> str:
    """Text without tags and character references. The text inside tags stays; MathML becomes `$…$`.

    What only looks like a tag stays: `a < b and c > d`. References may stand for tags
    (`&lt;i&gt;`), so both are repeated until nothing changes.
    """
    while True:
        plain = _without_tags(ASIDE.sub(r" \1", text)) if "<" in text else text
        plain = REFERENCE.sub(_character, plain)
        if plain == text:
            return text
        text = plain


def _character(reference: re.Match) -> str:
    """What a character reference stands for; `&amp;amp;` was escaped twice."""
    return "&" if reference[0].startswith("&amp;") else html.unescape(reference[0])


def _without_tags(text: str) -> str:
    closed = {match["name"].lower() for match in TAG.finditer(text) if match[0].startswith("</")}

    def is_tag(match: re.Match) -> bool:
        name, before = match["name"].lower(), text[match.start() - 1 : match.start()]
        if name in closed or name not in KNOWN:  # <Emphasis Type="Italic">x</Emphasis> is markup, <Ab> is not
            return name in closed
        # "n<p>k" is an inequality; a tag of one letter begins a word
        return len(name) > 1 or not (before.isalnum() or before == "$")

    pieces, at = [], 0
    for match in filter(is_tag, TAG.finditer(text)):
        pieces += [html.escape(text[at : match.start()], quote=False), match[0]]
        at = match.end()
    if not pieces:
        return text
    parser = _TextOf(closed)
    parser.feed("".join(pieces) + html.escape(text[at:], quote=False))
    parser.close()
    return "".join(parser.parts)


class _TextOf(HTMLParser):
    """Collects the text of a document whose text has no stray `<` or `&`.

    `closed` are the elements that have an end tag somewhere.
    """

    def __init__(self, closed: set[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.skipped_elements = SKIPPED & closed
        self.parts: list[str] = []
        self.skipped = 0
        self.formula: list[str] | None = None
        self.heading_at: int | None = None

    def set_cdata_mode(self, *args: object, **kwargs: object) -> None:
        """Treat the content of all elements alike."""

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self._separate(tag.rpartition(":")[2])

    def handle_starttag(self, tag: str, attrs: list) -> None:
        name = tag.rpartition(":")[2]
        self._separate(name)
        self.skipped += name in self.skipped_elements
        if name == "math":
            self.formula = []
        elif name in HEADINGS:
            self.heading_at = len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        self.skipped = max(self.skipped - (name in self.skipped_elements), 0)
        if name == "math" and self.formula is not None:
            formula = "".join("".join(self.formula).split()).replace("$", "")
            self.parts.append(f"${formula}$" if formula else " ")
            self.formula = None
        elif name in HEADINGS and self.heading_at is not None:
            heading = " ".join("".join(self.parts[self.heading_at :]).split())
            drop = heading.rstrip(".:").lower() in ("", "abstract", "summary")
            self.parts[self.heading_at :] = [
                "" if drop else heading if heading[-1] in ".:?!" else f"{heading}:"
            ]
            self.heading_at = None
        self._separate(name)

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            (self.parts if self.formula is None else self.formula).append(data)

    def _separate(self, name: str) -> None:
        if name not in INLINE and self.formula is None and name != "math":
            self.parts.append(" ")
