"""A bundle that is open for questions, asked in raw ids: rows, requests, filters and the frames of answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from rechub._data import as_array, as_ids, as_sequence, feature_values, is_one_id, one_or_several
from rechub._errors import NotFoundError
from rechub._runtime import warn

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN_ROW, FIRST_ROW = 1, 2  # row 0 of users, items and tables is padding
Array = np.ndarray[Any, Any]


class Catalogue:
    """Users and items of the engine's bundle `opened`."""

    def __init__(self, opened: Any) -> None:
        self.opened = opened
        self._ids: dict[str, Array] = {}

    def ids(self, of: str) -> Array:
        """Of users or items, in the order of their rows."""
        if of not in self._ids:
            ids = self.opened.ids(of)
            self._ids[of] = ids if isinstance(ids, np.ndarray) else np.array(ids, dtype=object)
        return self._ids[of]

    def rows(self, of: str, ids: Any) -> Array:
        """Rows in the vocabulary `of` "user" or "item" of raw ids: int64 [n]."""
        rows: Array = self.opened.rows(of, as_ids(ids, f"{of}s"))
        return rows

    def known_items(self, items: Any) -> Array:
        """Rows of items; NotFoundError for one that is not in the catalogue."""
        ids = as_ids(items, "items")
        rows: Array = self.opened.rows("item", ids)
        unknown = np.flatnonzero(rows == UNKNOWN_ROW)
        if unknown.size > 0:
            known = self.ids("item")
            wanted = repr(ids[unknown[0]]) if isinstance(ids, list) else ids[unknown[0]]
            raise NotFoundError(f"there is no item {wanted}: the data have {len(known)} of them, as {str(known[0])}")
        return rows

    def requests(self, users: Any, history: Any, features: Any, consequence: str) -> tuple[Array, Array, Array]:
        """Of each who asks [users]: what `question` is made of, rows or dicts; the name; true where nothing is known, as there is no user of the data, no history with a known item
        and no features. A warning names some of those, and what comes of it."""
        if history is None and features is None:
            if users is None:
                names = self.ids("user")
                return np.arange(FIRST_ROW, FIRST_ROW + len(names), dtype=np.int32), names, np.zeros(len(names), dtype=bool)
            names, ids = _named(users)
            rows: Array = self.opened.rows("user", ids)
            _warn_of(names, rows == UNKNOWN_ROW, "users are not in the data", consequence)
            return rows, names, rows == UNKNOWN_ROW
        histories = None if history is None else _histories(history)
        given = None if features is None else one_or_several(features, lambda one: isinstance(one, Mapping), "features", "values by name, as {'age': 31}")
        count = len(histories if histories is not None else given or [])
        names, is_new = np.arange(count), np.ones(count, dtype=bool)
        if users is not None:
            names, ids = _named(users)
            is_new = self.opened.rows("user", ids) == UNKNOWN_ROW
        for what, values in (("history", histories), ("features", given)):
            if values is not None and len(values) != len(names):
                raise ValueError(f"{what} is of {len(values)} users, but users are {len(names)}")
        requests, is_stranger = [], np.zeros(len(names), dtype=bool)
        for place, name in enumerate(names):
            request: dict[str, Any] = {"user": name if isinstance(name, str) else int(name)} if users is not None else {"user": f"stranger {place}"}
            if histories is not None:
                seen = as_ids(histories[place], f"history {place} (from 0)")
                request["history"] = seen if isinstance(seen, list) else seen.tolist()
                is_stranger[place] = not given and is_new[place] and bool((self.opened.rows("item", seen) == UNKNOWN_ROW).all())
            if given is not None:
                request["features"] = feature_values(given[place], place)
            requests.append(request)
        _warn_of(names, is_stranger, f"histories{' (numbered from 0)' if users is None else ''} hold no item of the catalogue", consequence)
        return np.array(requests, dtype=object), names, is_stranger

    def allowed(self, allow: Any, deny: Any) -> Array | None:
        """[item rows] of 0 and 1."""
        if allow is None and deny is None:
            return None
        rows = self.opened.num_items + FIRST_ROW
        allowed = np.full(rows, allow is None, dtype=np.uint8)
        unknown = 0
        for ids, value in ((allow, 1), (deny, 0)):
            if ids is not None:
                named = self.rows("item", ids)
                unknown += int((named == UNKNOWN_ROW).sum())
                allowed[named] = value
        if unknown:
            warn(f"{unknown} ids of allow and deny are not in the catalogue")
        return allowed

    def frame(self, names: dict[str, Array], column: str, items: Array, scores: Array) -> pd.DataFrame:
        """Lists as a frame with a row an item: the columns of `names` repeated for each of a list's items, the items under `column`, score and rank (from 1).

        items, scores: [lists, k]; rows below FIRST_ROW are places without an item and left out.
        """
        import pandas as pd

        is_there = items >= FIRST_ROW
        count = is_there.sum(axis=1)
        data = {name: np.repeat(values, count) for name, values in names.items()}
        data[column] = self.ids("item")[items[is_there] - FIRST_ROW]
        data["score"] = scores[is_there]
        data["rank"] = np.broadcast_to(np.arange(1, items.shape[1] + 1), items.shape)[is_there]
        return pd.DataFrame(data)


def question(asked: Array) -> Any:
    """What the engine takes: rows, or JSON."""
    return json.dumps(asked.tolist()) if asked.dtype == object else asked


def _warn_of(names: Array, is_stranger: Array, what: str, consequence: str) -> None:
    count = int(is_stranger.sum())
    if count > 0:
        some = ", ".join(repr(name) for name in names[is_stranger][:3].tolist()) + (", ..." if count > 3 else "")
        warn(
            f"{count} of {len(names)} {what} and {consequence}: {some}. Ask with history=[their items] or features={{...}}; "
            "for those of whom nothing is known, model.serve() falls back on the most popular items"
        )


def _named(users: Any) -> tuple[Array, Array | list[str]]:
    """Names as the answer has them, and ids as the engine takes them."""
    users = as_sequence(users)
    ids = as_ids(users, "users")
    return ids if isinstance(ids, np.ndarray) else np.array(users if isinstance(users, list) else list(as_array(users, "users")), dtype=object), ids


def _histories(history: Any) -> list[Any]:
    """One for each user, of a list of them or of one by itself. ValueError for an id by itself, which may be a text meant as something else."""
    _check_no_id(history, "history")
    items = as_sequence(history)
    if not isinstance(items, list):
        array = as_array(items, "history")
        items = list(array) if array.ndim > 0 else array
    if not (isinstance(items, list) and items and isinstance(items[0], Iterable) and not isinstance(items[0], (str, bytes))):
        return [items]
    for place, one in enumerate(items):
        _check_no_id(one, f"history {place} (from 0)")
    return items


def _check_no_id(history: Any, name: str) -> None:
    if is_one_id(history):
        raise ValueError(f"{name}: expected a list of item ids, oldest first; got {history!r}")
