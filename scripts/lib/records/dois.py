"""DOIs: how they are written, and their one form, in lower case and without address."""

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NUMBER = r"10\.\d{4,9}"  # of who registered it
AFTER = ".,;"  # what ends a sentence, not a DOI
DOI = re.compile(rf"(?i)\s*(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?({NUMBER}/\S+)")
# Within a text: another one may follow behind a comma or a semicolon
IN_TEXT = re.compile(rf"{NUMBER}/(?:(?![;,]\s*10\.\d)[^\s\"<>|])+")
# A whole value, also in the address of a library or with its slash escaped; for RE2
WHOLE = (
    rf"^\s*(?i:https?://[^/]+/|info:doi/|urn:doi:|doi:?\s*)?(?P<doi>{NUMBER}(?:%2[Ff]|/)\S+?)[{AFTER}]*\s*$"
)
ID = rf"^(?i:https?://(?:dx\.)?doi\.org/|doi:\s*)?{NUMBER}/\S+$"  # for RE2


def bare_dois(ids: pa.StringArray) -> pa.StringArray:
    """Ids that are DOIs in their one form, which makes two spellings of one DOI the same id; others as they are."""
    mask = pc.match_substring_regex(ids, ID)
    rows = np.flatnonzero(mask.to_numpy(zero_copy_only=False))
    if not len(rows):
        return ids
    bare = pa.array(map(bare_doi, ids.take(pa.array(rows)).to_pylist()), pa.string())
    return pc.replace_with_mask(ids, mask, bare)


def bare_doi(value: Any) -> str:
    """A DOI in lower case and without its address; "" if there is none. Of a list the first one."""
    values = value if isinstance(value, list) else [value]
    matches = (DOI.match(each) for each in values if isinstance(each, str))
    return next((match[1].rstrip(AFTER).lower() for match in matches if match), "")
