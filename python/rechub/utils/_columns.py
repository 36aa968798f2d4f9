"""Columns in all the forms people have them in, as the engine's Column: without a copy where their numbers are int32, int64, float32 or float64."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from rechub._runtime import engine

_IN_PLACE = ("int32", "int64", "float32", "float64")
KINDS = "a dict of columns (NumPy, torch, pandas, lists), a pandas or polars DataFrame, a pyarrow Table, or the path of Parquet files"


class Columns(Mapping[str, Any]):
    """The columns of some data by name, as they were given (`given`) and as the engine's (by index). Those that hold no numbers are kept aside: they are an error where a
    feature reads them."""

    def __init__(self, data: Any, what: str) -> None:
        self.what = what
        self.given = _by_name(data, what)
        self.unusable: dict[str, str] = {}
        self._columns: dict[str, Any] = {}
        for name, values in self.given.items():
            try:
                self._columns[name] = as_column(values, name)
            except ValueError as error:
                self.unusable[name] = str(error)

    def __getitem__(self, name: str) -> Any:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def usable(self) -> dict[str, Any]:
        """The engine's columns. ValueError where there is none."""
        if not self._columns and self.unusable:
            raise ValueError(f"{self.what}: no column can be used; {next(iter(self.unusable.values()))}")
        return self._columns

    def check_readable(self, features: list[Any]) -> None:
        """ValueError for a feature whose column holds no numbers."""
        for feature in features:
            if feature.name in self.unusable:
                raise ValueError(f"{self.what}: {self.unusable[feature.name]}")

    def num_rows(self) -> int:
        return int(next(iter(self._columns.values())).num_rows) if self._columns else 0


def as_column(values: Any, name: str) -> Any:
    """A column of the engine. ValueError names `name`, row (from 0) and value where it is no column of numbers or of lists of numbers."""
    if isinstance(values, (str, bytes, Mapping)) or values is None or np.isscalar(values):
        raise ValueError(f"{name}: expected a column of numbers, got {values!r}")
    values = _unwrap(values, name)
    if isinstance(values, tuple):
        return engine().Column(*values)
    array = values if isinstance(values, np.ndarray) else _from_list(values, name)
    if array.dtype == object:
        return _lists(list(array), name)
    if array.ndim not in (1, 2):
        raise ValueError(f"{name}: expected one number or one list a row, got {array.ndim} dimensions")
    if array.ndim == 2 and array.shape[1] == 0:
        return engine().Column(np.zeros(0, dtype=np.int64), np.zeros(len(array) + 1, dtype=np.int64))
    return engine().Column(_numbers(array, name))


def _unwrap(values: Any, name: str) -> Any:
    """A NumPy array, or values and offsets of lists end to end, or a Python sequence."""
    if hasattr(values, "detach"):  # torch
        return values.detach().cpu().numpy()
    kind = type(values).__module__.split(".")[0]
    if kind == "polars":
        values, kind = values.to_arrow(), "pyarrow"
    if kind == "pyarrow":
        return _from_arrow(values, name)
    if kind == "pandas":
        if isinstance(values.dtype, np.dtype):
            return values.to_numpy()
        plain = np.dtype(getattr(values.dtype, "numpy_dtype", object))  # of a column that may have gaps
        if plain.kind == "f":
            return values.to_numpy(dtype=plain, na_value=np.nan)
        if values.isna().any():
            raise ValueError(f"{name}, row {np.flatnonzero(np.asarray(values.isna()))[0]}: there is no value; fill or drop such rows first")
        return values.to_numpy(dtype=plain) if plain != object else np.asarray(values)
    return values


def _from_arrow(values: Any, name: str) -> Any:
    pa: Any = importlib.import_module("pyarrow")

    if isinstance(values, pa.ChunkedArray):
        values = values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()
    if isinstance(values, pa.ChunkedArray):  # of no chunks
        values = pa.concat_arrays(values.chunks) if values.chunks else pa.array([], values.type)
    if values.null_count > 0:
        row = np.flatnonzero(np.asarray(values.is_null().to_numpy(zero_copy_only=False)))[0]
        raise ValueError(f"{name}, row {row}: there is no value; fill or drop such rows first")
    kind = values.type
    if pa.types.is_fixed_size_list(kind):
        return _from_arrow(values.flatten(), name).reshape(len(values), kind.list_size)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        offsets = values.offsets.to_numpy()
        numbers = _from_arrow(values.values, name)
        if not isinstance(numbers, np.ndarray):
            raise ValueError(f"{name}: expected one number or one list a row, got lists of lists")
        first, last = (int(offsets[0]), int(offsets[-1])) if len(offsets) else (0, 0)
        return _numbers(numbers[first:last], name), np.ascontiguousarray(offsets - first, dtype=np.int64)
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise ValueError(f"{name}: expected numbers, got {kind}; number the values from 0 first")
    return values.to_numpy(zero_copy_only=False)


