"""Rows for the models of rechub.models.matching out of an interaction log, negatives, and search by vectors."""

from __future__ import annotations

import importlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rechub._data import as_whole_number
from rechub._errors import NotFoundError
from rechub.serving import AnnoyBuilder, FaissBuilder, MilvusBuilder
from rechub.serving._vectors import as_searched, as_vectors
from rechub.serving.base import BaseIndexer
from rechub.serving.faiss import FaissIndexer, fill, read_index
from rechub.utils._columns import Array
from rechub.utils.data import df_to_dict, pad_sequences


def negative_sample(items_cnt_order: Mapping[Any, int], ratio: int, method_id: int = 0) -> Array:
    """`ratio` items drawn with replacement.

    Args:
        items_cnt_order: how often each item occurs, the most frequent first.
        method_id: 0 uniformly; 1 by the count to the power .75 (word2vec); 2 by log(count + 1) + 1e-6; 3 by (log(r + 2) - log(r + 1)) / log(n + 1) of the item's rank r from 0
            (Tencent RALM).

    Draws by NumPy's global generator. Raises ValueError for another method, without items, and for a ratio below 0.
    """
    as_whole_number(ratio, "ratio", 0)
    if not items_cnt_order:
        raise ValueError("items_cnt_order: there are no items to draw from")
    items, counts = list(items_cnt_order), np.array(list(items_cnt_order.values()), dtype=np.float64)
    ranks = np.arange(len(items))
    if method_id not in (0, 1, 2, 3):
        raise ValueError(f"method_id should be 0, 1, 2 or 3, got {method_id!r}")
    weights = (np.ones(len(items)), counts**0.75, np.log(counts + 1) + 1e-6, np.log((ranks + 2) / (ranks + 1)))[method_id]
    return np.asarray(np.random.choice(np.array(items), size=ratio, replace=True, p=weights / weights.sum()))


def inbatch_negative_sampling(scores: Any, neg_ratio: int | None = None, hard_negative: bool = False, generator: Any = None) -> Any:
    """For each row of a batch the places of `neg_ratio` other rows: drawn without replacement, or with hard_negative those of the highest scores, best first.

    Args:
        scores: torch tensor [batch, batch], user by item.
        neg_ratio: None, or one that there are not: all others.
        generator: torch.Generator of the draws.

    Returns int64 [batch, neg_ratio]. Raises ValueError for scores of another shape, and for one row only.
    """
    import torch

    if scores.dim() != 2 or scores.shape[0] != scores.shape[1]:
        raise ValueError(f"scores should be [batch, batch], got {list(scores.shape)}")
    size = scores.shape[0]
    if size < 2:
        raise ValueError("negatives of a batch need two rows or more")
    count = size - 1 if neg_ratio is None or not 0 < neg_ratio < size else neg_ratio
    order = scores.detach().clone() if hard_negative else torch.rand(scores.shape, generator=generator, device=scores.device)
    return order.fill_diagonal_(float("-inf")).topk(count, dim=1).indices


def gather_inbatch_logits(scores: Any, neg_indices: Any) -> Any:
    """Scores [batch, batch] of each row's own item, in front, and of the items at neg_indices [batch, n]: [batch, 1 + n]."""
    import torch

    return torch.cat([scores.diagonal().unsqueeze(1), scores.gather(1, neg_indices)], dim=1)


