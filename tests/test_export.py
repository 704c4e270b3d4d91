"""export: each file read back by its own reader, against the tables that it was made of."""

import csv
import json
import warnings
import zipfile
from collections import Counter

import igraph
import jsonschema
import networkx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rispy
from citeproc.source.json import CiteProcJSON

import export
import papers
from cleaned import counts, run_clean
from conftest import assert_refused, pq_write, script
from exchange_inputs import FACETS, export_flags, with_columns, write_exports, write_papers
from exchange_inputs import outputs as papers_files
from lib.exchange import csl_json, vosviewer
from lib.exchange.graphml import write_graphml
from lib.exchange.network import NEAREST
from lib.exchange.references import name_of
from lib.exchange.ris import inverted
from lib.records.people import person as read_person
from measure import command_line
from page_inputs import TOPIC, few
from vosviewer_schema import ONLINE

# Papers 3 and 4 cite by an id and by a DOI; 140 is of another topic, and 3 cites what is not here
REFERENCES = {
    3: ["2301.00008", "10.1000/seven", "not here"],
    4: ["https://openalex.org/works/2301.00140"],
    8: ["2301.00003"],
}
CITATIONS = ((3, 8), (3, 7), (4, 140), (8, 3))
CITED = {frozenset(pair) for pair in CITATIONS}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The inputs, and the exported files, of 150 papers; one topic is hidden."""
    folder = tmp_path_factory.mktemp("export")
    inputs, _ = write_papers(folder, facets=FACETS | {"references": REFERENCES})
    topic = pq.read_table(inputs["assignments"])["topic"].to_numpy()
    with_columns(inputs["assignments"], topic=np.where(topic == 3, -1, topic).astype(np.int32))
    out = folder / "again"
    flags = {"table": out / "papers.parquet", "csv": out / "papers.csv", "views": out / "topics.sql"}
    assert script("papers", **inputs, **flags).returncode == 0
    result = script("export", **export_flags(inputs, out), link="https://example.org/{id}")
    assert result.returncode == 0, result.stderr
    assert "150 papers" in result.stdout and "4 citations" in result.stdout
    return inputs, out / "exchange", pq.read_table(out / "papers.parquet").to_pylist()


def expected_edges(inputs) -> set[frozenset]:
    near = np.load(inputs["neighbors"])
    return {
        frozenset((i, j)) for i, of_paper in enumerate(near[:, :NEAREST].tolist()) for j in of_paper
    } | CITED


def test_papers_are_a_network_for_networkx_and_igraph(exported):
    inputs, files, papers = exported
    graph = networkx.read_graphml(files / "papers.graphml", node_type=lambda name: int(name[1:]))
    assert [graph.nodes[i]["paper"] for i in range(150)] == [paper["id"] for paper in papers]
    for i, paper in enumerate(papers):
        node = graph.nodes[i]
        assert node["label"] == paper["title"] and node["year"] == paper["year"]
        assert node["topic_key"] == (paper["topic_key"] or "") and node["doi"] == (paper["doi"] or "")
        assert ("similarity" in node) == (paper["similarity"] is not None)
    assert {frozenset(edge) for edge in graph.edges} == expected_edges(inputs)
    near, vectors = np.load(inputs["neighbors"]), np.load(inputs["papers"].with_name("e.npy")).astype(float)
    for a, b, edge in graph.edges(data=True):
        cosine = vectors[a] @ vectors[b] / np.linalg.norm(vectors[a]) / np.linalg.norm(vectors[b])
        assert edge["cosine"] == pytest.approx(cosine, abs=1e-5) and edge["weight"] == max(edge["cosine"], 0)
        assert edge["shared_neighbors"] == len(set(near[a]) & set(near[b]))
    citing = {(a, b): edge["citing"] for a, b, edge in graph.edges(data=True) if edge["citing"]}
    assert citing == {(3, 8): "both", (3, 7): "first", (4, 140): "first"}
    read = igraph.Graph.Read_GraphML(str(files / "papers.graphml"))
    assert read.vcount() == 150 and read.ecount() == graph.number_of_edges() and not read.is_directed()


@pytest.mark.parametrize("name", ["topics", "subtopics"])
def test_topics_and_their_parts_are_networks(exported, name):
    inputs, files, papers = exported
    graph = networkx.read_graphml(files / f"{name}.graphml")

    def label(paper):
        return (name == "subtopics" and paper["subtopic"]) or paper["topic_name"]

    labels = networkx.get_node_attributes(graph, "label")
    sizes = Counter(label(paper) for paper in papers if paper["counted"] and paper["topic_key"])
    assert len(labels) == (5 if name == "subtopics" else 4)
    assert {labels[node]: int(n) for node, n in graph.nodes(data="size") if n} == sizes
    near, between = np.load(inputs["neighbors"]), Counter()
    for i, of_paper in enumerate(near[:, :NEAREST].tolist()):
        for j in of_paper:
            pair = frozenset((label(papers[i]), label(papers[j])))
            if len(pair) == 2 and None not in pair:
                between[pair] += 1
    found = {frozenset((labels[a], labels[b])): edge for a, b, edge in graph.edges(data=True)}
    assert {pair: edge["near_pairs"] for pair, edge in found.items() if edge["near_pairs"]} == between
    vectors = np.load(inputs["papers"].with_name("e.npy")).astype(float)
    of_label = {
        name: [i for i, paper in enumerate(papers) if label(paper) == name] for name in labels.values()
    }
    for pair, edge in found.items():
        means = [vectors[of_label[each]].sum(0) for each in pair]
        if all(of_label[each] for each in pair):
            cosine = means[0] @ means[1] / np.linalg.norm(means[0]) / np.linalg.norm(means[1])
            assert edge["cosine"] == pytest.approx(cosine, abs=1e-3)
    across = [(label(papers[a]), label(papers[b])) for a, b in CITATIONS]
    expected = sum(one != other and None not in (one, other) for one, other in across)
    assert sum(edge["citations"] for edge in found.values()) == expected
    assert name == "topics" or expected  # there are some between the parts of a topic


def rows_of(file) -> list[dict]:
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


@pytest.mark.parametrize("name", ["topics", "papers"])
def test_vosviewer_reads_map_network_and_json(exported, name):
    _, files, papers = exported
    content = json.loads((files / f"vosviewer_{name}.json").read_text())
    jsonschema.validate(content, ONLINE)
    items, links = content["network"]["items"], content["network"]["links"]
    ids = [item["id"] for item in items]
    assert ids == list(range(1, len(items) + 1))
    assert {link[end] for link in links for end in ("source_id", "target_id")} <= set(ids)
    assert len({(link["source_id"], link["target_id"]) for link in links}) == len(links)
    named = {entry["cluster"]: entry["label"] for entry in content["network"]["clusters"]}
    if name == "papers":
        assert [item["label"] for item in items] == [paper["title"] for paper in papers]
        assert [named.get(item.get("cluster")) for item in items] == [paper["topic_name"] for paper in papers]
        assert [item["scores"]["Year"] for item in items] == [paper["year"] for paper in papers]
    rows = rows_of(files / f"vosviewer_{name}_map.txt")
    assert [row["label"] for row in rows] == [item["label"] for item in items]
    for row, item in zip(rows, items, strict=True):
        assert (int(row["id"]), row["cluster"]) == (item["id"], str(item.get("cluster", "")))
        assert (float(row["x"]), float(row["y"])) == (item["x"], item["y"])
        for kind in ("weight", "score"):
            cells = {
                key[len(kind) + 1 : -1]: float(cell)
                for key, cell in row.items()
                if key.startswith(kind) and cell
            }
            assert cells == item.get(f"{kind}s", {})
    with (files / f"vosviewer_{name}_network.txt").open() as file:
        network = [(int(a), int(b), float(s)) for a, b, s in csv.reader(file, delimiter="\t")]
    assert network == [(link["source_id"], link["target_id"], link["strength"]) for link in links]


def members(archive) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def test_references_per_topic_are_read_by_rispy_and_citeproc(exported):
    _, files, papers = exported
    ris, csl = members(files / "ris.zip"), members(files / "csl-json.zip")
    assert [name[:-4] for name in ris] == [name[:-5] for name in csl]
    keys = list(dict.fromkeys(paper["topic_key"] for paper in papers if paper["topic_key"]))
    assert [name.split(" ")[0] for name in ris] == [*keys, "no"]
    of_topic = {key: [paper for paper in papers if paper["topic_key"] == key] for key in [*keys, None]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rows, text, items in zip(of_topic.values(), ris.values(), csl.values(), strict=True):
            entries = rispy.loads(text.decode())
            assert [entry["id"] for entry in entries] == [paper["id"] for paper in rows]
            assert [entry["title"] for entry in entries] == [paper["title"] for paper in rows]
            assert [entry["year"] for entry in entries] == [str(paper["year"]) for paper in rows]
            assert all(entry["urls"] == [f"https://example.org/{entry['id']}"] for entry in entries)
            assert all("unknown_tag" not in entry for entry in entries)
            read = CiteProcJSON(json.loads(items))
            assert list(read) == [paper["id"].lower() for paper in rows]
    first = rispy.loads(next(iter(ris.values())).decode())[0]
    assert first["authors"] == ["de Novak, Ana", "Silva, Bo"] and first["doi"] == "10.1000/first"
    assert first["type_of_reference"] == "JOUR" and first["secondary_title"] == "Journal of Salt"
    assert first["keywords"][-2:] == ["Astrophysics", "Machine Learning"]
    item = json.loads(next(iter(csl.values())))[0]
    assert item["author"][0] == {"family": "Novak", "given": "Ana", "non-dropping-particle": "de"}
    assert item["issued"] == {"date-parts": [[2001, 3, 1]]}


@pytest.mark.parametrize("name", ["ris.zip", "csl-json.zip"])
def test_the_workflow_reads_its_own_references(exported, tmp_path, name):
    """What leaves as RIS or CSL-JSON comes back the same; in RIS those with a DOI are called by it."""
    inputs, files, papers = exported
    (tmp_path / "out").mkdir()
    texts = [text.decode() for text in members(files / name).values()]
    items = [item for text in texts for item in json.loads(text)] if name.startswith("csl") else []
    source = tmp_path / "references.txt"
    source.write_text(json.dumps(items) if items else "".join(texts))
    read, ledger, _ = run_clean(source, tmp_path / "out", facets=["authors", "doi", "journal"])
    assert counts(ledger) == {"kept": 150}
    expected = {paper["doi"] or paper["id"]: paper for paper in papers}
    if name == "csl-json.zip":
        expected = {paper["id"]: paper for paper in papers}
    abstracts = dict(
        zip(*(pq.read_table(inputs["papers"])[c].to_pylist() for c in ("id", "abstract")), strict=True)
    )
    assert {paper["id"] for paper in read} == set(expected)
    for paper in read:
        before = expected[paper["id"]]
        assert paper["abstract"] == abstracts[before["id"]] and paper["published"].year == before["year"]
    facets = pq.read_table(tmp_path / "out" / "facets.parquet").to_pylist()
    authors = [row["value"] for row in facets if row["facet"] == "authors"]
    assert sorted(authors) == sorted(name for names in FACETS["authors"].values() for name in names)


def test_a_corpus_without_years_categories_facets_and_words(tmp_path):
    n = 150
    _, files = write_exports(
        tmp_path, None, facets={}, published=[None] * n, categories=[None] * n, names=["", "b", "c", "d"]
    )
    content = json.loads((files / "vosviewer_papers.json").read_text())
    jsonschema.validate(content, ONLINE)
    assert not any("Year" in item.get("scores", {}) or "url" in item for item in content["network"]["items"])
    jsonschema.validate(json.loads((files / "vosviewer_topics.json").read_text()), ONLINE)
    entries = [entry for text in members(files / "ris.zip").values() for entry in rispy.loads(text.decode())]
    assert len(entries) == n and not any({"year", "urls", "authors"} & set(entry) for entry in entries)
    for name, absent in (("papers", "year"), ("topics", "mean_year"), ("subtopics", "mean_year")):
        graph = networkx.read_graphml(files / f"{name}.graphml")
        assert graph.number_of_nodes() and not any(absent in node for _, node in graph.nodes(data=True))
        assert absent not in igraph.Graph.Read_GraphML(str(files / f"{name}.graphml")).vs.attributes()
    assert networkx.read_graphml(files / "papers.graphml").number_of_nodes() == n


def test_with_too_many_topics_clusters_are_groups_and_have_their_names(tmp_path, monkeypatch):
    """The first topic is in the second group, and two groups have one name."""
    monkeypatch.setattr(vosviewer, "MOST_CLUSTERS", 2)
    inputs, _ = write_papers(tmp_path)
    groups, group_of = ["large", "small", "small"], [1, 0, 2, 0]
    rows = pq.read_table(inputs["hierarchy"]).to_pylist()
    topics = [row for row in rows if row["level"] == "topic"]
    parts = [row for row in rows if row["level"] == "subtopic"]
    for row, group in zip(topics, group_of, strict=True):
        row["parent"] = group
    tops = [
        topics[0] | {"level": "group", "node": i, "parent": None, "name": name}
        for i, name in enumerate(groups)
    ]
    schema = pq.read_schema(inputs["hierarchy"])
    pq.write_table(pa.Table.from_pylist([*tops, *topics, *parts], schema), inputs["hierarchy"])
    papers.main(command_line("papers", **inputs, **papers_files(tmp_path)))
    export.main(command_line("export", **export_flags(inputs, tmp_path), link="https://example.org/{id}"))
    content = json.loads((tmp_path / "exchange/vosviewer_papers.json").read_text())
    clusters = content["network"]["clusters"]
    assert clusters == [{"cluster": i, "label": name} for i, name in enumerate(groups, 1)]
    named = {each["cluster"]: each["label"] for each in clusters}
    assert [named[item["cluster"]] for item in content["network"]["items"]] == [
        groups[group_of[topic]] for topic in TOPIC
    ]
    table = pq.read_table(tmp_path / "papers.parquet")
    assert table["topic_group"].to_pylist() == [
        named[item["cluster"]] for item in content["network"]["items"]
    ]


@pytest.mark.parametrize("bad", ["\x00", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_characters_that_xml_does_not_have_are_left_out(tmp_path, bad):
    path = tmp_path / "g.graphml"
    texts = [f"a{bad}b <&\"'> \x85 𝒳 \ue000\ufffd\ud7ff", None]
    write_graphml(path, {"label": texts}, np.array([[0, 1]]), {"citing": [f"x{bad}y"]})
    expected = texts[0].replace(bad, "")
    graph = networkx.read_graphml(path)
    assert [label for _, label in graph.nodes(data="label")] == [expected, ""]
    assert [edge["citing"] for *_, edge in graph.edges(data=True)] == ["xy"]
    assert igraph.Graph.Read_GraphML(str(path)).vs["label"] == [expected, ""]


@pytest.mark.parametrize(
    ("name", "literal"),
    [
        ("de la Cruz", "de la Cruz"),
        ("de la Cruz Jr.", "de la Cruz Jr."),
        ("Juan", "Juan"),
        ("CMS Collaboration", "CMS Collaboration"),
    ],
)
def test_a_name_without_given_names_keeps_its_words(name, literal):
    assert csl_json.person(name_of(name)) == {"literal": literal}


@pytest.mark.parametrize(
    "name",
    [
        *("de la Cruz", "de la Cruz Jr.", "van Dyke Jr.", "Juan", "bell hooks", "CMS Collaboration"),
        *("Ana de la Cruz", "Sammy Davis Jr.", "Ludwig van Beethoven", "VAN DER BERG JAN", "li wei"),
    ],
)
def test_the_reader_of_names_makes_the_same_name_of_csl_json_and_ris(name):
    parts = name_of(name)
    assert read_person(csl_json.person(parts))[0] == read_person(inverted(parts))[0] == name


def test_references_to_papers_that_are_not_here_take_no_memory(tmp_path, monkeypatch):
    n, each = 2000, 50
    ids = [f"W{i:07d}" for i in range(n)]
    cited = [f"W{5_000_000 + i}" for i in range(n * each)]
    cited[7] = ids[9]
    facets = pq_write(
        tmp_path / "f.parquet",
        id=np.repeat(ids, each),
        facet=["references"] * len(cited),
        value=[f"https://openalex.org/{name}" for name in cited],
        key=cited,
    )
    table = pa.table({"id": ids, "doi": pa.nulls(n, pa.string())})
    held, citations_of = [], export.citations_of
    monkeypatch.setattr(
        export,
        "citations_of",
        lambda references, names: held.append(references) or citations_of(references, names),
    )
    assert export.read_citations(facets, table).tolist() == [[0, 9]]
    assert [sum(map(len, references.values())) for references in held] == [1]


def test_twenty_papers_in_one_topic(tmp_path):
    _, files = write_exports(tmp_path, near=4, facets={}, **few(20))
    jsonschema.validate(json.loads((files / "vosviewer_papers.json").read_text()), ONLINE)
    assert networkx.read_graphml(files / "topics.graphml").number_of_nodes() == 1


def test_the_same_results_give_the_same_bits(tmp_path):
    runs = [write_exports(tmp_path / name)[1] for name in ("one", "two")]
    names = sorted(file.name for file in runs[0].iterdir())
    assert len(names) == 11 and names == sorted(file.name for file in runs[1].iterdir())
    assert all((runs[0] / name).read_bytes() == (runs[1] / name).read_bytes() for name in names)


def test_a_table_of_other_papers_is_refused(tmp_path, out):
    inputs, table = write_papers(tmp_path)
    pq.write_table(table.slice(2), tmp_path / "papers.parquet")
    flags = export_flags(inputs, tmp_path) | {
        flag: out / file.name
        for flag, file in export_flags(inputs, tmp_path).items()
        if "exchange" in str(file)
    }
    assert_refused(script("export", **flags), out, "different numbers of rows", "table 148")
