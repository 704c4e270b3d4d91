"""TeX in running text: formulas, and letters written as commands."""

import json
import re
import unicodedata

# Combining characters by TeX's accent commands.
ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306",
    ".": "\u0307", '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323",
    "c": "\u0327", "k": "\u0328", "b": "\u0331",
}  # fmt: skip
LETTERS = {
    "ss": "ß", "aa": "å", "AA": "Å", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø",
    "O": "Ø", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "dj": "đ", "DJ": "Đ",
    "th": "þ", "TH": "Þ", "ng": "ŋ", "NG": "Ŋ",
}  # fmt: skip
_BASE = r"(?:\\[ij](?![A-Za-z])|[^\W\d_])"
# The space behind a bare \i ends the command if the word goes on: Garc\'\i a.
_BARE = r"(?:\\[ij](?:\s+(?=[a-z])|(?![A-Za-z]))|[^\W\d_])"
# \'e, \' e, \'{e}, \c{c}, \c c; the base may be a letter that was converted before: \'{ı}
_ACCENT = (
    rf"""\\(?:(?P<sign>[`'^~=."])\s*|(?P<letter>[uvHrdckb])(?:\s+|(?=[{{\\])))"""
    rf"""(?:\{{\s*(?P<braced>{_BASE})\s*\}}|(?P<bare>{_BARE}))"""
)
# \ss, \ss{}, and \ss\ with a space of its own
_NAMES = "|".join(sorted(LETTERS, key=len, reverse=True))
_LETTER = rf"\\(?P<name>{_NAMES})(?![A-Za-z])(?P<ended>\{{\}}|\\(?=\s))?"
# A backslash behind a backslash belongs to a line break.
COMMAND = re.compile(rf"(?<!\\)(?:{_ACCENT}|{_LETTER}(?P<space>\s*))")
CONVERTED_GROUP = re.compile(r"(\\[A-Za-z]+\s*)?\{\s*([^\W\d_a-zA-Z])\s*\}")
# Accents of mathematics inside a word: Poincar$\acute{e}$, M$\ddot{o}$ller
MATH_LETTER = re.compile(r"\$\s*\\(acute|grave|ddot|check|breve|tilde|hat)\s*\{?\s*([A-Za-z])\s*\}?\s*\$")
MATH_ACCENTS = {"acute": "'", "grave": "`", "ddot": '"', "check": "v", "breve": "u", "tilde": "~", "hat": "^"}
_FONT_COMMAND = r"\\(?:text(?:bf|it|rm|sc|sf|tt|sl|up|md|normal)|emph|underline|mbox)\s*\{"
_FONT_SWITCH = r"\{\\(?:bf|it|em|rm|sc|sf|tt|sl)\s+"
_FONT = rf"(?:{_FONT_COMMAND}|{_FONT_SWITCH})"
# A font, which may stand inside a word: \textbf{E}fficient, {\bf E}fficient, \textit{k}-means
FONT = re.compile(rf"{_FONT}([^{{}}\\$]*)\}}")
BEFORE_LETTER = re.compile(r"-?[^\W_]")
BEHIND_LETTER = re.compile(r"[^\W_]-?$")
# Braces by which BibTeX keeps capitals: {BERT}, {D}eep. Those of a text without a divided word are a set: {W}.
_CAPITALS = r"\{[a-z]*[A-Z][A-Za-z0-9]*\}"
CAPITALS = re.compile(_CAPITALS)
DIVIDED = re.compile(rf"\{{(?<![\w\\_^*}}\]]\{{){_CAPITALS[2:]}[a-z]")
# What stands before the argument of a command, an index, an exponent
IS_ARGUMENT = re.compile(r"(?:\\(?:[A-Za-z]+\*?|[^\sA-Za-z])\s*|[_^\]]|\}\s*)$")
COMMAND_NAME = re.compile(r"\\[A-Za-z]+-?$")
LOOK_BACK = 40  # characters before a font or a group in which its command stands
# Strings that were escaped twice: Kirchhoff\'s law, \"deep\" nets, caf\u00e9, and line ends. Each pattern
# begins with a backslash, and then looks behind it: that is faster.
CONTRACTION = re.compile(r"\\'(?<=[A-Za-z]\\')(?=(?:s|t|ll|re|ve|d|m)\b)")
QUOTATION = re.compile(r"""\\(["'])(?<![^\s(\[]\\["'])(?=\w)([^"'\\]{1,300})(?<=[\w.,!?])\\\1(?![\w{\\])""")
CODE_POINTS = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")
LINE_END = re.compile(r"\\(?<!\\\\)(?:r\\)?n(?![a-z])")
# What all these look like; written for RE2 (Arrow) and Python alike.
_COMMANDS = (
    rf"\\(?:[`'^~=.\"]|[uvHrdckb][\s{{\\]|(?:{_NAMES})(?:[^A-Za-z]|$)|u[0-9a-fA-F]{{4}}|n(?:[^a-z]|$))"
)
CANDIDATE = re.compile(
    rf"{_COMMANDS}|{MATH_LETTER.pattern}|[A-Za-z0-9]-?{_FONT}|{_FONT}[^{{}}\\$]*\}}-?[A-Za-z0-9]"
    rf"|(?:^|[^\w\\_^*}}\]]){_CAPITALS}[a-z]"
)
# The same in parts that begin with a certain character, which is much faster in Python
CANDIDATES = (
    re.compile(_COMMANDS),
    MATH_LETTER,
    *(re.compile(rf"{font}[^{{}}\\$]*\}}-?[A-Za-z0-9]") for font in (_FONT_COMMAND, _FONT_SWITCH)),
    re.compile(rf"\\(?:(?<=[A-Za-z0-9]\\)|(?<=[A-Za-z0-9]-\\)){_FONT_COMMAND[2:]}"),
    re.compile(rf"\{{(?:(?<=[A-Za-z0-9]\{{)|(?<=[A-Za-z0-9]-\{{)){_FONT_SWITCH[2:]}"),
    DIVIDED,
)
# German endings behind a final "\ss ": the space ends the command, and not the word.
AFTER_SHARP_S = re.compile(r"(?:e|en|er|es|em|ian|ner|ler|mann|berg|burg|lich)\b")
DISPLAY = re.compile(r"\\\((?:(?!\\\().)*?\\\)|\\\[(?:(?!\\\[).)*?\\\]", re.DOTALL)
DOLLAR = re.compile(r"(?<!\\)\$\$?")
WHITESPACE = re.compile(r"\s")
MACRO = re.compile(r"\\[A-Za-z]+\*?(?:\s*\{[^{}]*\})*")
# "3 and ", but not "2 mod p"
QUANTITY = re.compile(r"\s*\d[\d,.]*\s+(?!(?:mod|log|ln|exp|sin|cos|tan|max|min|dim|deg|gcd)\b)[^\W\d_]{2,}")
CURRENCY = re.compile(r"[A-Z]{1,3}$")
UNIT = re.compile(r"\d[\d,.]*\s+[^\W\d_]{2,}")  # $10 GeV$
STATEMENT = re.compile(r"(?![\d),.;:])[^=^_<>]*[=^_<>].*", re.DOTALL)
PROSE = re.compile(r"(?<![\w\\^{(])[^\W\d_]{2,}[,;:.]?\s+[^\W\d_]{2,}(?![\w^}(])")


