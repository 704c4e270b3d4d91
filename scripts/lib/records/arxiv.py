"""What is particular to arXiv: the forms of ids and of categories."""

import re
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.records.dates import latest_year, map_distinct

ARCHIVES = (
    "acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas cond-mat cs "
    "dg-ga econ eess funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin nucl-ex nucl-th "
    "patt-sol physics plasm-ph q-alg q-bio q-fin quant-ph solv-int stat supr-con"
).split()
_ARCHIVE = "|".join(ARCHIVES)
# 0704.0001 and 2101.00001; hep-th/9901001 and math.GT/0309136
# Since April 2007 with four digits, since January 2015 with five.
_MONTH = r"(?:0[1-9]|1[0-2])"
_NEW = (
    rf"(?P<month>(?:07(?=0[4-9]|1)|0[89]|1[0-4]){_MONTH}(?=\.\d{{4}}(?!\d))|(?:1[5-9]|[2-9]\d){_MONTH}(?=\.\d{{5}}))"
    r"\.\d{4,5}"
)
_OLD = rf"(?P<archive>{_ARCHIVE})(?:\.[A-Za-z-]+)?/(?P<number>\d\d{_MONTH}\d{{3}})"
ID = re.compile(
    r"(?i:(?:https?://)?(?:(?:www|export|browse)\.)?arxiv\.org/[a-z-]+/|(?:(?:oai|urn|info):)?arxiv(?:\.org)?[:/\s]\s*"
    r"|(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?10\.48550/arxiv\.)?"
    rf"(?:(?P<new>{_NEW})|{_OLD})(?:v(?P<version>[1-9]\d{{0,2}}))?(?:\.pdf)?"
    # an address may end in / or go on with ?context=cs.LG; the stamp on a paper names the category and the day
    r"(?:/?(?:[?#]\S*)?|\s+\[[A-Za-z.-]+\](?:\s+\d{1,2}\s+[A-Z][a-z]{2}\s+\d{4})?)"
)
# The characters by which a cheap search tells ids that may need `split_id`.
NOT_BARE = r"v\d+$|\.pdf$|[Xx][Ii][Vv]|\]$|\.[A-Za-z-]+/\d{7}"
# An item of a stored list; some have quotation marks if one has
ITEM = re.compile(r"""'([^']*)'|"([^"]*)"|([^\s,'"][^,'"]*)""")
CATEGORY = re.compile(rf"(?:{_ARCHIVE})(?:\.[A-Za-z-]+)?")


def split_id(identifier: str) -> tuple[str, int]:
    """The id without address and version, and the version (0 if there is none).

    `http://arxiv.org/abs/2101.00001v2` gives `2101.00001` and 2. An old id loses its subject class:
    `math.GT/0309136` is `math/0309136`. Ids that are not arXiv's stay as they are.
    """
    if not (match := ID.fullmatch(identifier)):
        return identifier, 0
    return match["new"] or f"{match['archive']}/{match['number']}", int(match["version"] or 0)


def month_of_id(identifier: str) -> date | None:
    """The first day of the month in an id of arXiv; None for all other ids."""
    match = ID.fullmatch(identifier)
    if not match:
        return None
    digits = match["month"] or match["number"]
    year = int(digits[:2]) + (1900 if match["number"] and digits >= "91" else 2000)
    # 9912.12345 is a month to come
    return date(year, int(digits[2:4]), 1) if year <= latest_year(date.today()) else None


def split_categories(text: str) -> list[str]:
    """The categories in a string.

    Those of arXiv are separated by spaces. Others may have spaces in their names and are separated
    by semicolons, bars or commas, also by those of Chinese. A list that was stored as a string has them in
    quotation marks (`['cs.LG', 'stat.ML']`, as pandas writes them) or separated in brackets.
    """
    if text[:1] + text[-1:] in ("[]", "{}"):
        text = text[1:-1]
        if "'" in text or '"' in text:
            return [name for item in ITEM.findall(text) if (name := " ".join("".join(item).split()))]
    words = text.split()
    if all(CATEGORY.fullmatch(word) for word in words):
        return words
    for separators in (";；", "|｜", ",，、"):
        if any(separator in text for separator in separators):
            parts = re.split(f"[{separators}]", text)
            return [name for part in parts if (name := " ".join(part.split()))]
    return [" ".join(words)]


def bare_ids(ids: pa.StringArray) -> tuple[pa.StringArray, np.ndarray]:
    """The ids of arXiv without address and version, others as they are; and the versions, int16 (n,)."""
    versions = np.zeros(len(ids), np.int16)
    rows = np.flatnonzero(pc.match_substring_regex(ids, NOT_BARE).to_numpy(zero_copy_only=False))
    if not len(rows):
        return ids, versions
    bare, written_versions = zip(*map(split_id, ids.take(pa.array(rows)).to_pylist()), strict=True)
    versions[rows] = written_versions
    mask = np.zeros(len(ids), bool)
    mask[rows] = True
    return pc.replace_with_mask(ids, pa.array(mask), pa.array(bare, pa.string())), versions


def fill_from_ids(published: pa.Array, ids: pa.StringArray) -> pa.Array:
    """The days, and the first day of the month in the id where there is none."""
    unknown = published.is_null()
    if not unknown.true_count:
        return published
    lacking = ids.filter(unknown)
    # all ids of arXiv end in three digits, without which few are distinct
    stems = pc.utf8_slice_codeunits(lacking, 0, -3)
    months = map_distinct(stems, lambda stem: month_of_id(f"{stem}000"), pa.date32())
    known = pc.match_substring_regex(lacking, "[0-9]{3}$")
    months = pc.if_else(known, months, pa.scalar(None, pa.date32()))
    return pc.replace_with_mask(published, unknown, months)
