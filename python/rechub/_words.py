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
    words: list[str] = []
    for name, data in {**files, **{name: prepare[name] for name in ("test",) if name in prepare}}.items():
        if data is not None:
            words += [f"--{name.replace('_', '-')}={path}" for path in tables.paths(data, name)]
    for name, data in (prepare.get("sequences") or {}).items() if isinstance(prepare.get("sequences"), Mapping) else ():
        words.append(f"--sequences={name}={tables.path(data, name)}")
    skipped = {"test"} | ({"sequences"} if isinstance(prepare.get("sequences"), Mapping) else set())
    return words + [word for name, value in prepare.items() if name not in skipped for word in ("--set", f"prepare.{name}={setting_text(value)}")]
