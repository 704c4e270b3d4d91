"""GraphML, for Gephi, Cytoscape, igraph and networkx."""

from pathlib import Path
from typing import Any

import igraph
import numpy as np

Columns = dict[str, Any]  # lists of texts, or arrays, by name


def write_graphml(path: Path, nodes: Columns, pairs: np.ndarray, edges: Columns) -> None:
    """Write an undirected network. Gephi takes `label` of nodes and `weight` of edges.

    igraph writes it, since a tree of XML elements of 100,000 papers takes a gigabyte.

    Parameters
    ----------
    nodes : columns of the nodes; texts may be None, and numbers NaN: they are left out
    pairs : int64 (m, 2), the nodes of each edge
    edges : columns of the edges
    """
    n = len(next(iter(nodes.values())))
    graph = igraph.Graph(n, pairs)
    for sequence, columns in ((graph.vs, nodes), (graph.es, edges)):
        for name, values in columns.items():
            sequence[name] = _attribute(values)
    graph.write_graphml(str(path))


def _attribute(values: Any) -> list:
    if isinstance(values, np.ndarray):
        return [
            None if missing else value
            for value, missing in zip(values.tolist(), np.isnan(values), strict=True)
        ]
    return ["" if value is None else value for value in values]