def formulae(text: str) -> list[tuple[int, int]]:
    r"""Where the formulas of a text begin and end: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`.

    A pair of dollars encloses a formula only if its content looks like one. Two prices are not a
    formula, nor is prose between two stray dollars.
    """
    spans = [match.span() for match in DISPLAY.finditer(text)] if "\\" in text else []
    signs = [match.span() for match in DOLLAR.finditer(text)] if "$" in text else []
    i = 0
    while i + 1 < len(signs):
        (start, inner), (inner_end, end) = signs[i], signs[i + 1]
        around = text[max(start - 3, 0) : start], text[end : end + 1]
        if inner - start == end - inner_end and _is_formula(text[inner:inner_end], *around):
            spans.append((start, end))
            i += 2
        else:
            i += 1
    return _outermost(spans)


def _is_formula(content: str, before: str, after: str) -> bool:
    """Whether the content of a pair of dollars is a formula, given the characters around the pair."""
    inner = content.strip()
    if not inner or (inner[0].isdigit() and after.isdigit()):
        return False  # "$5 to $10" is two prices
    if inner[0].isdigit() and (currency := CURRENCY.search(before)) and content.endswith(currency[0]):
        return False  # "R$ 5 e R$ 10"
    if not WHITESPACE.search(content):
        return True
    if len(inner) > 1 and inner.isalpha() and len(content) >= len(inner) + 2:
        return False  # " and "
    if not _is_prose(content) or UNIT.fullmatch(content):
        return True
    if content[0] == inner[0] and content[-1] == inner[-1] and STATEMENT.fullmatch(content):
        return True  # "$n=5 with probability p$", but not "$5 and then $n=5$"
    return not _is_prose(MACRO.sub(r"\\", content))  # \text{if all} is part of a formula


