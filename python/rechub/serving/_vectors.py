"""Vectors that are searched or searched for, checked once for rechub.serving and rechub.utils.match."""

from __future__ import annotations

from typing import Any

import numpy as np

from rechub._data import as_array

Vectors = np.ndarray[Any, Any]


def as_vectors(values: Any, name: str, dim: int | None = None, takes_one: bool = False) -> Vectors:
    """Arrays, torch tensors and lists as float32 [n, dim] in C order; `takes_one`: one vector [dim] is a row.

    ValueError, naming `name`, for other shapes, another width than dim (None: any), what is no number, and a row with a number that is not finite in float32.
    """
    expected = f"expected vectors [n, {'dim' if dim is None else dim}]"
    try:
        array = as_array(values, name)
    except ValueError as error:
        if name in str(error):
            raise
        raise ValueError(f"{name}: {expected}, got rows of several widths") from error
    if takes_one and array.ndim == 1 and len(array) > 0:
        array = array[None]
    if array.ndim != 2:
        raise ValueError(f"{name}: {expected}, got {array.ndim} dimensions {list(array.shape)}")
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name}: expected numbers, got {array.dtype}")
    if array.shape[1] == 0 or dim is not None and array.shape[1] != dim:
        raise ValueError(f"{name}: {expected}, got vectors of width {array.shape[1]}")
    with np.errstate(over="ignore"):
        vectors = np.ascontiguousarray(array, dtype=np.float32)
    bad = np.argwhere(~np.isfinite(vectors))
    if len(bad) > 0:
        row, place = bad[0]
        raise ValueError(f"{name}, row {row} (from 0): expected finite float32 numbers, got {array[row, place]} at {place}")
    return vectors


def as_searched(values: Any, name: str, dim: int | None = None) -> Vectors:
    """as_vectors of what an index is made of: ValueError also where there is none."""
    vectors = as_vectors(values, name, dim)
    if len(vectors) == 0:
        raise ValueError(f"{name}: expected one vector or more to search, got none")
    return vectors
