"""FAISS behind the interface of rechub.serving."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator
from typing import Any

from rechub.serving._vectors import Vectors, as_searched
from rechub.serving.base import BaseIndexer, existing_file


class FaissBuilder:
    """FAISS (pip install faiss-cpu): index_type "Flat", "HNSW" with m links or "IVF" with nlists cells, metric "L2" or "IP"."""

    def __init__(
        self, index_type: str = "Flat", metric: str = "L2", *, m: int = 32, nlists: int = 100, efSearch: int | None = None, nprobe: int | None = None
    ) -> None:
        specs = {"Flat": "Flat", "HNSW": f"HNSW{m},Flat", "IVF": f"IVF{nlists},Flat"}
        if index_type not in specs or metric not in ("L2", "IP"):
            raise ValueError(f"index_type should be Flat, HNSW or IVF and metric L2 or IP, got {index_type!r} and {metric!r}")
        self._spec, self._metric, self._effort = specs[index_type], metric, {"efSearch": efSearch, "nprobe": nprobe}

    def empty(self, dim: int) -> Any:
        """FAISS's own index for vectors of a width, without any yet."""
        faiss = _faiss()
        index = faiss.index_factory(dim, self._spec, faiss.METRIC_L2 if self._metric == "L2" else faiss.METRIC_INNER_PRODUCT)
        for name, value in self._effort.items():
            if value is not None:
                faiss.ParameterSpace().set_index_parameter(index, name, value)
        return index

    @contextlib.contextmanager
    def from_embeddings(self, embeddings: Any) -> Iterator[BaseIndexer]:
        """As a context: an indexer over vectors [n, d], n of 1 or more, and of nlists or more for IVF. ValueError for others, naming the row."""
        vectors = as_searched(embeddings, "embeddings")
        index = self.empty(vectors.shape[1])
        fill(index, vectors, "embeddings")
        yield FaissIndexer(index)

    @contextlib.contextmanager
    def from_index_file(self, index_file: str | os.PathLike[str]) -> Iterator[BaseIndexer]:
        """As a context: the indexer that save wrote; the file tells its kind, width and metric. PathNotFoundError without the file, ValueError for one that FAISS cannot read."""
        yield FaissIndexer(read_index(index_file))


class FaissIndexer(BaseIndexer):
    """Of one of FAISS's own indexes."""

    def __init__(self, index: Any) -> None:
        super().__init__(index.d, index.ntotal)
        self._index = index

    def _search(self, vectors: Vectors, top_k: int) -> tuple[Any, Any]:
        distances, places = self._index.search(vectors, top_k)
        return places, distances

    def save(self, file_path: str | os.PathLike[str]) -> None:
        """Writes the index as FAISS's own file. FAISS's RuntimeError where it cannot be written."""
        _faiss().write_index(self._index, os.fspath(file_path))


def fill(index: Any, vectors: Vectors, name: str) -> None:
    """Trains one of FAISS's indexes on vectors and adds them. ValueError for fewer than it has cells."""
    cells = getattr(index, "nlist", 1)
    if len(vectors) < cells:
        raise ValueError(f"{name}: expected {cells} vectors or more, as many as the index has cells, got {len(vectors)}")
    index.train(vectors)
    index.add(vectors)


def read_index(file_path: str | os.PathLike[str]) -> Any:
    """FAISS's own index of a file. PathNotFoundError without the file, ValueError for one that FAISS cannot read."""
    path = existing_file(file_path)
    try:
        return _faiss().read_index(path)
    except RuntimeError as error:
        raise ValueError(f"{path}: FAISS cannot read this file as an index") from error


def _faiss() -> Any:
    return importlib.import_module("faiss")
