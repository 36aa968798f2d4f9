"""Indexes over vectors with Annoy, FAISS and Milvus, behind one interface, as in Torch-RecHub's package of that name. RecHub's own are built by `rechub index` and served by
`rechub serve`."""

from __future__ import annotations

import contextlib
import importlib
import os
import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np

from rechub._data import as_whole_number
from rechub._errors import PathNotFoundError
from rechub.serving._vectors import Vectors, as_searched, as_vectors


def builder_factory(model: str, **builder_config: Any) -> AnnoyBuilder | FaissBuilder | MilvusBuilder:
    """A builder by name: "annoy", "faiss" or "milvus", with the arguments of its class.

    Raises NotImplementedError for another name, ImportError where the library of that name is not installed, and what the class raises: TypeError for an argument that it has
    not, ValueError for one out of range.
    """
    builders: dict[str, Any] = {"annoy": AnnoyBuilder, "faiss": FaissBuilder, "milvus": MilvusBuilder}
    if model not in builders:
        raise NotImplementedError(f"there is no builder '{model}'; there are {', '.join(builders)}")
    builder: AnnoyBuilder | FaissBuilder | MilvusBuilder = builders[model](**builder_config)
    return builder


class Indexer:
    """What a builder made of `size` vectors, `dim` wide. query gives torch tensors for torch tensors, NumPy arrays for others."""

    def __init__(self, dim: int, size: int) -> None:
        self.dim, self.size = dim, size

    def query(self, embeddings: Any, top_k: int) -> tuple[Any, Any]:
        """The top_k nearest vectors of each row of embeddings [n, dim]: their places, int64 [n, k], and distances, float32 [n, k], nearest first; k = min(top_k, size).

        Distances are in the unit of the builder's metric; products and cosines fall. Where an approximate search finds fewer than k, the row ends in places of -1.
        Raises ValueError for embeddings of another shape or width or with numbers that are not finite, and for a top_k below 1.
        """
        vectors = as_vectors(embeddings, "embeddings", self.dim)
        places, distances = self._search(vectors, min(as_whole_number(top_k, "top_k", 1), self.size))
        if not hasattr(embeddings, "detach"):
            return places, distances
        import torch

        return torch.from_numpy(places), torch.from_numpy(distances)

    def _search(self, vectors: Vectors, top_k: int) -> tuple[Any, Any]:
        raise NotImplementedError

    def save(self, file_path: str | os.PathLike[str]) -> None:
        """Writes the index as a file that the builder's from_index_file reads. NotImplementedError of Milvus, which keeps its indexes itself; OSError or, of FAISS, RuntimeError
        where the file cannot be written."""
        raise NotImplementedError


def _existing(file_path: str | os.PathLike[str]) -> str:
    """PathNotFoundError where there is no such file."""
    if not os.path.isfile(file_path):
        raise PathNotFoundError(f"{os.fspath(file_path)}: there is no such index file")
    return os.fspath(file_path)


class AnnoyBuilder:
    """Annoy (pip install annoy): d wide, metric "angular", "euclidean" or "dot"; searchk nodes a query looks at, -1: trees x top_k."""

    def __init__(self, d: int, metric: str = "angular", *, n_trees: int = 10, threads: int = -1, searchk: int = -1) -> None:
        annoy: Any = importlib.import_module("annoy")
        self._d = as_whole_number(d, "d", 1)
        self._make: Any = lambda: annoy.AnnoyIndex(self._d, metric)
        self._n_trees, self._threads, self._searchk = n_trees, threads, searchk

    def build(self, embeddings: Any) -> _AnnoyIndexer:
        """An index over vectors [n, d], n of 1 or more. ValueError for others, naming the row."""
        vectors = as_searched(embeddings, "embeddings", self._d)
        index = self._make()
        index.set_seed(1)
        for place, vector in enumerate(vectors):
            index.add_item(place, vector)
        index.build(self._n_trees, n_jobs=self._threads)
        return _AnnoyIndexer(index, self._searchk)

    @contextlib.contextmanager
    def from_embeddings(self, embeddings: Any) -> Iterator[Indexer]:
        """As a context: an Indexer over vectors [n, d], n of 1 or more, until the context ends. ValueError for others, naming the row."""
        indexer = self.build(embeddings)
        yield indexer
        indexer.index.unload()

    @contextlib.contextmanager
    def from_index_file(self, index_file: str | os.PathLike[str]) -> Iterator[Indexer]:
        """As a context: the Indexer that save wrote, of the same d and metric, which it does not tell. PathNotFoundError without the file, ValueError for one of another d."""
        path, index = _existing(index_file), self._make()
        try:
            index.load(path)
        except OSError as error:
            raise ValueError(f"{path}: this is no Annoy index of vectors of width {self._d}: {error}") from error
        yield _AnnoyIndexer(index, self._searchk)
        index.unload()


class _AnnoyIndexer(Indexer):
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
        self.index.save(os.fspath(file_path))


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
    def from_embeddings(self, embeddings: Any) -> Iterator[Indexer]:
        """As a context: an Indexer over vectors [n, d], n of 1 or more, and of nlists or more for IVF. ValueError for others, naming the row."""
        vectors = as_searched(embeddings, "embeddings")
        index = self.empty(vectors.shape[1])
        _fill(index, vectors, "embeddings")
        yield _FaissIndexer(index)

    @contextlib.contextmanager
    def from_index_file(self, index_file: str | os.PathLike[str]) -> Iterator[Indexer]:
        """As a context: the Indexer that save wrote; the file tells its kind, width and metric. PathNotFoundError without the file, ValueError for one that FAISS cannot read."""
        yield _FaissIndexer(_read_faiss(index_file))


