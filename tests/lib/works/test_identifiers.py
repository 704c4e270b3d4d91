"""DOIs: spellings, versions, and servers of preprints."""

import pyarrow as pa
import pytest

from lib.works.evidence import family_name
from lib.works.identifiers import doi_keys, is_preprint, keys_of_ids, server_of


def test_spellings_and_versions_of_a_doi_have_one_key():
    spelled = ["10.1093/MOLBEV/MSL000", "https://doi.org/10.1093/molbev/msl000", "doi:10.1093/molbev/msl000."]
    spelled += ["http://dx.doi.org/10.1093/molbev/msl000", " DOI: 10.1093%2Fmolbev/msl000 "]
    assert set(doi_keys(pa.array(spelled)).to_pylist()) == {"10.1093/molbev/msl000"}
    versions = [
        "10.21203/rs.3.rs-1/v2",
        "10.26434/chemrxiv-2021-abc-v3",
        "10.12688/f1000research.1.2",
        "10.1016/x.v1",
    ]
    bare = ["10.21203/rs.3.rs-1", "10.26434/chemrxiv-2021-abc", "10.12688/f1000research.1", "10.1016/x.v1"]
    assert doi_keys(pa.array(versions)).to_pylist() == bare
    assert doi_keys(pa.array(["W123", "", None, "2301.00001"])).to_pylist() == [None] * 4


def test_preprints_are_known_by_id_and_doi():
    ids = pa.array(
        [
            "2301.00001",
            "hep-th/9901001",
            "10.1101/2020.01.01.1",
            "10.1101/gr.1234",
            "ssrn.77",
            "W1",
            "10.1016/x",
        ]
    )
    keys = keys_of_ids(ids)
    assert keys.to_pylist()[:2] == ["10.48550/arxiv.2301.00001", "10.48550/arxiv.hep-th/9901001"]
    assert is_preprint(ids, keys).tolist() == [True, True, True, False, True, False, False]
    assert [server_of(key) for key in ("10.1101/1", "10.1101/gr.1", "10.1016/x", "10.5281/zenodo.1")] == [
        *("10.1101", "article", "article", None),
    ]


@pytest.mark.parametrize(
    ("names", "family"),
    [
        (("Karl Müller", "Müller, K.", "K. Müller", "Muller K", "MULLER, Karl", "Karl Müller Jr."), "muller"),
        (("Li Wei", "Wei, Li"), "wei"),
    ],
)
def test_family_names(names, family):
    assert {family_name(name) for name in names} == {family}
