"""Columns in all the forms people have them in, as the engine's Column: without a copy where their numbers are int32, int64, float32 or float64."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from rechub._data import as_array, check_no_masked
from rechub._runtime import engine

Array = np.ndarray[Any, Any]
_IN_PLACE = ("int32", "int64", "float32", "float64")
KINDS = "a dict of columns (NumPy, torch, pandas, lists), a pandas or polars DataFrame, a pyarrow Table, or the path of Parquet files"


class Columns:
    """The columns of some data by name, as they were given (`given`) and as the engine's (`usable`). Those that hold no numbers are kept aside: they are an error where a
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

    def __contains__(self, name: str) -> bool:
        return name in self._columns

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
        """Rows that every column has; 0 without columns."""
        return int(next(iter(self._columns.values())).num_rows) if self._columns else 0


def as_column(values: Any, name: str) -> Any:
    """A column of the engine. ValueError as as_arrays raises it."""
    arrays = as_arrays(values, name)
    return engine().Column(*arrays) if isinstance(arrays, tuple) else engine().Column(arrays)


def as_arrays(values: Any, name: str) -> Array | tuple[Array, Array]:
    """A column as an array of numbers, [rows] or [rows, width], or as the values of lists end to end and their offsets [rows + 1], of types that the engine and torch read.

    ValueError names `name`, row (from 0) and value where it is no column of numbers or of lists of numbers.
    """
    if isinstance(values, (str, bytes, Mapping)) or values is None or np.isscalar(values):
        raise ValueError(f"{name}: expected a column of numbers, got {values!r}")
    check_no_masked(values, name)
    values = _unwrap(values, name)
    if isinstance(values, tuple):
        return values
    array = values if isinstance(values, np.ndarray) else _from_list(values, name)
    if array.dtype == object:
        return _from_objects(list(array), name)
    if array.ndim not in (1, 2):
        raise ValueError(f"{name}: expected one number or one list a row, got {array.ndim} dimensions")
    if array.ndim == 2 and array.shape[1] == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(len(array) + 1, dtype=np.int64)
    return _numbers(array, name)


def as_rows(arrays: Array | tuple[Array, Array]) -> list[Any]:
    """Rows of what as_arrays gives: a number or an array each."""
    if not isinstance(arrays, tuple):
        return list(arrays)
    numbers, offsets = arrays
    return [numbers[begin:end] for begin, end in zip(offsets[:-1], offsets[1:])]


def _unwrap(values: Any, name: str) -> Any:
    """A NumPy array, or values and offsets of lists end to end, or a Python list."""
    kind = type(values).__module__.split(".")[0]
    if kind == "polars":
        values, kind = values.to_arrow(), "pyarrow"
    if kind == "pyarrow":
        return _from_arrow(values, name)
    if kind == "pandas" and not isinstance(values.dtype, np.dtype):
        plain = np.dtype(getattr(values.dtype, "numpy_dtype", object))  # of a column that may have gaps
        if plain.kind == "f":
            return values.to_numpy(dtype=plain, na_value=np.nan)
        if values.isna().any():
            raise ValueError(f"{name}, row {np.flatnonzero(np.asarray(values.isna()))[0]}: there is no value; fill or drop such rows first")
        return values.to_numpy(dtype=plain) if plain != object else np.asarray(values)
    if kind == "pandas" or hasattr(values, "detach"):
        return as_array(values, name)
    return list(values) if isinstance(values, tuple) else values  # a tuple would be taken for values and offsets