def _fill(index: Any, vectors: Vectors, name: str) -> None:
    """Trains one of FAISS's indexes on vectors and adds them. ValueError for fewer than it has cells."""
    cells = getattr(index, "nlist", 1)
    if len(vectors) < cells:
        raise ValueError(f"{name}: expected {cells} vectors or more, as many as the index has cells, got {len(vectors)}")
    index.train(vectors)
    index.add(vectors)


def _read_faiss(file_path: str | os.PathLike[str]) -> Any:
    """FAISS's own index of a file. PathNotFoundError without the file, ValueError for one that FAISS cannot read."""
    path = _existing(file_path)
    try:
        return _faiss().read_index(path)
    except RuntimeError as error:
        raise ValueError(f"{path}: FAISS cannot read this file as an index") from error


class _FaissIndexer(Indexer):
    def __init__(self, index: Any) -> None:
        super().__init__(index.d, index.ntotal)
        self._index = index

    def _search(self, vectors: Vectors, top_k: int) -> tuple[Any, Any]:
        distances, places = self._index.search(vectors, top_k)
        return places, distances

    def save(self, file_path: str | os.PathLike[str]) -> None:
        _faiss().write_index(self._index, os.fspath(file_path))


class MilvusBuilder:
    """Milvus (pip install pymilvus): d wide, index_type "FLAT", "HNSW" with m links or "IVF_FLAT" with nlist cells, metric "COSINE", "IP" or "L2". `uri` in place of host and
    port, also the path of a file for milvus-lite. from_embeddings drops its collection at the end."""

    def __init__(
        self,
        d: int,
        index_type: str = "FLAT",
        metric: str = "COSINE",
        *,
        m: int = 30,
        nlist: int = 128,
        ef: int | None = None,
        nprobe: int | None = None,
        name: str = "rechub",
        host: str = "localhost",
        port: int = 19530,
        uri: str | None = None,
    ) -> None:
        building: dict[str, dict[str, int]] = {"FLAT": {}, "HNSW": {"M": m, "efConstruction": 200}, "IVF_FLAT": {"nlist": nlist}}
        if index_type not in building or metric not in ("COSINE", "IP", "L2"):
            raise ValueError(f"index_type should be FLAT, HNSW or IVF_FLAT and metric COSINE, IP or L2, got {index_type!r} and {metric!r}")
        self._d, self._name, self._uri = as_whole_number(d, "d", 1), name, uri or f"http://{host}:{port}"
        self._pymilvus: Any = importlib.import_module("pymilvus")
        self._building = {"index_type": index_type, "metric_type": metric, "params": building[index_type]}
        self._querying = {"metric_type": metric, "params": {name: value for name, value in (("ef", ef), ("nprobe", nprobe)) if value is not None}}

    def build(self, embeddings: Any, name: str = "embeddings") -> _MilvusIndexer:
        """A new collection of vectors [n, d], n of 1 or more; the caller closes the indexer. ValueError for others, naming the row."""
        vectors = as_searched(embeddings, name, self._d)
        client = self._pymilvus.MilvusClient(self._uri)
        collection = f"{self._name}_{uuid.uuid4().hex}"
        schema = client.create_schema()
        schema.add_field("id", self._pymilvus.DataType.INT64, is_primary=True)
        schema.add_field("embedding", self._pymilvus.DataType.FLOAT_VECTOR, dim=self._d)
        index = client.prepare_index_params()
        index.add_index("embedding", **self._building)
        client.create_collection(collection, schema=schema, index_params=index)
        client.insert(collection, [{"id": place, "embedding": vector} for place, vector in enumerate(vectors)])
        client.load_collection(collection)
        return _MilvusIndexer(client, collection, self._querying, self._d, len(vectors))

    @contextlib.contextmanager
    def from_embeddings(self, embeddings: Any) -> Iterator[Indexer]:
        """As a context: an Indexer over a new collection of vectors [n, d], n of 1 or more, dropped when the context ends. ValueError for others, naming the row."""
        indexer = self.build(embeddings)
        try:
            yield indexer
        finally:
            indexer.close()

    def from_index_file(self, index_file: str | os.PathLike[str]) -> Any:
        """Always NotImplementedError: Milvus keeps its indexes itself."""
        raise NotImplementedError("Milvus keeps its indexes itself: there are no index files")


class _MilvusIndexer(Indexer):
    def __init__(self, client: Any, collection: str, querying: dict[str, Any], dim: int, size: int) -> None:
        super().__init__(dim, size)
        self._client, self._collection, self._querying = client, collection, querying

    def _search(self, vectors: Vectors, top_k: int) -> tuple[Any, Any]:
        found = self._client.search(self._collection, data=list(vectors), limit=top_k, search_params=self._querying, consistency_level="Strong")
        places, distances = np.full((len(vectors), top_k), -1, dtype=np.int64), np.full((len(vectors), top_k), np.inf, dtype=np.float32)
        for row, hits in enumerate(found):
            for rank, hit in enumerate(hits):
                places[row, rank], distances[row, rank] = hit["id"], hit["distance"]
        return places, distances

    def save(self, file_path: str | os.PathLike[str]) -> None:
        raise NotImplementedError("Milvus keeps its indexes itself: there are no index files")

    def close(self) -> None:
        """Drops the collection."""
        self._client.drop_collection(self._collection)
        self._client.close()


def _faiss() -> Any:
    return importlib.import_module("faiss")
