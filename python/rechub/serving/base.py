"""What the builders of rechub.serving make."""

from __future__ import annotations

import os
from typing import Any

from rechub._data import as_whole_number
from rechub._errors import PathNotFoundError
from rechub.serving._vectors import Vectors, as_vectors


class BaseIndexer:
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


def existing_file(file_path: str | os.PathLike[str]) -> str:
    """The path of a file; PathNotFoundError where there is no such file."""
    if not os.path.isfile(file_path):
        raise PathNotFoundError(f"{os.fspath(file_path)}: there is no such index file")
    return os.fspath(file_path)
