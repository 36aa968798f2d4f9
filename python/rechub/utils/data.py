"""Training rows and how they are gone through."""

from __future__ import annotations

import glob
import importlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from rechub._data import as_names, as_whole_number, is_path, one_or_several
from rechub._errors import PathNotFoundError
from rechub._runtime import engine
from rechub.basic.features import get_auto_embedding_dim as get_auto_embedding_dim
from rechub.utils._columns import Array, Columns, as_arrays, as_column


class DataLoader:
    """Rows to learn from, judge or embed, for MatchTrainer. Iterating gives batches as torch tensors: a dict of columns, with labels a pair of it and them.

    x: the columns as they were given. y: float32 [rows], or None.
    """

    def __init__(self, x: Columns, y: Any, handle: Any, batch_size: int, num_workers: int = 0, catalogue: Columns | None = None, shuffle: bool = False) -> None:
        self.x, self.y = x.given, y
        self.batch_size, self.num_workers = batch_size, num_workers
        self.columns, self.catalogue = x, catalogue
        self._handle, self._shuffle = handle, shuffle

    @property
    def num_rows(self) -> int:
        """Rows of all batches together."""
        return self.columns.num_rows()

    def __len__(self) -> int:
        """Batches."""
        return -(-self.num_rows // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        import torch

        rows = np.random.permutation(self.num_rows) if self._shuffle else np.arange(self.num_rows)
        columns = {name: as_arrays(values, name) for name, values in self.x.items() if name in self.columns}
        labels = None if self.y is None else as_arrays(self.y, "y")
        for begin in range(0, self.num_rows, self.batch_size):
            some = rows[begin : begin + self.batch_size]
            batch = {name: torch.as_tensor(_taken(values, some)) for name, values in columns.items()}
            yield batch if labels is None else (batch, torch.as_tensor(_taken(labels, some)))


class MatchDataGenerator:
    """Training rows: columns of users and items by feature name, and a label a row (clicked or not, or a weight). Without labels every row is a wanted pair.

    Args:
        x: a dict of columns (NumPy arrays, torch tensors, pandas Series, lists), a pandas or polars DataFrame, a pyarrow Table, or Parquet files. Columns of int32, int64,
            float32 and float64 are read where they lie, without a copy; they must not change while a loader is in use. A list column is [rows, length], padded with 0, or a list
            of lists.
        y: labels [rows], 0 or more; empty or None: none.

    Raises ValueError where columns differ in rows or hold no numbers, and for a label that is negative or not finite, naming column, row (from 0) and value.
    """

    def __init__(self, x: Any, y: Any = None) -> None:
        self._x = Columns(x, "x")
        self._y = _labels(y)
        self._generator = engine().MatchDataGenerator(self._x.usable(), None if self._y is None else as_column(self._y, "y"))

    def generate_dataloader(self, x_test_user: Any, x_all_item: Any, batch_size: int, num_workers: int = 8) -> tuple[DataLoader, DataLoader, DataLoader]:
        """Loaders of the training rows, of users to recommend to (or to judge by, where they have item columns) and of all items, in this order.

        num_workers: threads that prepare batches ahead while training; any number gives the same result. Raises ValueError as the constructor does.
        """
        users, items = Columns(x_test_user, "x_test_user"), Columns(x_all_item, "x_all_item")
        handles = self._generator.generate_dataloader(users.usable(), items.usable(), as_whole_number(batch_size, "batch_size"), as_whole_number(num_workers, "num_workers"))
        return (
            DataLoader(self._x, self._y, handles[0], batch_size, num_workers, items, shuffle=True),
            DataLoader(users, None, handles[1], batch_size, num_workers, items),
            DataLoader(items, None, handles[2], batch_size, num_workers, items),
        )


def make_dataloader(x: Any, y: Any = None, batch_size: int = 256, num_workers: int = 8) -> DataLoader:
    """A loader of rows by themselves: labelled rows to judge by, for MatchTrainer.fit and evaluate."""
    columns = Columns(x, "x")
    labels = _labels(y)
    handle = engine().make_dataloader(
        columns.usable(), None if labels is None else as_column(labels, "y"), as_whole_number(batch_size, "batch_size"), as_whole_number(num_workers, "num_workers")
    )
    return DataLoader(columns, labels, handle, batch_size, num_workers)


class TorchDataset:
    """Labelled rows for a torch DataLoader, as Torch-RecHub has them; MatchTrainer reads their columns as a whole."""

    def __init__(self, x: Mapping[str, Any], y: Any) -> None:
        self.x, self.y = x, y

    def __getitem__(self, index: int) -> Any:
        return {name: values[index] for name, values in self.x.items()}, self.y[index]

    def __len__(self) -> int:
        return len(self.y)


class PredictDataset:
    """Rows without labels for a torch DataLoader."""

    def __init__(self, x: Mapping[str, Any]) -> None:
        self.x = x

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {name: values[index] for name, values in self.x.items()}

    def __len__(self) -> int:
        return len(next(iter(self.x.values())))


class ParquetIterableDataset:
    """Parquet files as columns: give it to MatchDataGenerator as x, or iterate over it for dicts of torch tensors of batch_size rows.

    Ids keep their 64 bits. Training reads the columns it needs into memory once; a data set that does not fit there is for rechub's own fit and --max-ram.

    Args:
        file_paths: files, directories or patterns.
        columns: names of those to read; None: all.
        batch_size: rows of a dict when iterating.

    Raises PathNotFoundError where nothing is found.
    """

    def __init__(self, file_paths: Sequence[str | os.PathLike[str]] | str, /, columns: Sequence[str] | None = None, batch_size: int = 1024) -> None:
        self._columns = None if columns is None else as_names(columns, "columns", "the name of a column")
        paths = one_or_several(file_paths, is_path, "file_paths", "a file, directory or pattern")
        self._paths: list[str] = []
        for path in paths:
            found = sorted(glob.glob(os.fspath(path)))
            if not found:
                raise PathNotFoundError(f"{os.fspath(path)}: there is no such file")
            files = [one for pattern in found for one in (sorted(glob.glob(os.path.join(pattern, "*.parquet"))) if os.path.isdir(pattern) else [pattern])]
            if not files:
                raise PathNotFoundError(f"{os.fspath(path)}: there is no .parquet file in this directory")
            self._paths += files
        self._batch_size = batch_size

    def read_columns(self) -> dict[str, Any]:
        """All rows as pyarrow columns by name."""
        table = importlib.import_module("pyarrow.dataset").dataset(self._paths, format="parquet").to_table(columns=self._columns)
        return {name: table.column(place) for place, name in enumerate(table.column_names)}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        import torch

        files: Any = importlib.import_module("pyarrow.dataset").dataset(self._paths, format="parquet")
        for batch in files.scanner(columns=self._columns, batch_size=self._batch_size).to_batches():
            if batch.num_rows > 0:
                yield {name: torch.as_tensor(_taken(as_arrays(column, name), np.arange(batch.num_rows))) for name, column in zip(batch.schema.names, batch.columns)}


def df_to_dict(data: Any) -> dict[str, Array]:
    """A DataFrame's columns as NumPy arrays by name; a column of equally long lists becomes [rows, length]."""
    return {str(name): _stacked(np.asarray(data[name].to_numpy())) for name in data.columns}


def pad_sequences(sequences: Sequence[Any] | Array, maxlen: int | None = None, dtype: str = "int32", padding: str = "pre", truncating: str = "pre", value: float = 0.0) -> Array:
    """Lists as one array [rows, maxlen], filled up with `value` in front ("pre") or behind ("post").

    maxlen: None: the longest list's. Of longer lists "pre" truncating keeps the end, "post" the beginning. Raises ValueError for another padding or truncating.
    """
    for name, given in (("padding", padding), ("truncating", truncating)):
        if given not in ("pre", "post"):
            raise ValueError(f"{name} should be pre or post, got {given!r}")
    width = max((len(sequence) for sequence in sequences), default=0) if maxlen is None else as_whole_number(maxlen, "maxlen", 0)
    padded = np.full((len(sequences), width), value, dtype=dtype)
    for row, sequence in enumerate(sequences):
        kept = sequence[max(len(sequence) - width, 0) :] if truncating == "pre" else sequence[:width]
        begin = width - len(kept) if padding == "pre" else 0
        padded[row, begin : begin + len(kept)] = kept
    return padded


def array_replace_with_dict(array: Any, dic: Mapping[Any, Any]) -> Array:
    """Each value of an array replaced by what the dict has for it; KeyError names the first that it has not."""
    values = np.asarray(array)
    distinct, places = np.unique(values, return_inverse=True)
    return np.asarray([dic[value] for value in distinct.tolist()])[places].reshape(values.shape)


def _labels(y: Any) -> Any:
    """None where there are none: Torch-RecHub's loaders take an empty list for that."""
    is_empty = len(y) == 0 if isinstance(y, (list, tuple)) else getattr(y, "shape", None) == (0,)
    return None if y is None or is_empty else y


def _stacked(array: Array) -> Array:
    """Lists of one length as an array of two dimensions."""
    if array.dtype != object or array.size == 0 or not all(hasattr(value, "__len__") and not isinstance(value, str) for value in array):
        return array
    return np.array(array.tolist()) if len({len(value) for value in array}) == 1 else array


def _taken(arrays: Array | tuple[Array, Array], rows: Array) -> Array:
    """Some rows of a column (as_arrays) as an array of their own; lists padded behind to the longest of them, ids as int64."""
    if not isinstance(arrays, tuple):
        return arrays[rows]
    values, offsets = arrays
    lists = [values[offsets[row] : offsets[row + 1]] for row in rows]
    return pad_sequences(lists, dtype="int64" if values.dtype.kind == "i" else str(values.dtype), padding="post")
