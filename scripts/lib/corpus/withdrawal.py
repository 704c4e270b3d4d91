"""Abstracts that are only a note that the paper was withdrawn."""

import pyarrow as pa
import pyarrow.compute as pc

_PAPER = (
    r"(?:arxiv\s+)?(?:paper|article|manuscript|submission|preprint|work|version|note|letter|draft|abstract|entry|"
    r"document|report|thesis|comment)"
)
_GONE = r"(?:withdrawn|retracted)"
_REASON = (
    r"(?:\s*$|\s*[.,;:!)\]*}]|\s+(?:by\s+(?:(?:the|its|all|both|one\s+of\s+the)\s+)?(?:[a-z]+[\s-]+)?"
    r"(?:authors?|submitters?|arxiv|admin[a-z]*|me|us|publishers?|editors?)|due\s+to|because|owing\s+to|pending|"
    r"(?:as|since)\s+(?:it|the|there|we|some|a|an|our|this)|for\s+(?:now|revisions?|further)|temporarily)\b)"
)
# The abstract begins with the note, perhaps in bold or in brackets. A paper *about* something
# withdrawn does not match: "The withdrawn vaccine", "Withdrawn behaviour", "Water is withdrawn".
NOTE = (
    r"^[^\pL]*(?:(?:bf|it|em|sc|tt|textbf|textit|emph|large)\b[^\pL]*)?(?:"
    # this paper has been withdrawn; due to an error, this version of the paper is withdrawn
    r"(?:(?:due\s+to|because\s+of|owing\s+to)\s[^.]{1,120}?,?\s+)?"
    rf"(?:(?:this|the|our|present)\s+)*{_PAPER}(?:\s+(?:and|of\s+(?:this|the))\s+{_PAPER})?(?:\s*\([^)]*\))?"
    r"\s+(?:has|have|had|is|was)\s+(?:(?:now|been|being|hereby|since|[a-z]+ly)\s+)*"
    rf"(?:{_GONE}\b|removed\s+by\s+(?:the\s+)?(?:arxiv|admin|authors?))"
    # the authors have withdrawn this paper
    r"|(?:(?:the|both|all)\s+)*(?:authors?|we|i)\s+"
    r"(?:(?:have|has|had|hereby|now|decided|wish(?:es)?|requests?|requested|would|like|want|need|must|temporarily|to)\s+)*"
    rf"(?:withdraw|withdrawn|withdrew|retract|retracted)\s+(?:this|the|our|my)\s+{_PAPER}\b"
    # paper withdrawn by the author; withdrawn
    rf"|(?:(?:this|the)\s+)?(?:{_PAPER}\s+)?(?:(?:has|is|was)\s+)?(?:(?:now|been|temporarily)\s+)*{_GONE}{_REASON})"
)


def is_withdrawal_note(abstracts: pa.Array) -> pa.Array:
    """Whether each abstract begins with a withdrawal note: bool."""
    return pc.match_substring_regex(abstracts, NOTE, ignore_case=True)
