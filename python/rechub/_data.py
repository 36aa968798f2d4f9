"""Tables and lists of ids in all the forms people have them in, without a copy where their numbers can be used in place."""

from __future__ import annotations

import json
import math
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from rechub._runtime import as_text, engine

KINDS = "a path, a pandas or polars DataFrame, a pyarrow Table, or a dict of columns"


def is_path(data: Any) -> bool:
    """Whether it is a text or a pathlib path."""
    return isinstance(data, (str, os.PathLike))


def one_or_several(values: Any, is_one: Callable[[Any], bool], name: str, what: str) -> list[Any]:
    """`values` as a list, one thing by itself as a list of one. ValueError names `name` and `what` it holds where there is anything else; a text is never taken apart."""
    if is_one(values):
        return [values]
    if isinstance(values, (str, bytes, os.PathLike, Mapping)) or not isinstance(values, Iterable):
        raise ValueError(f"{name}: expected {what}, or a list of them; got {values!r}")
    several = list(values)
    for place, value in enumerate(several):
        if not is_one(value):
            raise ValueError(f"{name}, place {place} (from 0): expected {what}, got {value!r}")
    return several


def as_names(values: Any, name: str, what: str) -> list[str]:
    """One text or several."""
    return one_or_several(values, lambda value: isinstance(value, str), name, what)


def check_no_masked(values: Any, name: str) -> None:
    """ValueError for an array of NumPy whose masked entries would count as what lies under the mask."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.getmaskarray(values).any():
        row = int(np.argwhere(np.ma.getmaskarray(values))[0][0])
        raise ValueError(f"{name}, row {row} (from 0): the entry is masked; fill such entries or leave out their rows first")


def as_array(values: Any, name: str = "values") -> np.ndarray[Any, Any]:
    """Numbers or texts as one NumPy array; torch tensors and NumPy arrays are not copied. ValueError names `name` for a tensor that NumPy cannot hold."""
    check_no_masked(values, name)
    if hasattr(values, "detach"):  # torch
        try:
            values = values.detach().cpu().numpy()
        except (TypeError, RuntimeError) as error:  # bfloat16, sparse
            raise ValueError(f"{name}: NumPy cannot hold this tensor of {values.dtype}, {values.layout}; convert it first, as with to_dense() or float()") from error
    elif hasattr(values, "to_numpy"):  # pandas, polars, pyarrow
        values = values.to_numpy(zero_copy_only=False) if type(values).__module__.split(".")[0] == "pyarrow" else values.to_numpy()
    return np.asarray(values)


def as_arrow(data: Any, name: str) -> Any:
    """`data` as something that speaks Arrow's stream protocol; ValueError names `name` and what it may be."""
    import pyarrow as pa

    if isinstance(data, Mapping):
        columns = {key: _arrow_column(column, f"{name}, column '{key}'") for key, column in data.items()}
        lengths = {key: len(column) for key, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"{name}: the columns must have one length, got {lengths}")
        return pa.table(columns)
    if type(data).__module__.split(".")[0] == "pandas" and hasattr(data, "columns"):
        twice = [str(column) for column in data.columns[data.columns.duplicated()]]
        if twice:
            raise ValueError(f"{name}: two columns are called '{twice[0]}'; rename one")
        try:
            return pa.Table.from_pandas(data, preserve_index=False)
        except (pa.ArrowException, OverflowError):
            return pa.table({str(key): _arrow_column(data[key].to_numpy(), f"{name}, column '{key}'") for key in data.columns})
    if hasattr(data, "__arrow_c_stream__"):
        names: Iterable[Any] = data.column_names if hasattr(data, "column_names") else getattr(data, "columns", ())
        if any("\0" in str(column) for column in names):  # Arrow's C interface ends names there, and polars ends the process
            raise ValueError(f"{name}: the name of a column holds a NUL character")
        return data
    raise ValueError(f"{name}: expected {KINDS}; got {type(data).__name__}")


def _arrow_column(values: Any, name: str) -> Any:
    import pyarrow as pa

    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return values
    column = _column(values, name)
    try:
        return pa.array(column)
    except (pa.ArrowException, OverflowError) as error:
        _tell_odd_one(column, name)
        raise ValueError(f"{name}: {error}") from error


def _tell_odd_one(column: Any, name: str) -> None:
    """ValueError for the first value that is not of the kind of those before it."""
    kinds = ((bool, "true or false"), ((int, float, np.number), "a number"), ((str, bytes), "a text"), ((list, tuple, np.ndarray), "a list"))
    first = None
    for row, value in enumerate(column):
        if value is None or (isinstance(value, float) and math.isnan(value)):
            continue
        kind = next((what for types, what in kinds if isinstance(value, types)), "")
        if not kind or kind != (first or kind):
            raise ValueError(f"{name}, row {row} (from 0): expected {first + ' as in the rows before' if first else 'a number, a text or a time'}, got {value!r}")
        first = kind


def _column(values: Any, name: str) -> Any:
    """A column that may hold lists."""
    if isinstance(values, (list, tuple)) and values and isinstance(values[0], (list, tuple, np.ndarray)):
        return values
    array = as_array(values, name)
    if array.ndim == 0:
        raise ValueError(f"{name}: expected a value a row, got {values!r}")
    return array if array.ndim == 1 else list(array)


