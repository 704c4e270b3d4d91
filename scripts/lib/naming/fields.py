"""Fields of groups of papers: the categories that are over-represented in them, in words."""

import numpy as np
import pyarrow as pa
from scipy import sparse

RATIO = 2.0  # a field is at least this many times as frequent in a group as in the other papers
GAIN = 0.05  # and adds this share of the papers of the group to those of the fields before it
LEAST_PAPERS = 3
MOST = 3


class Fields:
    """The categories of all papers.

    Parameters
    ----------
    categories : list of string (n,), null for papers without categories
    names : the name of a category in words; others are their own names
    broad : the part of a category before its point is the category, if it has a name: `math` of `math.NT`
    """

    def __init__(self, categories: pa.ListArray, names: dict[str, str], broad: bool = False):
        encoded = categories.values.dictionary_encode()
        known = encoded.dictionary.to_pylist()
        if broad:
            shown = [names.get(category.partition(".")[0]) for category in known]
        else:
            shown = [names.get(category, category) for category in known]
        self.names = [name for name in dict.fromkeys(shown) if name]  # several categories may have one name
        number: dict[str | None, int] = {name: i for i, name in enumerate(self.names)}
        of_category = np.array([number.get(name, -1) for name in shown], np.int64)
        columns = of_category[encoded.indices.to_numpy()]
        counts = categories.value_lengths().fill_null(0).to_numpy()
        rows = np.repeat(np.arange(len(categories)), counts)[columns >= 0]
        columns = columns[columns >= 0]
        table = (np.ones(len(rows), np.int32), (rows, columns))
        self.papers = sparse.csr_matrix(table, (len(categories), len(self.names)))
        self.papers.data[:] = 1
        self.broad = broad

    def of(self, labels: np.ndarray, k: int) -> tuple[list[list[str]], np.ndarray]:
        """The fields of each of k groups, against all papers that have a label.

        A field is at least RATIO times as frequent in the group as in the other papers; a broad one is in at most half of
        all papers, so that it says something. The first is the one that most papers have; each next one is the one that
        most of the papers have that are in none of those before.

        Parameters
        ----------
        labels : int (n,), 0 to k - 1; -1 for papers that are not compared

        Returns
        -------
        At most MOST names per group; and the share of its papers that are in one of its fields, float64 (k,).
        """
        compared = np.flatnonzero(labels >= 0)
        papers, groups = self.papers[compared], labels[compared]
        of_group = sparse.csr_matrix(
            (np.ones(len(groups), np.int32), (groups, np.arange(len(groups)))), (k, len(groups))
        )
        counts, sizes = np.asarray((of_group @ papers).todense()), np.bincount(groups, minlength=k)
        if self.broad:
            frequent = (counts > 0) & (counts.sum(0) <= len(groups) / 2)
        else:
            others = (counts.sum(0) - counts) / np.maximum(len(groups) - sizes, 1)[:, None]
            frequent = (counts > 0) & (counts >= RATIO * others * sizes[:, None])
        frequent[sizes == len(groups)] = False  # a group of all papers has no others beside it
        fields, cover = [], np.zeros(k)
        for group in range(k):
            names = np.flatnonzero(frequent[group])
            left = papers[np.flatnonzero(groups == group)][:, names]
            chosen: list[str] = []
            while len(chosen) < MOST and left.shape[0] and left.shape[1]:
                gains = np.asarray(left.sum(0)).ravel()
                best = int(gains.argmax())
                if gains[best] < max(GAIN * sizes[group], LEAST_PAPERS):
                    break
                chosen.append(self.names[names[best]])
                cover[group] += gains[best] / sizes[group]
                left = left[np.flatnonzero(left[:, [best]].toarray().ravel() == 0)]
            fields.append(chosen)
        return fields, cover
