"""Titles and abstracts that say only that there is none: "Untitled", "No abstract available", "......"."""

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MAX_BYTES = 400  # a longer abstract that begins with such a sentence goes on with text
MAX_TITLE_BYTES = 60
_OPEN, _CLOSE = r"[\W_]*", r"(?=[\s]*(?:$|[.,;:!?)\]}*|—–-]))"
_ITEM = (
    r"(?:article|paper|item|record|document|entry|content|chapter|contribution|publication|letter|editorial"
    r"|work|piece|manuscript|review|section|title|book|report|comment|note|case|page)s?"
)
_KIND = r"(?:(?:author|english|full|structured|formal|short|written|online|electronic|printed|separate|further)\s+)*"
_ABSTRACT = rf"{_KIND}(?:abstracts?|summary|summaries)(?:\s+text)?"
_GIVEN = r"(?:available|provided|supplied|given|present(?:ed)?|submitted|found|included|exist(?:s|ing)?|recorded|published|accessible)"
_YET = r"(?:(?:currently|yet|presently|at\s+present|temporarily|also|as\s+yet)\s+)*"
# After "no abstract" comes the end of a clause or one of these; "no abstract model is available" is a paper
_NEXT = rf"(?:{_CLOSE}|\s+(?:for|in|on|from|at|with|so|due|because|please|see|here|online|yet|but|and|via|as|by|to)\b)"
_SENTENCES = (
    # no abstract (is) available; without an abstract
    rf"(?:no|without(?:\s+(?:an?|any))?)\s+{_ABSTRACT}(?:\s+(?:(?:is|was|are|has|have|been|could\s+be)\s+)*{_YET}{_GIVEN}{_NEXT}|{_NEXT})",
    # an abstract for this article is not available; abstract missing
    rf"(?:(?:an?|the|its|this|any)\s+)?(?:requested\s+)?{_ABSTRACT}(?:\s+(?:for|of|to)\s+(?:this|the)\s+{_ITEM})?"
    rf"\s*:?\s*(?:(?:is|was|are|were|has|have|been|text|currently|temporarily)\s+)*"
    rf"(?:(?:not|in|un)[\s-]*(?:been\s+|be\s+)?{_YET}{_GIVEN}|missing|omitted|lacking|pending|withheld|to\s+follow|(?:to|will)\s+be\s+(?:added|supplied|provided|available)"
    rf"|n/?a|none|(?:only\s+)?available\s+(?:only\s+)?in\s+(?:[A-Z][a-z]+\s+only|(?:the\s+)?(?:full|print|pdf)[a-z]*))\b{_NEXT}",
    # there is no abstract; this article has no abstract, does not have an abstract
    rf"(?:there\s+(?:is|was|are)|(?:this|the)\s+(?:\w+\s+)?{_ITEM}\s+(?:has|have|had|contains?|includes?|carries|comes?|came|was|is|were)"
    rf"(?:\s+(?:published|available|printed|provided))?)\s+{_YET}(?:no|without(?:\s+(?:an?|any))?|missing\s+(?:an?|its))\s+{_ABSTRACT}"
    rf"(?:\s+{_YET}{_GIVEN})?{_NEXT}",
    rf"(?:this|the)\s+(?:\w+\s+)?{_ITEM}\s+(?:does|do|did)(?:\s+not|n['’]t)\s+{_YET}(?:have|contain|include|provide|carry|possess|come\s+with|offer)"
    rf"\s+(?:(?:an?|any)\s+)?{_ABSTRACT}{_NEXT}",
    rf"(?:in\s+(?:lieu|place)|instead)\s+of\s+(?:an?|the)\s+{_ABSTRACT}{_CLOSE}",
    rf"(?:an?\s+)?{_ABSTRACT}\s+(?:can|may)\s+be\s+(?:found|viewed|read|accessed){_NEXT}",
    # what a page shows in place of an abstract
    r"(?:please\s+|to\s+(?:read|view|see)\b[^.]{0,60},?\s+|for\s+the\s+(?:full\s+text|abstract|article)[^.]{0,40},?\s+)?"
    r"click\s+(?:(?:on\s+)?(?:the|this)\s+(?:\w+\s+){0,3}?(?:link|title|button|icon|pdf|image|tab)|here|below|above)\b",
    r"(?:please\s+)?(?:see|refer\s+to|read|consult|view|download)\s+(?:the\s+)?(?:full[\s-]*(?:text|article|paper)|(?:attached\s+)?pdf|article\s+(?:pdf|itself))\b",
    r"(?:the\s+)?full[\s-]*text\s+(?:of\s+(?:this|the)\s+\w+\s+)?(?:\(?pdf\)?\s+)?(?:hosted\s+at\s+[^.;,]{1,40}\S*\s+)?(?:(?:is|was)\s+)?(?:not\s+|only\s+|un)?(?:available|accessible)\b",
    r"(?:only\s+)?(?:the\s+|a\s+)?(?:first\s+page|preview)\s+(?:preview|of\s+(?:this\s+|the\s+)?(?:article|paper|chapter|document|publication)\b|image|is\s+(?:shown|displayed))\b",
    r"(?:this\s+is\s+a\s+)?preview\s+of\s+subscription\s+content\b",
    r"(?:not\s+(?:available|applicable|provided|supplied|given)|none\s+(?:available|given|provided|supplied)|unavailable|to\s+be\s+(?:added|supplied|announced)|tb[ad]|n/?a)[\W_]*$",
    r"(?:the\s+)?authors?\s+(?:(?:did|do|has|have)\s+)?not\s+(?:provided?|submit(?:ted)?|suppl(?:y|ied)|writ(?:e|ten)|includ(?:e|ed))\s+(?:an?|any)\s+abstract\b",
    r"access\s+to\s+the\s+full[\s-]*text\b|to\s+(?:read|view|see|access)\s+(?:this|the)\s+(?:article|paper|chapter)(?:['’]s)?\s+full[\s-]*text\b",
    r"no\s+se\s+encuentra\s+disponible\s+el\s+resumen\b",
    # German
    r"(?:(?:(?:f(?:ü|ue)r|zu)\s+)?dies\w*\s+(?:artikel|beitrag|aufsatz|text)\w*\s+(?:hat|enth(?:ä|ae)lt|ist|liegt|gibt\s+es|existiert|besitzt|wurde)\s+)?"
    r"(?:(?:es\s+(?:ist|liegt|gibt|wurde|existiert)|ohne|leider)\s+)*(?:(?:keine?|derzeit|noch|leider)\s+)*(?<=ne\s|in\s|hn\s)"
    r"(?:abstract|zusammenfassung|kurzfassung|inhaltsangabe|abstrakt)"
    rf"(?:\s+(?:verf(?:ü|ue)gbar|vorhanden|vor|angegeben|hinterlegt|erh(?:ä|ae)ltlich)\b|{_CLOSE})",
    rf"(?:ohne\s+(?:abstract|zusammenfassung|kurzfassung){_CLOSE})",
    r"(?:(?:das|die|ein|eine)\s+)?(?:abstract|zusammenfassung|kurzfassung)\s+(?:(?:ist|liegt|zurzeit|derzeit|leider)\s+)*(?:nicht\s+(?:verf(?:ü|ue)gbar|vorhanden|vor)|fehlt)\b",
    # French
    r"(?:(?:il\s+n['’]y\s+a|cet\s+article\s+(?:n['’]a|ne\s+\w+|n['’]\w+)|cette\s+\w+\s+(?:n['’]a|ne\s+\w+))\s+)?(?:pas\s+(?:de|d['’]un)|aucun|sans|absence\s+de)\s+"
    rf"(?:r[ée]sum[ée]|abstract|sommaire)(?:\s+(?:n['’](?:est|a\s+été)\s+)?(?:disponible|fourni|trouv[ée])\b|\s+(?:pour|de)\s+(?:cet|ce|cette)\b|{_CLOSE})",
    r"(?:le\s+)?r[ée]sum[ée]\s+(?:de\s+(?:cet|ce)\s+\w+\s+)?(?:(?:est|n['’]est)\s+)?(?:non\s+disponible|pas\s+disponible|indisponible|manquant|absent)\b",
    # Spanish, Portuguese, Italian
    r"(?:(?:este|el|esta|la)\s+(?:art[íi]culo|documento|trabajo|texto|publicaci[óo]n|obra)\s+)?"
    r"(?:no\s+(?:hay|existe|tiene|contiene|incluye|presenta|posee|cuenta\s+con|se\s+dispone\s+de(?:l)?|dispone\s+de)|sin|ning[úu]n|carece\s+de)\s+(?:un\s+|el\s+)?"
    rf"(?:resumen|abstract)(?:\s+(?:disponible|para|en)\b|{_CLOSE})",
    r"(?:el\s+|o\s+)?(?:resumen|resumo)\s+(?:(?:est[áa]|es)\s+)?(?:no|n[ãa]o|in)\s*(?:(?:est[áa])\s+)?(?:disponible|dispon[íi]vel)\b",
    rf"(?:(?:este\s+artigo\s+)?(?:n[ãa]o\s+(?:h[áa]|possui|tem|cont[ée]m)|sem)\s+resumo(?:\s+dispon[íi]vel\b|{_CLOSE}))",
    rf"(?:nessun|senza)\s+(?:abstract|riassunto|sommario)(?:\s+disponibile\b|{_CLOSE})",
    r"(?:(?:no|non)\s+dispon[íi]b[ilp]\w*|nicht\s+(?:verf(?:ü|ue)gbar|vorhanden)|non\s+disponible|indisponible)[\W_]*$",
    # Chinese and Japanese
    r"(?:本文)?(?:暂)?无(?:中文|英文)?摘要|(?:摘要|要旨|抄録)(?:暂缺|缺失|なし|はありません)|抄録はありません",
)
NO_ABSTRACT = re.compile(
    rf"{_OPEN}(?:(?:note|(?:we\s+are\s+)?sorry|unfortunately|(?:as|since)\s+this\s+is\s+an?\s+\w+)\s*[:,.]?\s+(?:but\s+)?)?(?:{'|'.join(_SENTENCES)})",
    re.IGNORECASE,
)
# What follows such a sentence says where the text is; "no abstract given; compares pairs of languages" is about it
WHERE = re.compile(
    r"\b(?:articles?|papers?|texte?|pdf|full|journal|volume|pages?|access|preview|see|click|publishers?|site|website|links?|available"
    r"|records?|print(?:ed)?|read|download|content|subscri\w+|authors?|excerpt|button|library|issue|browser|doi|https?|editors?|supplied|provided"
    r"|words|first|below|above|shown|displayed|technical|publication|document|time|moment|base|letter|book|chapter|only|english|german|french|spanish|artikels?|beitrags?|volltext|siehe|revue|texto|art[íi]culo|artigo|revista|completo|articolo)\b",
    re.IGNORECASE,
)
NO_TITLE = re.compile(
    rf"{_OPEN}(?:untitled(?:\s+(?:article|document|paper|item|manuscript|record))?(?:\s+\d+)?"
    r"|(?:no|without(?:\s+an?)?|missing|unknown|empty)\s+title(?:\s+(?:is\s+)?(?:available|given|provided|supplied|found|specified))?"
    r"|(?:article\s+)?title\s+(?:(?:is|was|to\s+be)\s+)?(?:not\s+(?:yet\s+)?(?:available|given|provided|supplied|found|specified)|unavailable|missing|unknown|announced|pending)"
    r"|not\s+(?:available|applicable|provided|given)|unavailable|title|none|null|undefined|tb[ad]|n/a"
    r"|ohne\s+titel|kein\s+titel(?:\s+(?:verf(?:ü|ue)gbar|vorhanden))?|titel\s+nicht\s+(?:verf(?:ü|ue)gbar|vorhanden)"
    r"|sans\s+titre|titre\s+(?:non\s+disponible|manquant)|sin\s+t[íi]tulo|t[íi]tulo\s+no\s+disponible|sem\s+t[íi]tulo|senza\s+titolo|non?\s+disponible"
    rf"|无标题|無題|无题){_OPEN}$",
    re.IGNORECASE,
)
# A title without letters may be "1984", "2 + 2 = 4" or "$1/3$", but not a row of numbers
_SHORT_NUMBERS = re.compile(r"(?=.*\d)(?=.{1,24}$)(?:\S+|.*[=<>×$^\\].*)")


