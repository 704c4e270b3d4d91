"""Fields of foreign records, and: the bucket of a line does not depend on the lines beside it."""

import io
import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ABSTRACT, paper
from lib.cli import UserError
from lib.records.fields import FieldPaths, paths_of, text_column
from lib.records.ledger import VERDICTS, LedgerCounts
from lib.records.lenient import read_leniently
from lib.records.records import OPTIONAL, Filters, parse_block
from lib.records.selection import Records, enter, settle
from lib.records.snapshot import Block, blocks
from measure import default_flags

FILTERS = Filters(50, (), None, None, keep_withdrawn=False, keep_notes=False, latest_year=2027)
FIELDS = FieldPaths.parse(default_flags("clean")["fields"])


def buckets(lines: list[bytes], size: int = 1 << 20) -> list[str]:
    """The bucket or verdict of each line, in blocks of about `size` bytes."""
    found = {}
    for block in blocks(io.BytesIO(b"\n".join(lines) + b"\n"), Path("x"), size):
        parsed = parse_block(block, FILTERS, FIELDS)
        for line, verdict in zip(parsed.lines.tolist(), parsed.verdicts.tolist(), strict=True):
            assert line not in found
            found[line] = VERDICTS[verdict][0]
        for bucket, entries in parsed.ledger.first.items():
            for line, reason in entries:
                assert line not in found and reason
                found[line] = bucket
        assert len(parsed.papers) == parsed.verdicts.tolist().count(0)
    assert sorted(found) == list(range(1, len(lines) + 1))
    return [found[line] for line in sorted(found)]


def alone(line: bytes) -> str:
    parsed = parse_block(Block(1, line + b"\n"), FILTERS, FIELDS)
    return VERDICTS[parsed.verdicts[0]][0] if len(parsed.verdicts) else str(parsed.ledger).partition(" ")[2]


SOUND = json.dumps(paper()).encode()
ODD_LINES = [
    SOUND.replace(b'"math.AG hep-th"', b'"math.AG", "doi": NaN, "score": -Infinity'),
    SOUND.replace(b'"math.AG hep-th"', b'"math.AG", "authors": "\xff"'),
    SOUND.replace(b"On the", b"\xff"),
    SOUND.replace(b"On the", b"\\ud800"),
    SOUND.replace(b"On the", b"a\tb"),
    SOUND.replace(b'"math.AG hep-th"', b"[" * 3000 + b"]" * 3000),
    SOUND.replace(b'"math.AG hep-th"', b'"x", "deep": ' + b"[" * 3000 + b"]" * 3000),
    json.dumps(paper(versions=[None, {"created": "Mon, 2 Jan 2023 19:18:42 GMT"}])).encode(),
    json.dumps(paper(versions={"a": 1}, categories=5, update_date=[{}])).encode(),
    json.dumps(paper(title={"a": "b"}, abstract=7)).encode(),
    json.dumps(paper(id=12)).encode(),
    json.dumps(paper(update_date="2007-04-00", id="math.GT/0309136")).encode(),
    json.dumps(paper(update_date=1176163200000000, categories=[["a"]])).encode(),
    json.dumps(paper(update_date=2010.5, id="arXiv:0706.1234v2 [math.GT]")).encode(),
    json.dumps(paper(title="a <math> b", abstract=ABSTRACT + " $5 and <sup>")).encode(),
    SOUND + SOUND,
    SOUND[:-1],
    b"",
    b" \t",
    b"[1]",
    b"null",
    b'"x"',
    b"{}",
    b"\xef\xbb\xbf" + SOUND,
    b"\x00",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(["id", "title", "abstract", "categories", "versions", "update_date", "extra"])


@st.composite
def lines(draw):
    """A sound line, a known odd one, one with any JSON in any key, or one with bytes cut out or put in."""
    line = draw(st.sampled_from([SOUND, *ODD_LINES]))
    if draw(st.booleans()):
        record = paper() | draw(st.dictionaries(KEYS, JSON, max_size=3))
        line = json.dumps(record, ensure_ascii=draw(st.booleans())).encode(errors="surrogatepass")
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(line)))
        line = line[:at] + draw(st.binary(max_size=3)) + line[at + draw(st.integers(0, 3)) :]
    return line.replace(b"\n", b" ")