class Tables:
    """Tables of this process under the paths that stand for them while this is open."""

    def __init__(self) -> None:
        self._tables: list[Any] = []

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, *_: Any) -> None:
        self._tables.clear()

    def path(self, data: Any, name: str) -> str:
        """`data` itself where it is a path."""
        if is_path(data):
            return str(os.fspath(data))
        self._tables.append(engine().MemoryTable(name, as_arrow(data, name)))
        return str(self._tables[-1].path)

    def paths(self, data: Any, name: str) -> list[str]:
        """Of one table or a list of them."""
        several = data if isinstance(data, (list, tuple)) else [data]
        return [self.path(one, name) for one in several]


def is_one_id(value: Any) -> bool:
    """Whether it is a text or a whole number, 1.0 included; booleans are none."""
    return _one_id(value) is not None


def _one_id(value: Any, digits: int = 53) -> str | int | None:
    """An id by itself: a text, or a whole number. Decimal numbers are those that they are, 1.0 is 1 (pandas makes them of a column with a hole), where they have `digits` of two
    or fewer: beyond, several whole numbers are one of them."""
    if isinstance(value, (float, np.floating)):
        return int(value) if value.is_integer() and abs(value) < 2**digits else None
    if isinstance(value, str):
        return value
    return int(value) if isinstance(value, (int, np.integer)) and not isinstance(value, bool) else None


def as_sequence(values: Any) -> Any:
    """Ids that can be gone through more than once: arrays and columns as they are, one id by itself and other iterables (sets, keys of a dict, iterators) as a list."""
    if is_one_id(values):
        return [values]
    if isinstance(values, (bytes, bytearray)):  # whose elements are not meant
        return [bytes(values)]
    return list(values) if isinstance(values, Iterable) and not hasattr(values, "__array__") and not hasattr(values, "detach") else values


def as_ids(values: Any, name: str) -> np.ndarray[Any, Any] | list[str]:
    """Raw ids as the engine takes them: int64 [n] or a list of texts. ValueError names the first that is neither."""
    values = as_sequence(values)
    array = np.array(values, dtype=object) if isinstance(values, list) else as_array(values, name)  # of a list of both kinds NumPy would make one text each
    if array.ndim == 0:
        raise ValueError(f"{name}: an id is a text or a whole number, got {values!r}")
    if array.ndim != 1:
        raise ValueError(f"{name}: expected a list of ids, got {array.ndim} dimensions")
    if array.dtype.kind in "iu" and array.dtype != np.uint64:
        return np.ascontiguousarray(array, dtype=np.int64)
    digits = np.finfo(array.dtype).nmant + 1 if array.dtype.kind == "f" else 53
    ids = [_one_id(value, digits) for value in array.tolist()]
    for place, one in enumerate(ids):
        if one is None:
            raise ValueError(f"{name}, row {place} (from 0): an id is a text or a whole number, got {array[place].item() if array.dtype != object else array[place]!r}")
    if ids and all(isinstance(one, int) and -(2**63) <= one < 2**63 for one in ids):
        return np.array(ids, dtype=np.int64)
    return [as_text(one, f"{name}, row {place} (from 0)") for place, one in enumerate(ids)]


def as_whole_number(value: Any, name: str, least: int | None = None, most: int = 2**62) -> int:
    """A whole number from `least` (None: -most) to `most`. ValueError for others and for booleans."""
    limits = "" if least is None else f" of {least} or more" if most == 2**62 else f" from {least} to {most}"
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None:
        raise ValueError(f"{name} should be a whole number{limits}, got {value!r}")
    if not (-most if least is None else least) <= number <= most:
        raise ValueError(f"{name} should be a whole number{limits}, got {number}" if limits else f"{name} is out of range: {number}")
    return number


def as_number(value: Any, name: str) -> float:
    """A finite number. ValueError for others, for booleans and for texts."""
    try:
        number = None if isinstance(value, (bool, str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # the last one is torch's
        number = None
    if number is None or not math.isfinite(number):
        raise ValueError(f"{name} should be a finite number, got {value!r}")
    return number


def variety(diversity: Any, feature: Any, pool: Any) -> tuple[float, str, int]:
    """The three arguments of a list's diversity."""
    return as_number(diversity, "diversity"), as_text(feature, "diversity_feature"), as_whole_number(pool, "diversity_pool")


def feature_values(features: Any, place: int) -> dict[str, Any]:
    """As JSON takes them."""
    if not isinstance(features, Mapping):
        raise TypeError(f"features of user {place} (from 0): expected values by name, as {{'age': 31}}; got {features!r}")
    values = {as_text(name, "the name of a feature"): value.tolist() if hasattr(value, "tolist") else value for name, value in features.items()}
    for name, value in values.items():
        try:
            as_text(json.dumps(value, allow_nan=False, ensure_ascii=False), name)
        except (TypeError, ValueError):
            raise ValueError(f"features of user {place} (from 0): '{name}' must be a text, a finite number or a list of them, got {value!r}") from None
    return values


def setting_text(value: Any) -> str:
    """A value as --set takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return ",".join(setting_text(one) for one in value)
    return str(value)