def without_title(titles: pa.StringArray) -> dict[int, str]:
    """The rows whose title is none, with the reason for the ledger."""
    reasons = _without_letters(titles)
    reasons = {row: why for row, why in reasons.items() if not _SHORT_NUMBERS.fullmatch(titles[row].as_py())}
    return reasons | _matching(titles, MAX_TITLE_BYTES, NO_TITLE.match)


def without_abstract(abstracts: pa.StringArray) -> dict[int, str]:
    """The rows whose abstract says that there is none, or has no letter, with the reason for the ledger."""
    return _without_letters(abstracts) | _matching(abstracts, MAX_BYTES, says_that_there_is_none)


def says_that_there_is_none(abstract: str) -> bool:
    """Whether a short abstract is only a sentence that there is none, perhaps with one on where the text is."""
    if not (match := NO_ABSTRACT.match(abstract)):
        return False
    rest = abstract[match.end() :]
    return len(rest.split()) < 4 or WHERE.search(rest) is not None


def _without_letters(texts: pa.StringArray) -> dict[int, str]:
    bare = pc.and_(pc.invert(pc.match_substring_regex(texts, r"\pL")), pc.greater(pc.binary_length(texts), 0))
    return {row: f"has no letter: {_shown(texts[row].as_py())}" for row in _rows(bare)}


def _matching(texts: pa.StringArray, max_bytes: int, says: Callable[[str], object]) -> dict[int, str]:
    """The short texts that say that there is none."""
    rows = _rows(pc.less_equal(pc.binary_length(texts), max_bytes))
    strings = texts.take(pa.array(rows, pa.int32())).to_pylist()
    pairs = zip(rows, strings, strict=True)
    return {row: f"only says that there is none: {_shown(text)}" for row, text in pairs if says(text)}


def _rows(chosen: pa.BooleanArray) -> list[int]:
    return np.flatnonzero(pc.fill_null(chosen, False).to_numpy(zero_copy_only=False)).tolist()


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")