def _from_arrow(values: Any, name: str) -> Any:
    pa: Any = importlib.import_module("pyarrow")

    if isinstance(values, pa.ChunkedArray):
        values = values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()
    if isinstance(values, pa.ChunkedArray):  # of no chunks
        values = pa.concat_arrays(values.chunks) if values.chunks else pa.array([], values.type)
    _check_no_nulls(values, lambda row: row, name)
    kind = values.type
    if pa.types.is_fixed_size_list(kind):
        numbers = values.flatten()
        _check_no_nulls(numbers, lambda place: place // kind.list_size, name)
        return _from_arrow_numbers(numbers, name).reshape(len(values), kind.list_size)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        offsets = values.offsets.to_numpy()
        first, last = (int(offsets[0]), int(offsets[-1])) if len(offsets) else (0, 0)
        numbers = values.values.slice(first, last - first)  # of a sliced array those of other rows, too
        offsets = np.ascontiguousarray(offsets - first, dtype=np.int64)
        _check_no_nulls(numbers, lambda place: int(np.searchsorted(offsets, place, side="right")) - 1, name)
        return _numbers(_from_arrow_numbers(numbers, name), name), offsets
    return _from_arrow_numbers(values, name)


def _check_no_nulls(values: Any, row_of: Callable[[int], int], name: str) -> None:
    if values.null_count > 0:
        place = int(np.flatnonzero(np.asarray(values.is_null().to_numpy(zero_copy_only=False)))[0])
        raise ValueError(f"{name}, row {row_of(place)}: there is no value; fill or drop such rows first")


def _from_arrow_numbers(values: Any, name: str) -> Array:
    types: Any = importlib.import_module("pyarrow").types
    kind = values.type
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        raise ValueError(f"{name}: expected one number or one list a row, got lists of lists")
    if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
        raise ValueError(f"{name}: expected numbers, got {kind}; number the values from 0 first")
    return np.asarray(values.to_numpy(zero_copy_only=False))


def _from_list(values: Any, name: str) -> Array:
    if not isinstance(values, (list, tuple)) and not hasattr(values, "__array__"):
        try:
            values = list(values)
        except TypeError:
            raise ValueError(f"{name}: expected a column of numbers, got {type(values).__name__}") from None
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError):  # lists of several lengths
        array = None
    if array is None or (array.dtype.kind == "U" and array.ndim == 1 and not all(isinstance(value, str) for value in values)):  # NumPy makes texts of numbers beside one
        array = np.empty(len(values), dtype=object)
        for row, value in enumerate(values):
            array[row] = value
    return array.astype(np.int64) if array.size == 0 and array.dtype == np.float64 else array


def _numbers(array: Array, name: str) -> Array:
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


def _row(array: Array, is_wrong: Any) -> int:
    return int(np.argwhere(is_wrong)[0][0])


def _from_objects(values: list[Any], name: str) -> Array | tuple[Array, Array]:
    """A column of Python objects: numbers, or a list a row."""
    if values and (not hasattr(values[0], "__len__") or isinstance(values[0], (str, bytes))):  # what the first row holds, all do
        for row, value in enumerate(values):
            if not isinstance(value, (int, float, np.number)) or isinstance(value, complex):
                raise ValueError(f"{name}, row {row}: expected a number, got {value!r}")
        try:
            return np.array(values, dtype=np.int64 if all(isinstance(value, (int, np.integer)) for value in values) else np.float64)
        except OverflowError:
            row = next(row for row, value in enumerate(values) if not -(2**63) <= value < 2**63)
            raise ValueError(f"{name}, row {row}: {values[row]!r} is beyond 64-bit whole numbers") from None
    arrays = []
    for row, value in enumerate(values):
        if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
            raise ValueError(f"{name}, row {row}: expected a list of numbers as in the rows before, got {value!r}")
        check_no_masked(value, f"{name}, row {row}")
        try:
            array = np.asarray(value)
            arrays.append(_numbers(array, name) if array.size > 0 else np.zeros(0, dtype=np.int64))
        except (ValueError, TypeError, OverflowError) as error:
            raise ValueError(f"{name}, row {row}: expected a list of numbers, got {value!r}") from error
        if array.ndim != 1:
            raise ValueError(f"{name}, row {row}: expected a list of numbers, got {array.ndim} dimensions")
    offsets = np.concatenate([[0], np.cumsum([len(array) for array in arrays], dtype=np.int64)]).astype(np.int64)
    joined = np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)
    return _numbers(joined, name), offsets


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
        return _distinct(what, [(str(name), data.iloc[:, place]) for place, name in enumerate(data.columns)])
    if kind == "polars" and hasattr(data, "get_columns"):
        return {column.name: column for column in data.get_columns()}
    if hasattr(data, "column_names") and hasattr(data, "column"):
        return _distinct(what, [(name, data.column(place)) for place, name in enumerate(data.column_names)])
    raise ValueError(f"{what}: expected {KINDS}; got {type(data).__name__}")


def _distinct(what: str, columns: list[tuple[str, Any]]) -> dict[str, Any]:
    by_name = dict(columns)
    if len(by_name) < len(columns):
        names = [name for name, _ in columns]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{what}: two columns are called '{twice}'; rename one")
    return by_name
