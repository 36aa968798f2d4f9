"""Annoy behind the interface of rechub.serving."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from rechub._data import as_whole_number
from rechub.serving._vectors import Vectors, as_searched
from rechub.serving.base import BaseIndexer, existing_file


class AnnoyBuilder:
    """Annoy (pip install annoy): d wide, metric "angular", "euclidean" or "dot"; searchk nodes a query looks at, -1: trees x top_k."""

    def __init__(self, d: int, metric: str = "angular", *, n_trees: int = 10, threads: int = -1, searchk: int = -1) -> None:
        annoy: Any = importlib.import_module("annoy")
        self._d = as_whole_number(d, "d", 1)
        self._make: Any = lambda: annoy.AnnoyIndex(self._d, metric)
        self._n_trees, self._threads, self._searchk = n_trees, threads, searchk

    def build(self, embeddings: Any) -> AnnoyIndexer:
        """An index over vectors [n, d], n of 1 or more. ValueError for others, naming the row."""
        vectors = as_searched(embeddings, "embeddings", self._d)
        index = self._make()
        index.set_seed(1)
        for place, vector in enumerate(vectors):
            index.add_item(place, vector)
        index.build(self._n_trees, n_jobs=self._threads)
        return AnnoyIndexer(index, self._searchk)

    @contextlib.contextmanager
    def from_embeddings(self, embeddings: Any) -> Iterator[BaseIndexer]:
        """As a context: an indexer over vectors [n, d], n of 1 or more, until the context ends. ValueError for others, naming the row."""
        indexer = self.build(embeddings)
        yield indexer
        indexer.index.unload()

    @contextlib.contextmanager
    def from_index_file(self, index_file: str | os.PathLike[str]) -> Iterator[BaseIndexer]:
        """As a context: the indexer that save wrote, of the same d and metric, which it does not tell. PathNotFoundError without the file, ValueError for one of another d."""
        path, index = existing_file(index_file), self._make()
        try:
            index.load(path)
        except OSError as error:
            raise ValueError(f"{path}: this is no Annoy index of vectors of width {self._d}: {error}") from error
        yield AnnoyIndexer(index, self._searchk)
        index.unload()


class AnnoyIndexer(BaseIndexer):
    """Of one of Annoy's own indexes; searchk nodes a query looks at, -1: trees x top_k."""

    def __init__(self, index: Any, searchk: int) -> None:
        super().__init__(index.f, index.get_n_items())
        self.index, self.searchk = index, searchk

    def _search(self, vectors: Vectors, top_k: int) -> tuple[Any, Any]:
        places, distances = np.full((len(vectors), top_k), -1, dtype=np.int64), np.full((len(vectors), top_k), np.inf, dtype=np.float32)
        for row, vector in enumerate(vectors):
            found = self.index.get_nns_by_vector(vector, top_k, self.searchk, include_distances=True)
            places[row, : len(found[0])], distances[row, : len(found[0])] = found
        return places, distances

    def save(self, file_path: str | os.PathLike[str]) -> None:
        """Writes the file that from_index_file reads. OSError where it cannot be written."""
        self.index.save(os.fspath(file_path))
