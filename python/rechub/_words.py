"""Keyword arguments as the words of a command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rechub._data import Tables, setting_text


def flag_words(options: Mapping[str, Any]) -> list[str]:
    """Keyword arguments as flags of a command."""
    return [f"--{name.replace('_', '-')}={setting_text(value)}" for name, value in options.items() if value is not None]


def prepare_words(tables: Tables, prepare: Mapping[str, Any], **files: Any) -> list[str]:
    """What `rechub prepare` is told, in words; `files` and those of `prepare` that are tables go by their paths."""
    left = dict(prepare)
    given = {**files, "test": left.pop("test", None)}
    words = [f"--{name.replace('_', '-')}={path}" for name, data in given.items() if data is not None for path in tables.paths(data, name)]
    if isinstance(left.get("sequences"), Mapping):
        words += [f"--sequences={name}={tables.path(data, name)}" for name, data in left.pop("sequences").items()]
    return words + [word for name, value in left.items() for word in ("--set", f"prepare.{name}={setting_text(value)}")]


def option_words(tables: Tables, options: Mapping[str, Any], **files: Any) -> list[str]:
    """Options of a command that prepares data too: those of `rechub prepare` as prepare_words has them, all others as flags."""
    from rechub._settings import PREPARE

    prepare = {name: value for name, value in options.items() if name in PREPARE}
    return prepare_words(tables, prepare, **files) + flag_words({name: value for name, value in options.items() if name not in PREPARE})
