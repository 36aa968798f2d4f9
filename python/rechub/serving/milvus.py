"""Milvus behind the interface of rechub.serving."""

from __future__ import annotations

import contextlib
import importlib
import os
import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np

from rechub._data import as_whole_number
from rechub.serving._vectors import Vectors, as_searched
from rechub.serving.base import BaseIndexer


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

    def build(self, embeddings: Any, name: str = "embeddings") -> MilvusIndexer:
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
        return MilvusIndexer(client, collection, self._querying, self._d, len(vectors))

    @contextlib.contextmanager
    def from_embeddings(self, embeddings: Any) -> Iterator[BaseIndexer]:
        """As a context: an indexer over a new collection of vectors [n, d], n of 1 or more, dropped when the context ends. ValueError for others, naming the row."""
        indexer = self.build(embeddings)
        try:
            yield indexer
        finally:
            indexer.close()

    def from_index_file(self, index_file: str | os.PathLike[str]) -> Any:
        """Always NotImplementedError: Milvus keeps its indexes itself."""
        raise NotImplementedError("Milvus keeps its indexes itself: there are no index files")


class MilvusIndexer(BaseIndexer):
    """Of a collection that a builder made."""

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
        """Always NotImplementedError: Milvus keeps its indexes itself."""
        raise NotImplementedError("Milvus keeps its indexes itself: there are no index files")

    def close(self) -> None:
        """Drops the collection."""
        self._client.drop_collection(self._collection)
        self._client.close()
