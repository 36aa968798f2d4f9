"""Rows for the models of rechub.models.matching out of an interaction log, negatives, and search by vectors."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rechub._data import as_array, as_whole_number
from rechub.serving import AnnoyBuilder, FaissBuilder, MilvusBuilder, as_vectors
from rechub.utils._columns import Array
from rechub.utils.data import df_to_dict, pad_sequences


def negative_sample(items_cnt_order: Mapping[Any, int], ratio: int, method_id: int = 0) -> Array:
    """`ratio` items drawn with replacement.

    Args:
        items_cnt_order: how often each item occurs, the most frequent first.
        method_id: 0 uniformly; 1 by the count to the power .75 (word2vec); 2 by log(count + 1) + 1e-6; 3 by (log(r + 2) - log(r + 1)) / log(n + 1) of the item's rank r from 0
            (Tencent RALM).

    Draws by NumPy's global generator. Raises ValueError for another method.
    """
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

    Returns two shuffled DataFrames, of training and test rows: user_col, item_col, "hist_" + item_col (a list, oldest first), "histlen_" + item_col, attributes, and label or
    neg_items. Draws by NumPy's global generator. Raises ValueError for another mode or a neg_ratio that mode 2 cannot use.
    """
    import pandas as pd

    if mode not in (0, 1, 2):
        raise ValueError(f"mode should be 0, 1 or 2, got {mode!r}")
    if neg_ratio < 0 or (mode == 2 and neg_ratio == 0):
        raise ValueError(f"neg_ratio should be {1 if mode == 2 else 0} or more in mode {mode}, got {neg_ratio}")
    attributes = list(item_attribute_cols or [])
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


def _queries(v: Any, dim: int) -> Array:
    """[dim] or [queries, dim] as [queries, dim]."""
    vectors = as_array(v, "the query")
    return as_vectors(vectors[None] if vectors.ndim == 1 else vectors, "the query", dim)


def _count(n: Any, size: int) -> int:
    """So many of the vectors there are."""
    return min(as_whole_number(n, "n", least=1), size)


def _fitted(index: Any, name: str) -> Any:
    if index is None:
        raise ValueError(f"this {name} holds no vectors yet: call fit first")
    return index


class Annoy:
    """Approximate search with Annoy (pip install annoy)."""

    def __init__(self, metric: str = "angular", n_trees: int = 10, search_k: int = -1) -> None:
        importlib.import_module("annoy")  # missing, it is missed here, not in fit
        self._metric, self._n_trees, self._search_k = metric, n_trees, search_k
        self._index: Any = None

    def fit(self, X: Any) -> None:
        """Vectors [n, dim] to search. Raises ValueError for another shape, for none, and for numbers that are not finite."""
        vectors = as_vectors(X, "X")
        self._index = AnnoyBuilder(vectors.shape[1], self._metric, n_trees=self._n_trees).build(vectors).index

    def set_query_arguments(self, search_k: int) -> None:
        """Nodes that a query looks at; -1: trees x n."""
        self._search_k = search_k

    def query(self, v: Any, n: int) -> tuple[list[int], list[float]]:
        """Places of the n vectors nearest to v [dim], fewer where there are not as many, and their distances. Raises ValueError before fit, for another width, for numbers that are
        not finite, and for n below 1."""
        index = _fitted(self._index, "Annoy")
        places, distances = index.get_nns_by_vector(_queries(v, index.f)[0], _count(n, index.get_n_items()), self._search_k, include_distances=True)
        return places, distances

    def __str__(self) -> str:
        return f"Annoy(n_trees={self._n_trees}, search_k={self._search_k})"


class Faiss:
    """Search with FAISS (pip install faiss-cpu): index_type "flat", "ivf" with nlist cells or "hnsw" with m links, metric "l2" or "ip"."""

    def __init__(self, dim: int, index_type: str = "flat", nlist: int = 100, m: int = 32, metric: str = "l2") -> None:
        self.dim, self.index_type, self.nlist, self.metric = dim, index_type.lower(), nlist, metric.lower()
        kind = "Flat" if self.index_type == "flat" else self.index_type.upper()
        nprobe = max(1, nlist // 4) if self.index_type == "ivf" else None
        self.index = FaissBuilder(kind, self.metric.upper(), m=m, nlists=nlist, nprobe=nprobe).empty(dim)

    def fit(self, X: Any) -> None:
        """Vectors [n, dim] to search. Raises ValueError for another shape, for none, and for numbers that are not finite."""
        vectors = as_vectors(X, "X", self.dim)
        self.index.train(vectors)
        self.index.add(vectors)

    def query(self, v: Any, n: int) -> tuple[list[list[int]], list[list[float]]]:
        """Places of the n vectors nearest to each of v [dim] or [queries, dim], fewer where there are not as many, and their distances (or products). Raises ValueError before fit,
        for another width, for numbers that are not finite, and for n below 1."""
        index = _fitted(self.index if self.index.ntotal > 0 else None, "Faiss")
        distances, places = index.search(_queries(v, self.dim), _count(n, index.ntotal))
        found = [row >= 0 for row in places]  # an approximate index may end a row with -1
        return [row[known].tolist() for row, known in zip(places, found)], [row[known].tolist() for row, known in zip(distances, found)]

    def set_query_arguments(self, nprobe: int | None = None, efSearch: int | None = None) -> None:
        """How much a query looks at: cells of "ivf" (nprobe), candidates of "hnsw" (efSearch). What the index has not is left alone."""
        if self.index_type == "ivf" and nprobe is not None:
            self.index.nprobe = min(nprobe, self.nlist)
        if self.index_type == "hnsw" and efSearch is not None:
            self.index.hnsw.efSearch = efSearch

    def save_index(self, filepath: str) -> None:
        """Writes the index as FAISS does."""
        importlib.import_module("faiss").write_index(self.index, filepath)

    def load_index(self, filepath: str) -> None:
        """Reads what save_index wrote. Raises ValueError for vectors of another width."""
        index = importlib.import_module("faiss").read_index(filepath)
        if index.d != self.dim:
            raise ValueError(f"{filepath} holds vectors {index.d} wide, this Faiss takes {self.dim}")
        self.index = index

    def __str__(self) -> str:
        return f"Faiss(index_type={self.index_type}, dim={self.dim}, metric={self.metric}, ntotal={self.index.ntotal})"


class Milvus:
    """Search with a Milvus server (pip install pymilvus), in its collection "rechub", which is made anew."""

    def __init__(self, dim: int = 64, host: str = "localhost", port: str = "19530") -> None:
        self._builder = MilvusBuilder(dim, metric="L2", host=host, port=int(port))
        self._indexer: Any = None
        self._size = 0

    def fit(self, X: Any) -> None:
        """Vectors [n, dim] to search. Raises ValueError for another shape, for none, and for numbers that are not finite."""
        vectors = as_vectors(X, "X")
        self._indexer, self._size = self._builder.build(vectors), len(vectors)

    def query(self, v: Any, n: int) -> tuple[list[list[int]], list[list[float]]]:
        """Places of the n vectors nearest to each of v [queries, dim], fewer where there are not as many, and their distances. Raises ValueError as Faiss.query does."""
        indexer = _fitted(self._indexer, "Milvus")
        places, distances = indexer.query(_queries(v, indexer.dim), _count(n, self._size))
        return places.tolist(), distances.tolist()
