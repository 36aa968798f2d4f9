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

from rechub._data import as_array, as_whole_number


def builder_factory(model: str, **builder_config: Any) -> AnnoyBuilder | FaissBuilder | MilvusBuilder:
    """A builder by name: "annoy", "faiss" or "milvus", with the arguments of its class."""
    builders: dict[str, Any] = {"annoy": AnnoyBuilder, "faiss": FaissBuilder, "milvus": MilvusBuilder}
    if model not in builders:
        raise NotImplementedError(f"there is no builder '{model}'; there are {', '.join(builders)}")
    builder: AnnoyBuilder | FaissBuilder | MilvusBuilder = builders[model](**builder_config)
    return builder


class Indexer:
    """What a builder made, over vectors `dim` wide. query gives torch tensors for torch tensors, NumPy arrays for others."""

    dim: int

    def query(self, embeddings: Any, top_k: int) -> tuple[Any, Any]:
        """The top_k nearest vectors of each row of embeddings [n, dim]: their places, int64 [n, top_k], and distances, float32 [n, top_k]. Where an index holds fewer, places
        of -1 end a row.

        Raises ValueError for embeddings of another width, with numbers that are not finite, or none, and for a top_k below 1.
        """
        places, distances = self._search(as_vectors(embeddings, "queries", self.dim), as_whole_number(top_k, "top_k", least=1))
        if not hasattr(embeddings, "detach"):
            return places, distances
        import torch

        return torch.from_numpy(places), torch.from_numpy(distances)

    def _search(self, vectors: np.ndarray[Any, Any], top_k: int) -> tuple[Any, Any]:
        raise NotImplementedError

    def save(self, file_path: str | os.PathLike[str]) -> None:
        """Writes the index as its library does, to be read by the builder's from_index_file. NotImplementedError for Milvus, which keeps its indexes itself."""
        raise NotImplementedError


def as_vectors(values: Any, name: str = "vectors", dim: int | None = None) -> np.ndarray[Any, Any]:
    """Arrays, torch tensors and lists as float32 [n, dim] in C order. ValueError names `name`, and a row: other shapes, other widths, no vectors, numbers that are not finite."""
    array = as_array(values, name)
    wanted = f"[n, {dim or 'dim'}]"
    if array.ndim != 2 or 0 in array.shape or (dim is not None and array.shape[1] != dim):
        raise ValueError(f"{name} should be {wanted} with n and dim of 1 or more, got {list(array.shape)}")
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} should be numbers {wanted}, got {array.dtype}")
    vectors = np.ascontiguousarray(array, dtype=np.float32)
    wrong = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(wrong):
        raise ValueError(f"{name}, row {wrong[0]} (from 0): {array[wrong[0]][~np.isfinite(vectors[wrong[0]])][0]} is not a finite number")
    return vectors


class AnnoyBuilder:
    """Annoy (pip install annoy): d wide, metric "angular", "euclidean" or "dot"; searchk nodes a query looks at, -1: trees x top_k."""

    def __init__(self, d: int, metric: str = "angular", *, n_trees: int = 10, threads: int = -1, searchk: int = -1) -> None:
        annoy: Any = importlib.import_module("annoy")
        self._make: Any = lambda: annoy.AnnoyIndex(d, metric)
        self._n_trees, self._threads, self._searchk = n_trees, threads, searchk

    def build(self, embeddings: Any) -> _AnnoyIndexer:
        """An index over vectors [n, d]. Raises ValueError for vectors of another shape, without any, and with numbers that are not finite."""
        index = self._make()
        index.set_seed(1)
        for place, vector in enumerate(as_vectors(embeddings, dim=index.f)):
            index.add_item(place, vector)
        index.build(self._n_trees, n_jobs=self._threads)
        return _AnnoyIndexer(index, self._searchk)

    @contextlib.contextmanager
    def from_embeddings(self, embeddings: Any) -> Iterator[Indexer]:
        """An index over vectors [n, d], for a `with` block."""
        indexer = self.build(embeddings)
        yield indexer
        indexer.index.unload()

    @contextlib.contextmanager
    def from_index_file(self, index_file: str | os.PathLike[str]) -> Iterator[Indexer]:
        """An index that was saved, for a `with` block."""
        index = self._make()
        index.load(os.fspath(index_file))
        yield _AnnoyIndexer(index, self._searchk)
        index.unload()


class _AnnoyIndexer(Indexer):
    def __init__(self, index: Any, searchk: int) -> None:
        self.index, self.searchk, self.dim = index, searchk, index.f

    def _search(self, vectors: np.ndarray[Any, Any], top_k: int) -> tuple[Any, Any]:
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
        """An index over vectors [n, d], for a `with` block. Raises ValueError as AnnoyBuilder.build does."""
        vectors = as_vectors(embeddings)
        index = self.empty(vectors.shape[1])
        index.train(vectors)
        index.add(vectors)
        yield _FaissIndexer(index)

    @contextlib.contextmanager
    def from_index_file(self, index_file: str | os.PathLike[str]) -> Iterator[Indexer]:
        """An index that was saved, for a `with` block."""
        yield _FaissIndexer(_faiss().read_index(os.fspath(index_file)))


class _FaissIndexer(Indexer):
    def __init__(self, index: Any) -> None:
        self._index, self.dim = index, index.d

    def _search(self, vectors: np.ndarray[Any, Any], top_k: int) -> tuple[Any, Any]:
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
        self._d, self._name, self._uri = d, name, uri or f"http://{host}:{port}"
        self._pymilvus: Any = importlib.import_module("pymilvus")
        self._building = {"index_type": index_type, "metric_type": metric, "params": building[index_type]}
        self._querying = {"metric_type": metric, "params": {name: value for name, value in (("ef", ef), ("nprobe", nprobe)) if value is not None}}

    def build(self, embeddings: Any) -> _MilvusIndexer:
        """A new collection of vectors [n, d]; the caller closes the indexer. Raises ValueError as AnnoyBuilder.build does."""
        vectors = as_vectors(embeddings, dim=self._d)
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
        return _MilvusIndexer(client, collection, self._querying, self._d)

    @contextlib.contextmanager
    def from_embeddings(self, embeddings: Any) -> Iterator[Indexer]:
        """A collection of vectors [n, d] for a `with` block, dropped at its end."""
        indexer = self.build(embeddings)
        try:
            yield indexer
        finally:
            indexer.close()

    def from_index_file(self, index_file: str | os.PathLike[str]) -> Any:
        """NotImplementedError: there are no index files."""
        raise NotImplementedError("Milvus keeps its indexes itself: there are no index files")


class _MilvusIndexer(Indexer):
    def __init__(self, client: Any, collection: str, querying: dict[str, Any], dim: int) -> None:
        self._client, self._collection, self._querying, self.dim = client, collection, querying, dim

    def _search(self, vectors: np.ndarray[Any, Any], top_k: int) -> tuple[Any, Any]:
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