def _from_list(values: Any, name: str) -> np.ndarray[Any, Any]:
    if not isinstance(values, (list, tuple)) and not hasattr(values, "__array__"):
        try:
            values = list(values)
        except TypeError:
            raise ValueError(f"{name}: expected a column of numbers, got {type(values).__name__}") from None
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError):  # lists of several lengths
        array = np.empty(len(values), dtype=object)
        for row, value in enumerate(values):
            array[row] = value
    return array.astype(np.int64) if array.size == 0 and array.dtype == np.float64 else array


def _numbers(array: np.ndarray[Any, Any], name: str) -> np.ndarray[Any, Any]:
    """The array as one whose memory the engine reads: itself where it can be."""
    if array.dtype.kind == "b" or array.dtype.kind in "iu" and array.dtype.itemsize < 8 and array.dtype.name not in _IN_PLACE:
        array = array.astype(np.int64)
    elif array.dtype.kind == "u":
        if array.size > 0 and array.max() > np.iinfo(np.int64).max:
            raise ValueError(f"{name}, row {_row(array, array > np.iinfo(np.int64).max)}: {array.max()} is beyond 64-bit whole numbers")
        array = array.astype(np.int64)
    elif array.dtype.kind == "f" and array.dtype.name not in _IN_PLACE:
        array = array.astype(np.float64 if array.dtype.itemsize > 4 else np.float32)
    elif array.dtype.kind not in "if":
        first = f" in row 0, as {array.reshape(-1)[:1].tolist()[0]!r}" if array.size > 0 else ""
        raise ValueError(f"{name}: expected numbers, got {array.dtype}{first}; number the values from 0 first")
    return np.require(array, dtype=array.dtype.newbyteorder("="), requirements=["C", "A"])


def _row(array: np.ndarray[Any, Any], is_wrong: Any) -> int:
    return int(np.argwhere(is_wrong)[0][0])


def _lists(values: list[Any], name: str) -> Any:
    """A column of Python objects: numbers, or a list a row."""
    if values and all(not hasattr(value, "__len__") for value in values):
        for row, value in enumerate(values):
            if not isinstance(value, (int, float, np.number)) or isinstance(value, complex):
                raise ValueError(f"{name}, row {row}: expected a number, got {value!r}")
        try:
            return engine().Column(np.array(values, dtype=np.int64 if all(isinstance(value, (int, np.integer)) for value in values) else np.float64))
        except OverflowError:
            row = next(row for row, value in enumerate(values) if not -(2**63) <= value < 2**63)
            raise ValueError(f"{name}, row {row}: {values[row]!r} is beyond 64-bit whole numbers") from None
    arrays = []
    for row, value in enumerate(values):
        if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
            expected = "a list of numbers as in the rows before" if row > 0 else "a number or a list"
            raise ValueError(f"{name}, row {row}: expected {expected}, got {value!r}")
        try:
            array = np.asarray(value)
            arrays.append(_numbers(array, name) if array.size > 0 else np.zeros(0, dtype=np.int64))
        except (ValueError, TypeError, OverflowError) as error:
            raise ValueError(f"{name}, row {row}: expected a list of numbers, got {value!r}") from error
        if array.ndim != 1:
            raise ValueError(f"{name}, row {row}: expected a list of numbers, got {array.ndim} dimensions")
    offsets = np.concatenate([[0], np.cumsum([len(array) for array in arrays], dtype=np.int64)]).astype(np.int64)
    joined = np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)
    return engine().Column(_numbers(joined, name), offsets)


def _by_name(data: Any, what: str) -> dict[str, Any]:
    if isinstance(data, (str, os.PathLike)):
        data = importlib.import_module("pyarrow.parquet").read_table(os.fspath(data))
    if hasattr(data, "read_columns"):  # ParquetIterableDataset
        data = data.read_columns()
    if isinstance(data, Mapping):
        for name in data:
            if not isinstance(name, str):
                raise ValueError(f"{what}: a column's name is a text, got {name!r}")
        return dict(data)
    kind = type(data).__module__.split(".")[0]
    if kind == "pandas" and hasattr(data, "columns"):
        return {str(name): data.iloc[:, place] for place, name in enumerate(data.columns)}
    if kind == "polars" and hasattr(data, "get_columns"):
        return {column.name: column for column in data.get_columns()}
    if hasattr(data, "column_names") and hasattr(data, "column"):
        return {name: data.column(place) for place, name in enumerate(data.column_names)}
    raise ValueError(f"{what}: expected {KINDS}; got {type(data).__name__}")
