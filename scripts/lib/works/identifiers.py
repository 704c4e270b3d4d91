"""DOIs in one spelling, and which of them are those of preprints."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.records.dois import WHOLE

ARXIV = "10.48550/arxiv."
ARXIV_ID = r"^(?:\d{4}\.\d{4,5}|[a-z-]+/\d{7})$"
# The prefixes of servers of preprints. Cold Spring Harbor has journals under the prefix of bioRxiv and medRxiv.
_CSHL_JOURNALS = r"gr|gad|lm|rna|pdb|sqb|mcs|cshperspect"
PREPRINT_DOI = (
    r"^(?:10\.48550/|10\.64898/|10\.2139/ssrn|10\.21203/rs|10\.26434/|10\.20944/preprints|10\.31234/|10\.31219/|10\.31235/"
    r"|10\.31223/|10\.22541/|10\.36227/|10\.14293/s2199|10\.14293/pr|10\.1590/scielopreprints|10\.7287/peerj\.preprints"
    r"|10\.32388/|10\.1101/)"
)
JOURNAL_OF_CSHL = rf"^10\.1101/(?:{_CSHL_JOURNALS})\."
PREPRINT_ID = r"^(?i:ssrn[.:_-]?\d|rs[.-]\d+|ppr\d)"  # SSRN, Research Square, Europe PMC
# Repositories give each version and each file another DOI
REPOSITORY = re.compile(r"10\.(?:5281|6084|5061|17632|7910|17605|13140)/")
# 10.21203/rs.3.rs-1/v2, 10.26434/chemrxiv-2021-abc-v2; F1000 numbers the versions of an article: 10.12688/f1000research.1.2
VERSION = r"[./-]?v\d{1,2}$"
VERSION_OF_F1000 = r"^(10\.12688/[a-z0-9]+\.\d+)\.\d+$"


def doi_keys(texts: pa.Array) -> pa.Array:
    """What two spellings and two versions of one DOI have in common: strings, null where a text is no DOI.

    `https://doi.org/10.21203/RS.3.RS-1/v2` and `doi:10.21203/rs.3.rs-1` give `10.21203/rs.3.rs-1`.
    """
    keys = pc.utf8_lower(pc.struct_field(pc.extract_regex(texts, WHOLE), "doi"))
    keys = pc.replace_substring(keys, "%2f", "/")
    bare = pc.replace_substring_regex(keys, VERSION, "")
    keys = pc.if_else(is_preprint_doi(keys), bare, keys)
    return pc.replace_substring_regex(keys, VERSION_OF_F1000, r"\1")


def is_preprint_doi(keys: pa.Array) -> pa.Array:
    """Whether each of `doi_keys` is that of a preprint: bool, null for null."""
    return pc.and_not(
        pc.match_substring_regex(keys, PREPRINT_DOI), pc.match_substring_regex(keys, JOURNAL_OF_CSHL)
    )


def keys_of_ids(ids: pa.Array) -> pa.Array:
    """The DOIs that ids are or stand for: `2301.00001` stands for `10.48550/arxiv.2301.00001`; else null."""
    of_arxiv = pc.match_substring_regex(ids, ARXIV_ID)
    prefixed = pc.binary_join_element_wise(pa.scalar(ARXIV, ids.type), ids, pa.scalar("", ids.type))
    return pc.if_else(of_arxiv, prefixed, doi_keys(ids))


def is_preprint(ids: pa.Array, keys: pa.Array) -> np.ndarray:
    """Whether ids, or the DOIs that they stand for (`keys_of_ids`), are those of preprints: bool (n,)."""
    by_id = pc.match_substring_regex(ids, PREPRINT_ID)
    return pc.or_(by_id, is_preprint_doi(keys).fill_null(False)).to_numpy(zero_copy_only=False)


def server_of(key: str) -> str | None:
    """Where a DOI is from: the prefix of a server of preprints, "article", or None for repositories.

    One work has one DOI of a server, and one of an article.
    """
    if re.match(PREPRINT_DOI, key) and not re.match(JOURNAL_OF_CSHL, key):
        return key.partition("/")[0]
    return None if REPOSITORY.match(key) else "article"