# EXAMPLES=10000 takes eight minutes
@settings(max_examples=int(os.environ.get("EXAMPLES", "60")), deadline=None)
@given(st.lists(lines(), min_size=1, max_size=12), st.randoms(use_true_random=False), st.integers(16, 3000))
def test_the_bucket_of_a_line_does_not_depend_on_the_lines_beside_it(some, rng, size):
    expected = [alone(line) for line in some]
    try:
        assert buckets(some, size) == expected
        order = list(range(len(some)))
        rng.shuffle(order)
        assert buckets([some[i] for i in order], size) == [expected[i] for i in order]
    except UserError as error:  # the head of the file says that it is something else
        assert "line 1" in str(error)


@pytest.mark.parametrize(
    ("line", "bucket"),
    [
        *zip(ODD_LINES[:2], ["kept"] * 2, strict=True),
        (ODD_LINES[2], "malformed_json"),
        *zip(ODD_LINES[3:5], ["kept"] * 2, strict=True),
        *zip(ODD_LINES[5:7], ["malformed_json"] * 2, strict=True),
        *zip(ODD_LINES[7:9], ["kept"] * 2, strict=True),
        (ODD_LINES[9], "no_title"),
        *zip(ODD_LINES[10:15], ["kept"] * 5, strict=True),
        (ODD_LINES[15], "malformed_json"),
        (ODD_LINES[19], "not_an_object"),
        (b"\xef\xbb\xbf" + SOUND, "kept"),
        (b"\xef\xbb\xbf" + ODD_LINES[1], "kept"),  # a bad byte in a column that is not read
        (b"{}", "no_id"),
    ],
)
def test_odd_lines(line, bucket):
    assert alone(line) == bucket
    many = [SOUND] * 20 + [line] + [SOUND] * 20
    random.Random(0).shuffle(many)
    assert buckets(many) == [bucket if one == line else "kept" for one in many]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (SOUND + b",", "the line ends in a comma; `sed"),
        (SOUND + b", \r", "the line ends in a comma; `sed"),
        (SOUND + SOUND, "several objects on one line; `jq -c .` writes them one per line"),
        (SOUND + b" , " + SOUND, "once the commas between them are gone"),
        (b"[", "a JSON array over several lines; `jq -c '.[]'`"),
        (b"[" + SOUND + b"]", "the line is a JSON array; `jq -c '.[]'`"),
        (SOUND + b"x", "Extra data"),
        (SOUND[:-1], "Expecting ',' delimiter"),
        (
            json.dumps(paper(title="量子的测量"), ensure_ascii=False).encode("gb18030"),
            "it seems to be GB18030",
        ),
    ],
)
def test_the_reason_says_what_to_do(line, reason):
    _, bucket, found = read_leniently(line)
    assert reason in found and bucket == ("not_an_object" if "is a JSON" in reason else "malformed_json")


def test_only_chinese_is_taken_for_gb18030():
    for encoding in ("latin-1", "cp1252", "utf-16-le"):
        line = json.dumps(paper(title="Café à l'été, naïve Schrödinger"), ensure_ascii=False).encode(encoding)
        assert "GB18030" not in read_leniently(line)[2]


def test_a_deleted_record_replaces_the_earlier_ones():
    """It needs nothing but its id."""
    fields = FIELDS.paths | {"deleted": ("delete",), "updated": ()}
    lines = [
        paper("1"),
        paper("2", delete=False),
        {"id": "1", "delete": True, "title": None},
        paper("3", delete="True"),
        {"id": "4", "delete": True},
        paper("4"),
        {"delete": True},
        {"id": "5", "delete": False},
    ]
    block = Block(1, b"\n".join(json.dumps(line).encode() for line in lines))
    parsed = parse_block(block, FILTERS, FieldPaths(fields))
    records = Records.join([parsed])
    kept = settle(records, None)
    assert records.ids.take(pa.array(kept)).to_pylist() == ["2", "4"]
    enter(parsed.ledger, records)
    counts = {name: count for name, count in parsed.ledger.counts.items() if count}
    assert counts == {"kept": 2, "deleted": 2, "duplicate": 2, "no_id": 1, "no_title": 1}
    assert parsed.papers["id"].to_pylist() == ["1", "2", "4"]


