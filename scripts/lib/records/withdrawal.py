"""Abstracts that are only a note that the paper was withdrawn, or that it corrects another one."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from lib.records.text import confirmed

_SUBMISSION = r"(?:arxiv\s+)?(?:paper|article|manuscript|submission|e-?print|pre-?print|version)"
_PAPER = rf"(?:{_SUBMISSION}|(?:arxiv\s+)?(?:work|note|letter|draft|abstract|entry|document|report|thesis|comment|contribution))"
_GONE = r"(?:withdrawn|retracted)"
_PLACE = r"(?:arxiv|archive|submission|publication|consideration|journal)"
_CAUSE = (
    r"(?:due\s+to|because|owing\s+to|pending|(?:as|since)\s+(?:it|the|there|we|some|a|an|our|this)"
    r"|for\s+(?:now|revisions?|further|corrections?)|temporarily"
    r"|(?:by|(?:at|on|upon)\s+(?:the\s+)?request\s+of)\s+"
    r"(?:(?:the|its|all|both|one\s+of\s+the)\s+)?(?:[a-z]+[\s-]+)?"
    r"(?:authors?|submitters?|arxiv|admin[a-z]*|me|us|publishers?|editor(?:s|ial|-in-chief)?)"
    rf"|from\s+(?:the\s+)?{_PLACE})\b"
)
_REASON = rf"(?:\s*$|\s*[.,;:!)\]*}}]|\s+{_CAUSE})"
# A note has one short reason; a paper goes on: "Withdrawn because of hepatotoxicity, the drug is"
_SENTENCE = r"[^,.]{0,200}(?:[.;!)\]*}]|$)"
# Not "from the reservoir"
_ELSEWHERE = rf"(?:\s*$|\s*(?:[^\s\w]|[\d_])|\s+(?:[^f]|f[^r])|\s+from\s+(?:the\s+)?{_PLACE}\b)"
_ADVERBS = r"(?:(?:now|been|being|be|hereby|since|therefore|thus|hence|[a-z]+ly)\s+)*"
_FAULT = r"(?:errors?|mistakes?|gaps?|flaws?|bugs?)"
# The abstract begins with the note, perhaps in bold or in brackets. A paper *about* something
# withdrawn does not match: "The withdrawn vaccine", "Withdrawn, isolated youth", "Water is withdrawn",
# "The report was withdrawn by the government".
NOTE = re.compile(
    r"[\W\d_]*(?:(?:bf|it|em|sc|tt|textbf|textit|emph|large)\b[\W\d_]*)?"
    r"(?:(?:(?:note|notice|remark|comments?|important|warning|update|erratum|retraction|arxiv\s+admin(?:\s+note)?)"
    r"\s*[.:!*-]+|(?:unfortunately|sorry|regrettably)\s*,?)\s*)?(?:"
    # this paper has been withdrawn; due to an error, this version of the paper is withdrawn
    r"(?:(?:due\s+to|because\s+of|owing\s+to)\s[^.]{1,120}?,?\s+)?"
    rf"(?:(?:the\s+)?(?:this|our|present)\s+)+{_PAPER}(?:\s+(?:and|of\s+(?:this|the))\s+{_PAPER})?(?:\s*\([^)]*\)|,[^,.]{{1,60}},)?"
    rf"\s+(?:has|have|had|is|was|will|needs?\s+to|should|must)\s+{_ADVERBS}"
    rf"(?:{_GONE}{_ELSEWHERE}|removed\s+{_CAUSE})"
    # this paper has been merged with 0704.0001 and is withdrawn
    rf"|(?:this|our|the)\s+{_SUBMISSION}\s+(?:has\s+been|is|was)\s+(?:superseded|replaced|merged|subsumed)\b[^;]{{0,80}}"
    rf"\s(?:is|was|has\s+been)\s+{_ADVERBS}{_GONE}{_REASON}"
    # the sentences of publishers and of PubMed
    r"|the\s+publisher\s+regrets\s+that\s+this\s+article\b"
    rf"|the\s+above\s+article\b[^;]{{0,250}}\s(?:has|have)\s+been\s+{_GONE}\b|this\s+(?:retracts|corrects)\s+the\s+article\b"
    r"|(?:retraction|correction|erratum|corrigendum)\s+(?:of|for|to|notice\s+to)\s*:?\s*['‘\"“]"
    # retracted: this article
    rf"|{_GONE}\s*[:—–-]\s*(?:(?:this|the|our)\s+{_PAPER}|by|due|because|see|duplicate|error)\b"
    # an error was found in the proof. The paper is withdrawn.
    rf"|[^.]{{0,150}}\b{_FAULT}\b[^.]{{0,150}}[.;,]\s+(?:(?:so|thus|hence|therefore|and)\s+)?(?:(?:the|this|our)\s+)*"
    rf"{_SUBMISSION}\s+(?:has|is)\s+{_ADVERBS}{_GONE}{_REASON}"
    # the authors have withdrawn this paper; we are withdrawing this paper
    r"|(?:(?:the|both|all)\s+)*(?:authors?|we|i)\s+"
    r"(?:(?:have|has|had|are|am|is|hereby|now|decided|wish(?:es)?|requests?|requested|would|like|want|need|must|temporarily"
    r"|to)\s+)*"
    rf"(?:withdraw|withdrawn|withdrew|withdrawing|retract|retracted|retracting)\s+(?:this|the|our|my)\s+{_PAPER}\b"
    # the paper was withdrawn by the author; paper withdrawn
    rf"|(?:the\s+)?{_SUBMISSION}\s+(?:(?:has|is|was|will)\s+)?{_ADVERBS}(?:{_GONE}{_REASON}|removed\s+{_CAUSE})"
    # withdrawn; withdrawn due to an error; has been withdrawn by the author
    rf"|(?:(?:has|is|was)\s+)?{_ADVERBS}{_GONE}(?:\s*$|\s*[.!)\]*}}]|[,;:]?\s+(?:by\s+(?:the\s+)?authors?\b"
    rf"|{_CAUSE}(?:[^,.]{{0,120}}\b{_FAULT}\b|{_SENTENCE})))"
    # removed by arXiv administrators
    r"|removed\s+by\s+(?:the\s+)?(?:arxiv|author|submitter|admin))",
    re.IGNORECASE,
)
# Two searches: one that begins at the first character is next to nothing
ANYWHERE = "withdr[ae]w|retract|removed"
AT_THE_BEGINNING = r"^[^\pL]*(?:this corrects|correction|erratum|corrigendum)"


def is_withdrawal_note(abstracts: pa.Array, hinted: pa.BooleanArray) -> pa.Array:
    """Whether each abstract begins with a note on a withdrawal or a correction: bool.

    Parameters
    ----------
    hinted : whether ANYWHERE, or another pattern, is in the abstract
    """
    begins = pc.match_substring_regex(abstracts, AT_THE_BEGINNING, ignore_case=True)
    found = pc.match_substring_regex(abstracts.filter(hinted), ANYWHERE, ignore_case=True)
    notes = pc.or_(pc.replace_with_mask(hinted, hinted, found), begins)
    return confirmed(notes, lambda abstract: NOTE.match(abstract) is not None, abstracts)
