"""DOIs in one form: lower case, without address."""

import re
from typing import Any

DOI = re.compile(r"(?i)\s*(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)")
AFTER = ".,;"  # what ends a sentence, not a DOI


def bare_doi(value: Any) -> str:
    """A DOI in lower case and without its address; "" if there is none. Of a list the first one."""
    values = value if isinstance(value, list) else [value]
    matches = (DOI.match(each) for each in values if isinstance(each, str))
    return next((match[1].rstrip(AFTER).lower() for match in matches if match), "")