RECORD = {
    "ids": {"doi": "10.1/x", "pmid": 7},
    "title": ["A title", "in two parts"],
    "abstract_inverted_index": {"We": [0, 3], "study": [1], "things": [2], "do": [4]},
    "concepts": [
        {"display_name": "Computer Science"},
        {"display_name": None},
        {},
        {"display_name": "Biology"},
    ],
    "issued": {"date-parts": [[2020, 5, 3]]},
    "year": 2019,
    "nested": {
        "text": "a; b",
        "names": ["a", "b"],
        "lists": [{"names": ["a", "b"]}, {"names": "c"}],
        "none": [],
    },
    "empty": "  ",
}


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("ids.doi", "id", "10.1/x"),
        (["ids.arxiv", "ids.pmid"], "id", 7),
        ("concepts[].display_name", "categories", ["Computer Science", "Biology"]),
        ("concepts[].display_name", "title", ["Computer Science", "Biology"]),
        ("concepts[].display_name", "published", "Computer Science"),
        ("ids[].doi", "categories", ["10.1/x"]),
        ("nested.lists[].names", "categories", ["a", "b", "c"]),
        ("nested.text", "categories", "a; b"),
        ("nested.names", "categories", ["a", "b"]),
        (["empty", "ids.doi"], "id", "10.1/x"),
        (["nested.none", "ids.doi"], "id", "10.1/x"),
        (["absent", "issued.date-parts"], "published", [[2020, 5, 3]]),
        ("issued.date-parts[]", "published", [2020, 5, 3]),
        ("ids.doi.deeper", "id", None),
        ("year[]", "published", 2019),
        (None, "updated", None),
    ],
)
def test_paths(path, name, value):
    fields = FieldPaths.parse({name: path})
    values = {attribute: RECORD.get(key) for key, attribute in fields.keys.items()}
    assert fields.column([fields.record_type(**values)], name) == [value]


@pytest.mark.parametrize("path", ["", "a..b", "a[0]", "[]", "a[].[]"])
def test_a_path_that_is_not_one_is_refused(path):
    with pytest.raises(UserError, match=r"clean\.fields\.title"):
        FieldPaths.parse({"title": [path]})


def test_paths_in_a_page_are_paths_in_its_papers():
    inside = {"id": "data[].id", "title": "data[].title", "abstract": ["data[].text", "data[].abstract"]}
    fields = FieldPaths.parse(inside)
    assert fields.page == "data" and fields.paths["abstract"] == ("text", "abstract")
    assert FieldPaths.parse(inside | {"id": "id"}).page is None


@pytest.mark.parametrize(
    ("abstract", "text"),
    [
        ('{"We": [0, 3], "study": [1], "things": [2], "do": [4]}', "We study things We do"),
        ({"IndexLength": 2, "InvertedIndex": {"b": [1], "a": [0]}}, "a b"),
        # as Python writes it
        (str({"We": [0, 3], "study": [1], "things": [2], "it's": [4]}), "We study things We it's"),
        (str({"it's": [0, 2], "so": [1]}), "it's so it's"),
        (str({"IndexLength": 2, "InvertedIndex": {"b": [1], "a": [0]}}), "a b"),
        ("{'We': [0, 3], 'study'", "{'We': [0, 3], 'study'"),
        ("{'We': [open('x')]} is a set", "{'We': [open('x')]} is a set"),
        ('{"IndexLength": 2, "InvertedIndex": {"b": [1], "a": [0]}}', "a b"),
        ('{"We": [0, 3], "study"', '{"We": [0, 3], "study"'),
        ('{"We": ["a"]} is a set', '{"We": ["a"]} is a set'),
        ("{1, 2} is a set", "{1, 2} is a set"),
        # lists, stored by pandas or as JSON
        ("['A title']", "A title"),
        ('["A", null, "b"]', "A b"),
        ("['Part one' and 'two']", "['Part one' and 'two']"),
        ("[Article in Chinese]", "[Article in Chinese]"),
        ("[1, 2] is an interval", "[1, 2] is an interval"),
    ],
)
def test_inverted_abstracts(abstract, text):
    assert text_column([abstract, "plain"])[0].to_pylist() == [text, "plain"]