def _is_prose(content: str) -> bool:
    return bool(QUANTITY.match(content) or PROSE.search(content))


def _outermost(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, without those that begin inside an earlier one."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def split_formulae(text: str) -> list[str]:
    """The text cut at its formulas: prose at even places, formulas at odd ones."""
    parts, at = [], 0
    for start, end in formulae(text):
        parts += [text[at:start], text[start:end]]
        at = end
    return [*parts, text[at:]]


def convert_letters(text: str) -> str:
    r"""Convert accents and letter commands outside formulas to Unicode: `Erd\H{o}s` becomes `Erdős`.

    An accent is converted only if Unicode has the accented letter. Fonts and braces that divide a word are
    dropped: `\textbf{E}fficient`, `{D}eep`. So are the backslashes of strings that were escaped twice. All
    else stays as it is.
    """
    if not any(pattern.search(text) for pattern in CANDIDATES):
        return text
    if "$" in text:
        text = MATH_LETTER.sub(_math_letter, text)
    parts = split_formulae(text)
    for i in range(0, len(parts), 2):
        parts[i] = _unescape(parts[i])
        while (converted := _convert(parts[i])) != parts[i]:  # \'{\ae} needs two passes
            parts[i] = converted
    return "".join(parts)


def _convert(text: str) -> str:
    if "{" in text and DIVIDED.search(text):
        text = CAPITALS.sub(_without_braces, text)
    if "\\" not in text:
        return text
    text = FONT.sub(_without_font, text)
    converted = COMMAND.sub(_command, text)
    return text if converted == text else CONVERTED_GROUP.sub(_ungrouped, converted)


def _before(match: re.Match) -> str:
    return match.string[max(match.start() - LOOK_BACK, 0) : match.start()]


def _without_font(match: re.Match) -> str:
    r"""The text in a font that divides a word. `\noindent\textbf{Remark}` is not one."""
    before = _before(match)
    divides = BEHIND_LETTER.search(before) or BEFORE_LETTER.match(match.string, match.end())
    return match[1] if divides and not COMMAND_NAME.search(before) else match[0]


def _without_braces(match: re.Match) -> str:
    """The text in braces, unless they are the argument of a command, an index or an exponent."""
    return match[0] if IS_ARGUMENT.search(_before(match)) else match[0][1:-1]


def _unescape(text: str) -> str:
    """The text without backslashes that only escape a character."""
    if "\\" not in text:
        return text
    text = QUOTATION.sub(r"\1\2\1", CONTRACTION.sub("'", LINE_END.sub(" ", text)))
    return CODE_POINTS.sub(lambda match: json.loads(f'"{match[0]}"'), text)


def _math_letter(match: re.Match) -> str:
    """The accented letter, if letters stand on both sides, or two on one side."""
    accent, letter = match[1], match[2]
    before = _letters(match.string[max(match.start() - 2, 0) : match.start()][::-1])
    behind = _letters(match.string[match.end() : match.end() + 2])
    if not (min(before, behind) or before > 1 or (behind > 1 and accent not in ("tilde", "hat"))):
        return match[0]
    accented = unicodedata.normalize("NFC", letter + ACCENTS[MATH_ACCENTS[accent]])
    return accented if len(accented) == 1 else match[0]


def _letters(text: str) -> int:
    """The number of letters with which a text begins."""
    return len(text) if text.isalpha() else int(text[:1].isalpha())


def _ungrouped(match: re.Match) -> str:
    r"""`{ø}` without braces, unless it is the argument of a command: `\d{ê}`."""
    return match[0] if match[1] else match[2]


def _accented(match: re.Match) -> str:
    """The accented letter, or the command itself if Unicode has no such letter."""
    base = (match["braced"] or match["bare"]).strip("\\ \n")
    letter = unicodedata.normalize("NFC", base + ACCENTS[match["sign"] or match["letter"]])
    return letter if len(letter) == 1 else match[0]


def _command(match: re.Match) -> str:
    """The letter. The space behind `\\o` is part of the command if the word goes on."""
    name, text, end = match["name"], match.string, match.end()
    if not name:
        return _accented(match)
    if name == "ss":
        word_goes_on = bool(AFTER_SHARP_S.match(text, end))
    else:  # i and j, as in Turkish, often end a word
        word_goes_on = text[end : end + 1].islower() and name not in ("i", "j")
    return LETTERS[name] + ("" if word_goes_on and not match["ended"] else match["space"])
