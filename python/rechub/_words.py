"""Keyword arguments as the words of a command."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
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


# Flags of `rechub train` that fit has no argument of its own for.
_FIT = ("device", "split_seed", "exclude_seen", "keep_seen")


def fit_words(tables: Tables, options: Mapping[str, Any], model: str, settings: Iterable[str], **files: Any) -> list[str]:
    """Options of fit in words: of preparation and judgement, and flags. TypeError for another, naming the nearest or the setting of the `model` that it is."""
    from rechub._settings import EVALUATION, PREPARE

    known = (*_FIT, *sorted(EVALUATION), *sorted(PREPARE))
    for name in options:
        if name in settings:
            raise TypeError(f"fit has no '{name}': it is a setting of the model, {model}({name}=...)")
        if name not in known:
            nearest = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {nearest[0]}?" if nearest else "help(fit) lists its keywords, `rechub prepare --help` those of preparation"
            raise TypeError(f"fit has no '{name}'; {hint}")
    words = prepare_words(tables, {name: value for name, value in options.items() if name in PREPARE}, **files)
    words += flag_words({name: value for name, value in options.items() if name in _FIT})
    return words + [word for name, value in options.items() if name in EVALUATION for word in ("--set", f"evaluation.{name}={setting_text(value)}")]


def option_words(tables: Tables, options: Mapping[str, Any], **files: Any) -> list[str]:
    """Options of a command that prepares data too: those of `rechub prepare` as prepare_words has them, all others as flags."""
    from rechub._settings import PREPARE

    prepare = {name: value for name, value in options.items() if name in PREPARE}
    return prepare_words(tables, prepare, **files) + flag_words({name: value for name, value in options.items() if name not in PREPARE})