def generate_seq_feature_match(
    data: Any,
    user_col: str,
    item_col: str,
    time_col: str,
    item_attribute_cols: Sequence[str] | None = None,
    sample_method: int = 0,
    mode: int = 0,
    neg_ratio: int = 0,
    min_item: int = 0,
) -> tuple[Any, Any]:
    """An interaction log as rows of a history and the item behind it: every event of a user but the first is a row, his last one the test's.

    Args:
        data: a pandas DataFrame with a row an event; it is left as it is. Events of one time keep its order.
        item_attribute_cols: further columns of which a row has the history, too ("hist_" and the name).
        sample_method: how negatives are drawn (negative_sample), by counts of training events. mode: 0 adds rows of them with label 0, neg_ratio for each row; 1 a column
            neg_items with one, 2 with neg_ratio of them. MatchTrainer needs none: in modes 1 and 2 it draws its own for every batch.
        min_item: users with fewer events are left out.

    Raises NotFoundError for a column that data has not.

    Returns two shuffled DataFrames, of training and test rows: user_col, item_col, "hist_" + item_col (a list, oldest first), "histlen_" + item_col, attributes, and label or
    neg_items. Draws by NumPy's global generator. Raises ValueError for another mode or a neg_ratio that mode 2 cannot use.
    """
    import pandas as pd

    if mode not in (0, 1, 2):
        raise ValueError(f"mode should be 0, 1 or 2, got {mode!r}")
    if neg_ratio < 0 or (mode == 2 and neg_ratio == 0):
        raise ValueError(f"neg_ratio should be {1 if mode == 2 else 0} or more in mode {mode}, got {neg_ratio}")
    attributes = list(item_attribute_cols or [])
    for column in (user_col, item_col, time_col, *attributes):
        if column not in data.columns:
            raise NotFoundError(f"data has no column '{column}'; it has {', '.join(map(str, data.columns))}")
    train: list[list[Any]] = []
    test: list[list[Any]] = []
    for user, events in data.sort_values(time_col, kind="stable").groupby(user_col, sort=True):
        items = events[item_col].tolist()
        if len(items) < min_item:
            continue
        others = [events[name].tolist() for name in attributes]
        for place in range(1, len(items)):
            row = [user, items[place], items[:place], place, *(values[:place] for values in others)]
            (test if place == len(items) - 1 else train).append(row)
    counts = Counter(row[1] for row in train)
    per_row = 1 if mode == 1 else neg_ratio
    drawn = negative_sample(dict(counts.most_common()), len(train) * per_row, sample_method).tolist() if train and per_row else []
    last = "label" if mode == 0 else "neg_items"
    rows = []
    for place, row in enumerate(train):
        negatives = drawn[place * per_row : (place + 1) * per_row]
        if mode == 0:
            rows += [[*row, 1], *([row[0], item, *row[2:], 0] for item in negatives)]
        else:
            rows.append([*row, negatives[0] if mode == 1 else negatives])
    columns = [user_col, item_col, f"hist_{item_col}", f"histlen_{item_col}", *(f"hist_{name}" for name in attributes), last]
    frames = [pd.DataFrame([some[place] for place in np.random.permutation(len(some))], columns=columns) for some in (rows, [[*row, 1] for row in test])]
    return frames[0], frames[1]


def gen_model_input(
    df: Any, user_profile: Any, user_col: str, item_profile: Any, item_col: str, seq_max_len: int, padding: str = "pre", truncating: str = "pre"
) -> dict[str, Array]:
    """Rows joined with what is known of their users and items, as columns for MatchDataGenerator; columns whose names begin with hist_ or tag_ are padded to seq_max_len
    (pad_sequences)."""
    joined = df.merge(user_profile, on=user_col, how="left").merge(item_profile, on=item_col, how="left")
    columns = df_to_dict(joined)
    for name in columns:
        if name.startswith(("hist_", "tag_")):
            columns[name] = pad_sequences(joined[name].tolist(), seq_max_len, "int64", padding, truncating)
    return columns


def _found(indexer: BaseIndexer | None, v: Any, n: int) -> tuple[list[list[int]], list[list[float]]]:
    """Places and distances of each query, without those that an approximate search did not find. ValueError where there is nothing to search yet."""
    if indexer is None or indexer.size == 0:
        raise ValueError("there are no vectors to search yet: call fit before query")
    places, distances = indexer.query(as_vectors(v, "v", indexer.dim, takes_one=True), as_whole_number(n, "n", 1))
    is_found = places >= 0
    return [row[is_there].tolist() for row, is_there in zip(places, is_found)], [row[is_there].tolist() for row, is_there in zip(distances, is_found)]


class Annoy:
    """Approximate search with Annoy (pip install annoy): metric "angular", "euclidean", "manhattan", "hamming" or "dot"; search_k nodes that a query looks at, -1: trees x n."""

    def __init__(self, metric: str = "angular", n_trees: int = 10, search_k: int = -1) -> None:
        importlib.import_module("annoy")  # missing, it is missed here, not in fit
        self._metric, self._n_trees, self._search_k = metric, n_trees, search_k
        self._indexer: Any = None

    def fit(self, X: Any) -> None:
        """Vectors [n, dim] to search, n of 1 or more, in place of earlier ones. ValueError for others, naming the row, and for a metric that Annoy has not."""
        vectors = as_searched(X, "X")
        self._indexer = AnnoyBuilder(vectors.shape[1], self._metric, n_trees=self._n_trees).build(vectors)

    def set_query_arguments(self, search_k: int) -> None:
        """Nodes that a query looks at; -1: trees x n."""
        self._search_k = search_k

    def query(self, v: Any, n: int) -> tuple[list[int], list[float]]:
        """Places of the n vectors nearest to v [dim], nearest first, and their distances: at most n, as there may be fewer vectors or the search finds fewer.

        Raises ValueError before fit, for v of another width or with numbers that are not finite, and for n below 1.
        """
        if self._indexer is not None:
            self._indexer.searchk = self._search_k
        places, distances = _found(self._indexer, v, n)
        if len(places) != 1:
            raise ValueError(f"v: expected one vector, got {len(places)}; Faiss takes several at once")
        return places[0], distances[0]

    def __str__(self) -> str:
        return f"Annoy(n_trees={self._n_trees}, search_k={self._search_k})"


