"""Sentences of publishers that recur in abstracts: copyright, licenses, notes on publication, registrations of trials.

A sentence is removed if it has a cue and if its shape (the sentence with names and numbers folded) recurs in many
papers. The cues alone would take sentences of papers about copyright, and the counts alone phrases that many papers use.
In a small corpus nothing recurs: there a copyright notice that says no more than who and when is removed, too.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import compress

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SHARE = 0.001  # of the papers: a smaller number cannot make a topic
LEAST = 5  # papers; a sentence of fewer may be one of theirs, unless it is a plain copyright notice
MAX_CHARS = 600  # of a sentence
MAX_EXAMPLE = 200
# The sentences of an abstract that have a cue: where they begin and end, in characters, and the hashes of their shapes
NOTICES = pa.list_(pa.struct([("start", pa.int32()), ("stop", pa.int32()), ("shape", pa.uint64())]))

_YEAR = r"(?:1[89]|20)\d\d\b"
_SIGN = r"(?:©|ⓒ|\(c\))"
_WORK = r"(?:article|paper|work|manuscript|publication|chapter|document|content|journal|abstract|review|letter|book)"
_THIS = rf"(?:this|the)\s+(?:\w+\s+){{0,2}}?{_WORK}"
_FIRM = (
    r"(?:publish(?:er|ers|ing)|press|verlag|elsevier|springer|wiley|blackwell|karger|thieme|sage|ieee|acm|society|association|institute"
    r"|academy|college|university|federation|foundation|authors?(?:\(s\))?|ltd|limited|inc|llc|gmbh|kga?a?|b\.?\s?v|ag|s\.?a\.?s?|s\.?r\.?l)"
)
_REGISTRY = (
    r"(?:NCT\s?\d{6}|ISRCTN\s?\d{5}|ACTRN\s?\d{8}|DRKS\s?\d{5}|ChiCTR\S*\d{5}|UMIN\s?\d{6}|CRD\s?\d{8}|PACTR\s?\d{8}|CTRI/\d"
    r"|IRCT\S*\d{6}|NTR\s?\d{3}|KCT\s?\d{6}|TCTR\s?\d{6}|jRCT\S*\d{6}|RBR-\w{4}|EudraCT|\d{4}-\d{6}-\d\d)"
)
_CUES = (
    # © 2020 Elsevier B.V.; Copyright (c) 2009 by SIAM; 2011 Elsevier Ltd.; The Author(s) 2020
    rf"(?:this\s+{_WORK}\s+is\s+)?(?:psyc\w+\s+database\s+record\W+)?(?:crown\s+)?(?:copyright\s*{_SIGN}|©|ⓒ|\(c\)\s*(?:copyright|[^.]{{0,60}}\b{_YEAR}))",
    rf"(?:crown\s+)?copyright\s*[,:]?\s*(?:\(?{_YEAR}|by\s+(?:the\s+)?(?-i:[A-Z])|of\b.+\bproperty\b|(?:is\s+)?(?:held|owned)\s+by|(?:belongs|remains)\s|applies\s+to\s+all)",
    rf"{_YEAR}\W+(?:by\s+|the\s+)*(?-i:[A-Z])[^;:]{{0,90}}?\b{_FIRM}\.?\W*$",
    rf"(?:the\s+)?authors?(?:\(s\))?[\s,]+{_YEAR}",
    rf"(?:{_THIS}|this|it)\s+(?:is|was|are)\s+(?:an?\s+)?(?:protected\s+by\s+copyright|open[\s-]access|licen[sc]ed|(?:distributed|available|published)\s+(?:under|by|with|in)\b"
    r"|in\s+the\s+public\s+domain|(?:u\.?\s?s\.?|united\s+states)\s+government|subject\s+to\s+copyright|copyright|©|ⓒ)",
    r"(?:an?\s+)?open[\s-]access\b.{0,60}\b(?:article|licen[sc]ed|distributed|under|publication)\b",
    r"(?:licen[sc]ed?|published|distributed|released|available|to\s+view|creative\s+commons\s+attribution|cc[\s-]by|under)\b.{0,200}(?:creative\s*commons|cc[\s-]by|licen[sc]e)",
    r"(?:(?:published\s+(?:online\s+)?(?:by|for)|publi(?:cado|é)\s+p[oa]r|veröffentlicht\s+(?:von|durch)|pubblicato\s+da|licensee)\s+(?:the\s+)?(?-i:[A-Z]))",
    rf"(?:{_THIS}\s+|comments?\s*:\s*|note\s*:\s*|it\s+)?(?:(?:has|have)\s+been\s+|is\s+|was\s+)?(?:accepted|submitted|to\s+appear|to\s+be\s+(?:published|submitted)"
    r"|published|forthcoming|in\s+press|appeared|under\s+review)\s+(?:(?:for\s+)?(?:publication|(?:oral\s+)?presentation)\s+)?(?:in|by|at|to|for|as|with)\s+(?:the\s+|an?\s+)?(?:\d{4}\s+)?(?:(?-i:[A-Z])|journal|proceedings|conference|poster).{0,160}$",
    # Trial registration: ClinicalTrials.gov NCT01234567. Registered 5 May 2016.
    r"(?:[\w’']+\s+){0,3}?trials?\s+regist(?:ration|ry|er)\b[^:.#(]{0,60}(?:[:.#(—–-]|\d)",
    rf"\W*{_REGISTRY}\d*\W*$",
    rf"(?:retrospectively\s+|prospectively\s+)?(?:registered|registration\s+date|date\s+of\s+registration)\b(?=.*{_YEAR}).{{0,120}}$",
    r"(?:registro\s+de(?:l)?\s+(?:ensayo|estudio)|studienregist\w+|enregistrement\s+de\s+l['’](?:essai|[ée]tude)|registro\s+do\s+(?:ensaio|estudo))\b",
    # EBSCO, ProQuest, PsycINFO
    r"(?:however,?\s+)?users?\s+(?:may\s+(?:print|download)|should\s+refer\s+to\s+the\s+original)|this\s+abstract\s+may\s+be\s+abridged"
    r"|no\s+warranty\s+is\s+given|abstract\s+from\s+(?:author|publisher|journal)|publication\s+abstract\W*$|psyc\w+\s+database\s+record",
    r"(?:for\s+(?:permissions?|reprints?|commercial\s+re-?use)\b|(?:reproduced|reprinted|used)\s+(?:here\s+)?(?:by|with)\s+(?:kind\s+)?permission|no\s+claim\s+to\s+original|protected\s+by\s+copyright|(?:u\.?\s?s\.?|united\s+states)\s+government\s+work)",
    # no abstract, and where it is
    r"(?:no|an?)\s+abstract\s+(?:is\s+)?(?:not\s+)?(?:available|provided)|abstract\s+(?:is\s+)?not\s+available|please\s+(?:use\s+the\s+get\s+access|click|see\s+the\s+full|refer\s+to\s+the\s+full)|click\s+here",
    r"all\s+rights?\s+(?:are\s+)?reserved\b\W*(?:worldwide|(?:by|to)\b.{0,60})?\W*$|alle\s+rechte\s+vorbehalten|tous\s+(?:les\s+)?droits\b.{0,30}\sr[ée]serv[ée]s"
    r"|(?:todos\s+)?los\s+derechos\s+(?:est[áa]n\s+)?reservados|reservados\s+todos\s+los\s+derechos|todos\s+os\s+direitos\s+reservados|tutti\s+i\s+diritti\s+(?:sono\s+)?riservati"
    r"|alle\s+rechten\s+voorbehouden|все\s+права\s+защищены|wszelkie\s+prawa\s+zastrze[żz]one|.{0,40}(?:版权所有|版權所有|保留所有权利|著作权|著作権|無断転載)",
)
CUE = re.compile(rf"[\W_]*?(?:{'|'.join(_CUES)})", re.IGNORECASE)
REGISTRY = re.compile(_REGISTRY)
REGISTERED = re.compile(r"regist|trials|number|identifier|prospero|eudract|\bid\b", re.IGNORECASE)
# One search of Arrow leaves few texts for Python. Words that papers use often count in capitals or with the next word
ANYWHERE = (
    r"(?i)©|ⓒ|\(c\) ?(?:copyright|1[89]|20)|(?-i:Copyright|COPYRIGHT)|copyright (?:©|\(c\)|\d|holder)|by copyright|rights? (?:are )?reserved|rechte vorbehalten|droits (?:d.{1,30} )?r[ée]serv"
    r"|derechos (?:están )?reservados|reservados todos|direitos reservados|diritti (?:sono )?riservati|rechten voorbehouden|права защищены|prawa zastrze|版权|版權|著作权|著作権|所有权利|無断転載"
    r"|terms of the creative|commons (?:attribution|licen)|under (?:an? |the )?(?:cc|creative|licen)|(?-i:Open [Aa]ccess|OPEN ACCESS)|open access (?:article|publication|under)|is open access"
    r"|accepted for (?:pub|pres)|(?-i:Accepted (?:for|in|by|at|to)|Submitted to|To appear in|Published (?:by|for|in|online|under)|In press\b|Forthcoming)|been (?:accepted|submitted|published)|is (?:to appear in|in press|under review|published (?:by|in|under|with))"
    r"|publi(?:cado|é) p[oa]r|licensee|veröffentlicht (?:von|durch)|pubblicato da|trials?\.gov|trials? regist|(?-i:Registered|REGISTERED)|registration (?:no|number|id|date)\b|registered (?:at|with|as|prosp|retro)"
    r"|nct ?\d|isrctn|prospero|eudract|no abstract|abstract (?:is )?not available|abstract from|publication abstract|database record|be abridged|no warranty|with permission|for permission|government work|get access"
    r"|click here|studienregist|registro d|enregistrement de l"
)
# Where sentences end. A notice may begin or end without a full stop: in front of it, of the headings of structured
# abstracts, and behind a publisher before the first words of a text.
_HEADING = (
    r"(?:Background|Objectives?|Purpose|Aims?|Introduction|Methods|Results|Conclusions?|Context|Importance|Abstract|Summary|Hintergrund|Zusammenfassung|Résumé|Resumen|BACKGROUND|OBJECTIVES?"
    r"|PURPOSE|AIMS?|INTRODUCTION|METHODS|RESULTS|CONCLUSIONS?|CONTEXT|IMPORTANCE|ABSTRACT|SUMMARY)"
)
STOP = re.compile(
    r"""(?:[.!?]["'”’)\]]*\s+(?=[^a-z\s])|\.(?<=[a-z]{3}\.)(?=[A-Z])|[。！？]|\](?<=[A-Z]\])\s*|[Rr]eserved\s+(?=[A-Z]))"""
)
START = re.compile(
    rf"[©ⓒ]|\([cC]\)\s*(?:[Cc]opyright|{_YEAR})|[(\[](?:Accepted|Submitted|To\s+appear|ABSTRACT\s+FROM)\b"
    rf"|C(?:opyright\s*(?:[©ⓒ]|\([cC]\)|by\s|of\s|{_YEAR})|rown\s+Copyright|linical\s+[Tt]rial\s+[Rr]egist)|PsycI\w+\s+Database"
    r"|A(?:ll|LL)\s+[Rr](?:ights?|IGHTS)\s+[Rr](?:eserved|ESERVED)|Alle\s+Rechte\s+vorb"
    r"|T(?:rial\s+[Rr]egist|his\s+\w+\s+is\s+(?:©|protected\s+by\s+copy)|ous\s+droits\s|odos\s+l?os\s)"
)
TEXT = re.compile(
    rf"\s(?={_HEADING}\s*[:.—–-]\s|(?:We|In|The|This|These|Here|Our|An?|It|To|For|From)\s+[a-z])"
)
# Words with which a notice may begin in front of its sign
LEAD = re.compile(r"\W*(?:(?:This\s+\w+\s+is|PsycI\w+\s+Database\s+Record|Crown|Copyright|copyright)\W*)*")
ABBREVIATED = re.compile(
    r"(?:^|[\s(.])(?:[A-Z]|No|Nr|no|nr|St|Dr|Prof|Co|vs|e\.g|i\.e|al|cf|Vol|vol|Reg|Id)\.$"
)
LINK = re.compile(r"\b(?:https?://|www\.)\S+")
PIECE = re.compile(r"[^\W_]+(?:[.'’&/-][^\W_]+)*|©")
# Words inside of names, and those that shapes leave out
INSIDE = frozenset(
    "of and for in on de des du der die das und et la le les y e del della van von do da dos".split()
)
ARTICLES = frozenset(("the", "a", "an", "der", "die", "das", "la", "le", "el", "los"))
# All words of the shape of a plain copyright notice: a sentence of a paper has others, such as a verb
PLAIN = frozenset(
    "© 0 * copyright crown by with from author authors contributor contributors all rights reserved published publishing under"
    " exclusive license licence to on behalf ltd limited inc press society association institute university its".split()
).union(INSIDE)


def shape_of(sentence: str) -> str:
    """A sentence in lower case with `0` for numbers and `*` for names, without articles.

    `© 2020 Elsevier B.V.` and `(C) 1998 The Royal Society of Chemistry` are `© 0 *`.
    """
    shape: list[str] = []
    inside = 0  # words behind a name that may belong to it
    for word in PIECE.findall(
        re.sub(r"©|ⓒ|\(c\)", " © ", LINK.sub("0", sentence).replace("(s)", ""), flags=re.I)
    ):
        lowered = word.lower()
        if any(map(str.isdigit, word)):
            folded = "0"
        elif word[0].isupper() and (shape or lowered in ARTICLES):
            folded = "" if lowered in ARTICLES else "*"
        else:
            folded = "" if lowered in ARTICLES else lowered
        if folded in ("*", "0") and shape[-1 - inside : len(shape) - inside] == [folded]:
            del shape[len(shape) - inside :]
            inside = 0
        elif folded:
            shape.append(folded)
            joins = folded in INSIDE and shape[-2 - inside : len(shape) - 1 - inside] == ["*"]
            inside = inside + 1 if joins else 0
    return " ".join(shape)


def is_plain_notice(shape: str) -> bool:
    """Whether a shape is that of a copyright notice and nothing else: "© 2020 The Authors", "All rights reserved"."""
    words = shape.split()
    if not PLAIN.issuperset(words):
        return False
    if "all rights reserved" in shape or shape.startswith("published by *"):
        return True
    # a sign or the word, a year and a holder
    return ("©" in words or words[:2] == ["copyright", "0"]) and "0" in words and len(words) > 2


def _outer(spans: list[tuple[int, int]], length: int) -> list[bool]:
    """Which spans of a text are at its beginning or end, with nothing but other spans before or behind them."""
    outer = [False] * len(spans)
    begin, end = 0, length
    for i in range(len(spans)):
        outer[i] = spans[i][0] == begin
        begin = spans[i][1] if outer[i] else -1
    for i in reversed(range(len(spans))):
        is_last = spans[i][1] == end
        outer[i] |= is_last
        end = spans[i][0] if is_last else -1
    return outer


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a text begin and end, each with the space behind it."""
    bounds = {match.end() for match in STOP.finditer(text) if not _is_abbreviation(text, match.start())}
    bounds |= {len(text[: match.start()].rstrip("([{—–")) for match in START.finditer(text)} | {len(text)}
    start = 0
    for stop in sorted(bounds):
        if not LEAD.fullmatch(text, start, stop):
            yield start, stop
            start = stop
    if start < len(text):
        yield start, len(text)


def _is_abbreviation(text: str, stop: int) -> bool:
    """Whether a full stop belongs to an abbreviation such as "No." or an initial."""
    return ABBREVIATED.search(text[max(stop - 6, 0) : stop + 1]) is not None


def notices(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text that have a cue begin and end."""
    is_registered = REGISTRY.search(text) is not None
    spans = []
    for start, stop in sentences(text):
        sentence = text[start:stop].rstrip()
        if len(sentence) > MAX_CHARS:
            continue
        if CUE.match(sentence):
            goes_on = TEXT.search(text, start + 1, stop)
            spans.append((start, goes_on.end() if goes_on else stop))
        elif is_registered and REGISTRY.search(sentence) and REGISTERED.search(sentence):
            spans.append((start, stop))
    return spans


@dataclass
class Shapes:
    """Shapes of sentences with a cue, by hash: the papers that have each, and the first example in alphabetical order.

    `plain` are the shapes of plain copyright notices.
    """

    papers: Counter[int] = field(default_factory=Counter)
    examples: dict[int, str] = field(default_factory=dict)
    plain: set[int] = field(default_factory=set)

    def add(self, shape: int, papers: int, example: str) -> None:
        """Count papers that have a shape."""
        self.papers[shape] += papers
        self.examples[shape] = min(example, self.examples.get(shape, example))

    def add_all(self, other: "Shapes") -> None:
        """Count the shapes of other papers."""
        for shape, papers in other.papers.items():
            self.add(shape, papers, other.examples[shape])
        self.plain |= other.plain

    def recurring(self, papers: int, always: frozenset[int] = frozenset()) -> list[int]:
        """The shapes that at least a share SHARE of this many papers have, the most frequent first.

        Those that are not plain must have LEAST papers. Those of `always` are among them if any paper has them.
        """
        least = SHARE * papers
        shapes = [
            shape
            for shape, count in self.papers.items()
            if count >= (least if shape in self.plain else max(least, LEAST)) or shape in always
        ]
        return sorted(shapes, key=lambda shape: (-self.papers[shape], self.examples[shape]))


def find_notices(abstracts: pa.StringArray, hinted: pa.BooleanArray) -> tuple[pa.Array, Shapes]:
    """The sentences with a cue of each abstract, NOTICES, null for nearly all; and the shapes that these have.

    Parameters
    ----------
    hinted : whether ANYWHERE, or another pattern, is in the abstract
    """
    rows = pc.indices_nonzero(hinted)
    rows = rows.filter(pc.match_substring_regex(abstracts.take(rows), ANYWHERE))
    column: list[list[tuple[int, int, int]] | None] = [None] * len(abstracts)
    shapes = Shapes()
    for row, text in zip(rows.to_pylist(), abstracts.take(rows).to_pylist(), strict=True):
        spans = notices(text)
        folded = [shape_of(text[start:stop]) for start, stop in spans]
        hashes = list(map(_hash, folded))
        if "(b)" not in text:  # else (c) may be the third of three things
            outer = _outer(spans, len(text))
            plain = (
                is_outer and is_plain_notice(shape) for is_outer, shape in zip(outer, folded, strict=True)
            )
            shapes.plain.update(compress(hashes, plain))
        examples = {
            shape: text[start:stop].strip()[:MAX_EXAMPLE]
            for (start, stop), shape in zip(spans, hashes, strict=True)
        }
        for shape, example in examples.items():
            shapes.add(shape, 1, example)
        column[row] = [(*span, shape) for span, shape in zip(spans, hashes, strict=True)] or None
    return pa.array(column, NOTICES), shapes


def without_notices(abstracts: pa.StringArray, notices: pa.Array, shapes: frozenset[int]) -> pa.StringArray:
    """The abstracts without their sentences of some shapes."""
    if not shapes or notices.null_count == len(notices):
        return abstracts
    rows = pc.indices_nonzero(pc.is_valid(notices))
    shortened = []
    for text, spans in zip(abstracts.take(rows).to_pylist(), notices.take(rows).to_pylist(), strict=True):
        left, start = "", 0
        for span in spans:
            if span["shape"] in shapes:
                left += text[start : span["start"]]
                start = span["stop"]
        shortened.append((left + text[start:]).strip())
    return pc.replace_with_mask(abstracts, pc.is_valid(notices), pa.array(shortened, pa.string()))


def lengths_without(abstracts: pa.StringArray, notices: pa.Array) -> np.ndarray:
    """The least length of each abstract without all of its sentences with a cue, in characters: int (n,).

    A space at each end of what is left is not counted.
    """
    every = pc.list_flatten(notices)
    if not len(every):
        return pc.utf8_length(abstracts).to_numpy()
    removed = np.zeros(len(abstracts), np.int64)
    spans = pc.subtract(pc.struct_field(every, 1), pc.struct_field(every, 0)).to_numpy()
    np.add.at(removed, pc.list_parent_indices(notices).to_numpy(), spans + 2)
    return pc.utf8_length(abstracts).to_numpy() - removed


def shapes_of(sentences: Iterable[str]) -> frozenset[int]:
    """The hashes of the shapes of sentences, such as the examples in a ledger."""
    return frozenset(_hash(shape_of(sentence)) for sentence in sentences)


def _hash(shape: str) -> int:
    return int.from_bytes(blake2b(shape.encode(), digest_size=8).digest(), "little")