@pytest.mark.parametrize(
    ("abstract", "kept"),
    [
        ("Abstract: We study.", "We study."),
        ("ABSTRACT\nWe study.", "We study."),
        ("Summary. Here we", "Here we"),
        ("Abstract - Deep nets", "Deep nets"),
        ("Abstract interpretation is sound.", "Abstract interpretation is sound."),
        ("Abstract Wiener spaces are", "Abstract Wiener spaces are"),
        ("Abstract-level reasoning", "Abstract-level reasoning"),
    ],
)
def test_the_heading_of_an_abstract_is_dropped(abstract, kept):
    line = json.dumps(paper("1", abstract=abstract)).encode()
    filters = replace(FILTERS, min_abstract_chars=1)
    assert parse_block(Block(1, line), filters, FIELDS).papers["abstract"].to_pylist() == [kept]


@pytest.mark.parametrize("word", ["nan", "None", " NULL ", "<NA>", "[]"])
def test_words_for_nothing_are_missing_values(word):
    assert alone(json.dumps(paper(word)).encode()) == "no_id"  # else all such papers are duplicates of one
    assert alone(json.dumps(paper("1", title=word)).encode()) == "no_title"
    record = json.dumps(paper("1", categories=word, update_date=word)).encode()
    assert parse_block(Block(1, record), FILTERS, FIELDS).filled == dict.fromkeys(OPTIONAL, 0) | {
        "published": 1
    }


def test_texts_of_other_types():
    values = [
        "plain",
        None,
        ["A", None, "b"],
        RECORD["abstract_inverted_index"],
        5,
        {"a": "b"},
        "\ud800",
        [1],
        {},
        {"a": "12"},
        {"a": [float("inf")]},
    ]
    texts, wrong = text_column(values)
    assert texts.to_pylist() == [
        "plain", None, "A b", "We study things We do", None, None, "\ufffd", None, None, None, None,
    ]  # fmt: skip
    assert [row for row, _ in wrong] == [4, 5, 7, 8, 9, 10]
    assert dict(wrong) == {4: "number", 5: "object", 7: "array", 8: "object", 9: "object", 10: "object"}


def test_ids_of_other_types():
    ids, wrong = text_column([5, 5.0, ["5"], True, 1.5, float("nan"), ["a", "b"], {"a": 1}], numbers=True)
    assert ids.to_pylist() == ["5", "5", "5", None, None, None, None, None]
    said = dict(wrong)
    assert said[3] == "boolean" and said[6].startswith("array of 2 ids")
    assert said[4] == said[5] and said[4].startswith("number with a fraction")


def test_categories_that_were_stored_as_a_list():
    record = json.dumps(paper("1", categories="['cs.LG', nan, 'Computer Science', 'cs.LG']")).encode()
    papers = parse_block(Block(1, record), FILTERS, FIELDS).papers
    assert papers["categories"].to_pylist() == [["cs.LG", "Computer Science"]]


def test_a_fallback_replaces_nan():
    fields = FieldPaths.parse({"published": ["day", "year"]})
    values = {attribute: {"day": float("nan"), "year": 2019}[key] for key, attribute in fields.keys.items()}
    assert fields.column([fields.record_type(**values)], "published") == [2019]


@pytest.mark.parametrize(
    ("record", "paths"),
    [
        (RECORD, [
            "ids.doi", "ids.pmid", "title", "abstract_inverted_index", "concepts[].display_name",
            "issued.date-parts", "year", "nested.text", "nested.names", "nested.lists[].names", "nested.none", "empty",
        ]),
        ({"a": {str(i): 1 for i in range(30)}, "b": {}, "c": []}, ["a", "b", "c"]),
    ],
)  # fmt: skip
def test_the_paths_of_a_record(record, paths):
    assert list(paths_of(record)) == paths


def test_values_that_are_missing_or_not_understood_are_counted():
    records = [
        paper(str(i), update_date=day)
        for i, day in enumerate(["soon", None, "", 1136073600000, "2006-01-01"])
    ]
    block = Block(1, b"\n".join(json.dumps(record).encode() for record in records))
    parsed = parse_block(block, FILTERS, FIELDS)
    found: LedgerCounts = parsed.not_understood
    assert parsed.filled == {"categories": 5, "published": 5, "updated": 3}
    assert found.counts == {"categories": 0, "published": 0, "updated": 1}
    assert found.first["updated"] == [(1, "`update_date` of 0: 'soon'")]
    assert ABSTRACT in records[0]["abstract"]
