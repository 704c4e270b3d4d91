"""GraphML, for Gephi, Cytoscape, igraph and networkx."""

import re
from pathlib import Path
from typing import Any

import igraph
import numpy as np

Columns = dict[str, Any]  # lists of texts, or arrays, by name

# XML 1.0 has no other characters, escaped or not: https://www.w3.org/TR/xml/#charsets
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_graphml(path: Path, nodes: Columns, pairs: np.ndarray, edges: Columns) -> None:
    """Write an undirected network. Gephi takes `label` of nodes and `weight` of edges.

    igraph writes it, since a tree of XML elements of 100,000 papers takes a gigabyte.

    Parameters
    ----------
    nodes : columns of the nodes; texts may be None, and numbers NaN: they are left out, as are columns of NaN alone
    pairs : int64 (m, 2), the nodes of each edge
    edges : columns of the edges
    """
    n = len(next(iter(nodes.values())))
    graph = igraph.Graph(n, pairs)
    for sequence, columns in ((graph.vs, nodes), (graph.es, edges)):
        for name, values in columns.items():
            # igraph takes a column without any value for one of truth values, and writes false
            if not (isinstance(values, np.ndarray) and np.isnan(values).all()):
                sequence[name] = _attribute(values)
    graph.write_graphml(str(path))


def _attribute(values: Any) -> list:
    if isinstance(values, np.ndarray):
        return [
            None if missing else value
            for value, missing in zip(values.tolist(), np.isnan(values), strict=True)
        ]
    return ["" if value is None else NOT_XML.sub("", value) for value in values]