class Faiss:
    """Search with FAISS (pip install faiss-cpu): index_type "flat", "ivf" with nlist cells or "hnsw" with m links, metric "l2" or "ip"."""

    def __init__(self, dim: int, index_type: str = "flat", nlist: int = 100, m: int = 32, metric: str = "l2") -> None:
        self.dim, self.index_type, self.nlist, self.metric = as_whole_number(dim, "dim", 1), index_type.lower(), nlist, metric.lower()
        kind = "Flat" if self.index_type == "flat" else self.index_type.upper()
        nprobe = max(1, nlist // 4) if self.index_type == "ivf" else None
        self.index = FaissBuilder(kind, self.metric.upper(), m=m, nlists=nlist, nprobe=nprobe).empty(dim)

    def fit(self, X: Any) -> None:
        """Vectors [n, dim] to search, n of 1 or more, and of nlist or more for "ivf", behind those of earlier calls. ValueError for others, naming the row."""
        fill(self.index, as_searched(X, "X", self.dim), "X")

    def query(self, v: Any, n: int) -> tuple[list[list[int]], list[list[float]]]:
        """Places of the n vectors nearest to each of v [dim] or [queries, dim], nearest first, and their squared distances (or products, for metric "ip").

        A list of at most n for each query: there may be fewer vectors, or "ivf" and "hnsw" find fewer; FAISS itself would fill up with -1. Raises ValueError before fit, for v of
        another width or with numbers that are not finite, and for n below 1.
        """
        return _found(FaissIndexer(self.index), v, n)

    def set_query_arguments(self, nprobe: int | None = None, efSearch: int | None = None) -> None:
        """nprobe: cells of "ivf" that a query looks at, at most nlist; efSearch: nodes of "hnsw" that it keeps in view. None, and what the index_type has not: as before."""
        if self.index_type == "ivf" and nprobe is not None:
            self.index.nprobe = min(as_whole_number(nprobe, "nprobe", 1), self.nlist)
        if self.index_type == "hnsw" and efSearch is not None:
            self.index.hnsw.efSearch = as_whole_number(efSearch, "efSearch", 1)

    def save_index(self, filepath: str | os.PathLike[str]) -> None:
        """Writes the index with its vectors as FAISS's own file, which FAISS reads anywhere. FAISS's RuntimeError where it cannot be written."""
        importlib.import_module("faiss").write_index(self.index, os.fspath(filepath))

    def load_index(self, filepath: str | os.PathLike[str]) -> None:
        """Takes an index of save_index in place of this one; settings of queries are those it was saved with. PathNotFoundError without it, ValueError for one that FAISS cannot
        read or of another width than dim."""
        index = read_index(filepath)
        if index.d != self.dim:
            raise ValueError(f"{os.fspath(filepath)}: expected an index of vectors of width {self.dim}, got width {index.d}")
        self.index = index

    def __str__(self) -> str:
        return f"Faiss(index_type={self.index_type}, dim={self.dim}, metric={self.metric}, ntotal={self.index.ntotal})"


class Milvus:
    """Search with a Milvus server (pip install pymilvus) by Euclidean distance; fit makes a collection "rechub_..." there."""

    def __init__(self, dim: int = 64, host: str = "localhost", port: str = "19530") -> None:
        self._builder = MilvusBuilder(dim, metric="L2", host=host, port=int(port))
        self._indexer: Any = None

    def fit(self, X: Any) -> None:
        """Vectors [n, dim] to search, n of 1 or more, in place of earlier ones. ValueError for others, naming the row; pymilvus's own exceptions where no server answers."""
        indexer = self._builder.build(X, "X")
        if self._indexer is not None:
            self._indexer.close()
        self._indexer = indexer

    def query(self, v: Any, n: int) -> tuple[list[list[int]], list[list[float]]]:
        """Places of the n vectors nearest to each of v [dim] or [queries, dim], nearest first, and their squared distances: at most n for each query.

        Raises ValueError before fit, for v of another width or with numbers that are not finite, and for n below 1.
        """
        return _found(self._indexer, v, n)
