"""Indexes over vectors with Annoy, FAISS and Milvus, behind one interface, as in Torch-RecHub's package of that name. RecHub's own are built by `rechub index` and served by
`rechub serve`."""

from __future__ import annotations

from typing import Any

from rechub.serving.annoy import AnnoyBuilder
from rechub.serving.faiss import FaissBuilder
from rechub.serving.milvus import MilvusBuilder

__all__ = ["AnnoyBuilder", "FaissBuilder", "MilvusBuilder", "builder_factory"]


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
