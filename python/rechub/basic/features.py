"""What a column of the data is to a model of rechub.models.matching.

Ids are rows of vocab_size as they are, 0 to vocab_size - 1; nothing is renumbered. In lists 0 is padding: it is taken off both ends, and refused inside.
"""

from __future__ import annotations

import abc
from typing import Any

from rechub._data import as_whole_number


def get_auto_embedding_dim(num_classes: int) -> int:
    """Width of the embedding of a feature with so many ids: 6 x their fourth root, rounded down (Wang et al., ADKDD 2017)."""
    return int(6 * num_classes**0.25)


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"a feature's name is a text that is not empty, got {value!r}")
    return value


class Feature(abc.ABC):
    """What all features are: a column by its name, `embed_dim` numbers wide to a model."""

    name: str
    embed_dim: int

    @abc.abstractmethod
    def __repr__(self) -> str: ...


class _Embedded(Feature):
    def __init__(self, name: str, vocab_size: int, embed_dim: int | None, shared_with: str | None, padding_idx: int | None, initializer: Any) -> None:
        self.name = _name(name)
        self.vocab_size = as_whole_number(vocab_size, f"{self.name}: vocab_size", 1)
        self.embed_dim = get_auto_embedding_dim(self.vocab_size) if embed_dim is None else as_whole_number(embed_dim, f"{self.name}: embed_dim", 1)
        self.shared_with = None if shared_with is None else _name(shared_with)
        if padding_idx not in (None, 0):
            raise ValueError(f"{self.name}: padding_idx should be None or 0, got {padding_idx!r}; 0 is what pads lists")
        self.padding_idx = padding_idx
        if initializer is not None:
            raise ValueError(f"{self.name}: initializer should be None: a model draws its tables by the trainer's seed, at the scale of their width")
        self.initializer = None

    def __repr__(self) -> str:
        shared = f", shared_with={self.shared_with!r}" if self.shared_with else ""
        return f"{type(self).__name__}({self.name!r}, vocab_size={self.vocab_size}, embed_dim={self.embed_dim}{shared})"


class SparseFeature(_Embedded):
    """One id a row, embedded.

    Args:
        name: of the column.
        vocab_size: ids are 0 to vocab_size - 1.
        embed_dim: width of the embedding; None: 6 x the fourth root of vocab_size.
        shared_with: a feature of equal vocab_size and embed_dim whose table it uses.
        padding_idx, initializer: as Torch-RecHub has them; None, or 0 for the former.

    Raises ValueError for a value out of range.
    """

    def __init__(
        self,
        name: str,
        vocab_size: int,
        embed_dim: int | None = None,
        shared_with: str | None = None,
        padding_idx: int | None = None,
        initializer: Any = None,
    ) -> None:
        super().__init__(name, vocab_size, embed_dim, shared_with, padding_idx, initializer)


class SequenceFeature(_Embedded):
    """A list of ids a row, oldest first: [rows, length] padded with 0 at either end, or a list of lists of any lengths.

    A user's list of item ids is the history, each id read with all that is known of the item. It names the item's id feature in shared_with; where it names none, it is tied to
    the item feature of equal vocab_size and embed_dim, and a message says so. Any other list is pooled to one vector.

    Args:
        pooling: "mean", "sum" or "max"; None and "concat" leave it to the model: sequence models read the list, others take the mean.
        others: as for SparseFeature.
    """

    def __init__(
        self,
        name: str,
        vocab_size: int,
        embed_dim: int | None = None,
        pooling: str | None = "mean",
        shared_with: str | None = None,
        padding_idx: int | None = None,
        initializer: Any = None,
    ) -> None:
        super().__init__(name, vocab_size, embed_dim, shared_with, padding_idx, initializer)
        if pooling not in ("mean", "sum", "max", "concat", None):
            raise ValueError(f"{self.name}: pooling should be mean, sum, max, concat or None, got {pooling!r}")
        self.pooling = pooling


class DenseFeature(Feature):
    """`embed_dim` numbers a row: [rows] or [rows, embed_dim]. One number is standardised over the training rows."""

    def __init__(self, name: str, embed_dim: int = 1) -> None:
        self.name = _name(name)
        self.embed_dim = as_whole_number(embed_dim, f"{self.name}: embed_dim", 1)

    def __repr__(self) -> str:
        return f"DenseFeature({self.name!r}, embed_dim={self.embed_dim})"
