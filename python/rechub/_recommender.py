"""What all models share: fit, recommend, similar_items, evaluate, save and load."""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import os
import pathlib
import shutil
import tarfile
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from rechub._data import Tables, as_array, as_ids, as_whole_number, feature_values, is_one_id, setting_text, variety
from rechub._runtime import command, engine, quiet_results, train

if TYPE_CHECKING:
    import pandas as pd

    from rechub._evaluation import Evaluation
    from rechub._server import Server

Callback = Callable[[dict[str, Any]], "bool | None"]
Self = TypeVar("Self", bound="Recommender")
_UNKNOWN_ROW, _FIRST_ROW = 1, 2


class NotFittedError(ValueError, AttributeError):
    """The model has learnt nothing yet: call fit, or load a bundle."""


class Recommender:
    """A recall model with its settings; the subclasses (rechub.SASRec, ...) list them.

    Settings are stored as they are given and checked by fit, as scikit-learn's estimators do: get_params, set_params and sklearn.base.clone work. A fitted model is a bundle, a directory
    that holds weights, vocabularies, features and the data set it was trained on: ``bundle_``. Copying and pickling go through it.

    After fit:
        bundle_         pathlib.Path of the bundle; a temporary one is removed with the model
        metrics_        {"valid": ..., "test": ..., "training": ...}: how the model was judged, with intervals and protocol
        history_        one dict an epoch: epoch, train_loss, seconds, events_per_second, learning_rate, evaluation_seconds and the validation metrics
        n_users_, n_items_
    """

    _name: ClassVar[str] = ""

    # Settings

    def _set(self, values: Mapping[str, Any]) -> None:
        """Stores what a constructor was given."""
        for name in self._defaults():
            setattr(self, name, values[name])

    @staticmethod
    def _section(name: str) -> str:
        """Where the engine has a setting: [model], [training], ..."""
        from rechub._models import SECTIONS

        return SECTIONS.get(name, "model")

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        return {parameter.name: parameter.default for parameter in parameters}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All settings by name."""
        return {name: getattr(self, name) for name in self._defaults()}

    def set_params(self: Self, **params: Any) -> Self:
        """Changes settings; ValueError for one the model does not have."""
        known = self._defaults()
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"{type(self).__name__} has no setting '{name}'; it has {', '.join(known)}")
            setattr(self, name, value)
        return self

    def _changed(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name, default in self._defaults().items() if not _is_same(getattr(self, name), default)}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._changed().items())})"

    # Training

    def fit(
        self: Self,
        events: Any,
        *,
        user_features: Any = None,
        item_features: Any = None,
        split: str = "leave-one-out",
        init_from: Any = None,
        freeze: Sequence[str] = (),
        callbacks: Callback | Sequence[Callback] = (),
        out: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
        resume: bool = False,
        threads: int | None = None,
        verbose: bool = True,
        **prepare: Any,
    ) -> Self:
        """Trains on an interaction log and judges what was learnt by exact ranking over the whole catalogue.

        Args:
            events: a row an event, with a user, an item and a time: a pandas or polars DataFrame, a pyarrow Table, a dict of columns (NumPy, torch, lists), a file or directory (CSV,
                Parquet, RecBole .inter), or a data set of `rechub prepare`. Usual column names are found by themselves; user_col, item_col and time_col name others, time_col="none" says
                that the rows are in order.
            user_features, item_features: tables or files of features, joined by the id; a list of several.
            split: how validation and test cases are cut off: "leave-one-out", "time:0.8,0.1,0.1", "users:0.8,0.1,0.1" or "sessions".
            init_from: go on from this model or bundle with new data; freeze names parameters that stay as they are ("item.*").
            callbacks: called after each epoch with its line of history_; one that returns True ends training there.
            out: directory of the bundle; None: a temporary one that is removed with the model. resume goes on with a run to the same `out` that was ended; overwrite replaces a bundle.
            threads: of this fit; 0 takes all cores, None what rechub.set_num_threads says.
            verbose: show progress, what was found in the data and how the model was judged.
            prepare: everything else `rechub prepare --help` lists: user_col, min_user_events, context_cols, max_ram, ...

        Returns self. Ctrl-C ends training, keeps the best weights so far (the model is fitted) and raises KeyboardInterrupt.

        Raises:
            ValueError: data or settings that do not fit, naming table, row (from 0), column and what to do.
            NotFoundError: a file or column that is not there.
        """
        folder = None if out is not None else tempfile.mkdtemp(prefix="rechub-")
        bundle = pathlib.Path(os.path.join(folder, "bundle") if folder else os.fspath(out))  # type: ignore[arg-type]
        words = ["train", "--model", self._name, "--out", str(bundle), "--split", split]
        words += [flag for flag, is_on in (("--overwrite", overwrite), ("--resume", resume), ("--quiet", not verbose)) if is_on]
        if init_from is not None:
            words += ["--init-from", str(init_from.bundle_ if isinstance(init_from, Recommender) else init_from)]
        words += [word for name in freeze for word in ("--freeze", name)]
        for name, value in self._changed().items():
            words += ["--set", f"{self._section(name)}.{name}={setting_text(value)}"]
        history: list[dict[str, Any]] = []
        try:
            with Tables() as tables, contextlib.nullcontext() if verbose else quiet_results():
                words += ["--data", tables.path(events, "events")]
                words += prepare_words(tables, prepare, user_features=user_features, item_features=item_features)
                metrics = train(words, _after_epoch(callbacks, history), threads)
        except BaseException:
            if folder:
                shutil.rmtree(folder, ignore_errors=True)
            raise
        self._take(bundle, folder)
        self.metrics_ = metrics
        self.history_ = [json.loads(line) for line in (bundle / "metrics.jsonl").read_text().splitlines()]
        if metrics["training"]["interrupted"]:
            raise KeyboardInterrupt
        return self

    def _take(self, bundle: pathlib.Path, folder: str | None) -> None:
        """Becomes the fitted model of a bundle; `folder` is removed with this object."""
        self.bundle_ = bundle
        self._open = engine().Bundle(str(bundle))
        self.n_users_, self.n_items_ = self._open.num_users, self._open.num_items
        self._ids: dict[str, np.ndarray[Any, Any]] = {}
        if folder:
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def _fitted(self) -> Any:
        if not hasattr(self, "_open"):
            raise NotFittedError(f"this {type(self).__name__} has learnt nothing yet: call fit, or load a bundle with rechub.load")
        engine()  # refuses in a forked process
        return self._open

    def _raw_ids(self, of: str) -> np.ndarray[Any, Any]:
        """Of users or items, in the order of their rows."""
        opened = self._fitted()
        if of not in self._ids:
            ids = opened.ids(of)
            self._ids[of] = ids if isinstance(ids, np.ndarray) else np.array(ids, dtype=object)
        return self._ids[of]

    # Answers

    def recommend(
        self,
        users: Any = None,
        k: int = 10,
        *,
        history: Sequence[Any] | None = None,
        features: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        filter_seen: bool | None = None,
        allow: Any = None,
        deny: Any = None,
        diversity: float = 0.0,
        diversity_feature: str = "",
        diversity_pool: int = 0,
    ) -> pd.DataFrame:
        """The k best items of each user by exact search over the whole catalogue.

        Args:
            users: an id or a list of them (NumPy, pandas, polars, arrow, torch, list); None: all users of the data. Users that the data do not have are answered as strangers, and a warning
                says how many.
            k: 1 to 10,000; a user gets fewer where fewer items may be recommended.
            history: item ids, oldest first, in place of the user's own events: a list for one user (whom `users` need not name), a list of lists for several.
            features: values of user and request features, {"age": 31, ...}, for one user or a list of them.
            filter_seen: leave out the items of the history; None: unless the data have repeat consumption.
            allow, deny: item ids that alone may, or must not, be recommended.
            diversity: what a pair of items of different diversity_feature is worth, in scores (ComiRec's lambda).

        Returns a DataFrame with user, item, score (dot product or cosine) and rank (from 1).
        """
        opened = self._fitted()
        asked, names = self._requests(users, history, features)
        seen = not opened.has_repeats if filter_seen is None else filter_seen
        items, scores = opened.recommend(asked, as_whole_number(k, "k"), bool(seen), self._allowed(allow, deny), *variety(diversity, diversity_feature, diversity_pool))
        return self._frame({"user": names}, "item", items, scores)

    def similar_items(
        self, items: Any, k: int = 10, *, allow: Any = None, deny: Any = None, diversity: float = 0.0, diversity_feature: str = "", diversity_pool: int = 0
    ) -> pd.DataFrame:
        """The k items most like each of `items`, by the dot product (or cosine) of their vectors: a DataFrame with item, similar_item, score and rank.

        NotFoundError for an item that the data do not have."""
        opened = self._fitted()
        rows = self._rows("item", items)
        unknown = np.flatnonzero(rows == _UNKNOWN_ROW)
        if unknown.size > 0:
            from rechub._errors import NotFoundError

            known = self._raw_ids("item")
            raise NotFoundError(f"there is no item {_list(items)[unknown[0]]!r}: the data have {len(known)} of them, as {str(known[0])}")
        found, scores = opened.similar(rows, as_whole_number(k, "k"), self._allowed(allow, deny), *variety(diversity, diversity_feature, diversity_pool))
        return self._frame({"item": self._raw_ids("item")[rows - _FIRST_ROW]}, "similar_item", found, scores)

    def user_vectors(self, users: Any = None, *, history: Sequence[Any] | None = None, features: Any = None) -> np.ndarray[Any, Any]:
        """float32 [users, Q, D], Q interests of width D (1 for most models), as recommend searches by them; arguments as there."""
        opened = self._fitted()
        asked, names = self._requests(users, history, features)
        vectors: np.ndarray[Any, Any] = opened.user_vectors(asked if len(names) > 0 else json.dumps([{"user": "nobody"}]))
        return vectors[: len(names)]

    def item_vectors(self) -> np.ndarray[Any, Any]:
        """float32 [items, D], in the order of item_ids()."""
        vectors: np.ndarray[Any, Any] = self._fitted().item_vectors()
        return vectors

    def item_ids(self) -> np.ndarray[Any, Any]:
        """Raw ids of the catalogue: int64 or texts [items]."""
        return self._raw_ids("item").copy()

    def user_ids(self) -> np.ndarray[Any, Any]:
        """Raw ids of the users of the data: int64 or texts [users]."""
        return self._raw_ids("user").copy()

    def _rows(self, of: str, ids: Any) -> np.ndarray[Any, Any]:
        rows: np.ndarray[Any, Any] = self._fitted().rows(of, as_ids(ids, f"{of}s"))
        return rows

    def _requests(self, users: Any, history: Any, features: Any) -> tuple[Any, np.ndarray[Any, Any]]:
        """What the engine is asked, rows or JSON, and the names of those who ask."""
        if history is None and features is None:
            if users is None:
                names = self._raw_ids("user")
                return np.arange(_FIRST_ROW, _FIRST_ROW + len(names), dtype=np.int32), names
            names, rows = _named(users), self._rows("user", users)
            _warn_of_strangers(int((rows == _UNKNOWN_ROW).sum()), len(rows))
            return rows, names
        histories = None if history is None else [history] if len(history) == 0 or not isinstance(_list(history)[0], (list, tuple, np.ndarray)) else list(history)
        given = None if features is None else [features] if isinstance(features, Mapping) else list(features)
        count = len(histories if histories is not None else given or [])
        names = np.arange(count) if users is None else _named(users)
        for what, values in (("history", histories), ("features", given)):
            if values is not None and len(values) != len(names):
                raise ValueError(f"{what} is of {len(values)} users, but users are {len(names)}")
        requests = []
        for place, name in enumerate(names):
            request: dict[str, Any] = {"user": name if isinstance(name, str) else int(name)} if users is not None else {"user": f"stranger {place}"}
            if histories is not None:
                ids = as_ids(histories[place], f"history {place} (from 0)")
                request["history"] = ids if isinstance(ids, list) else ids.tolist()
            if given is not None:
                request["features"] = feature_values(given[place], place)
            requests.append(request)
        return json.dumps(requests), names

    def _allowed(self, allow: Any, deny: Any) -> np.ndarray[Any, Any] | None:
        """[item rows] of 0 and 1."""
        if allow is None and deny is None:
            return None
        rows = self.n_items_ + _FIRST_ROW
        allowed = np.full(rows, allow is None, dtype=np.uint8)
        unknown = 0
        for ids, value in ((allow, 1), (deny, 0)):
            if ids is not None:
                named = self._rows("item", ids)
                unknown += int((named == _UNKNOWN_ROW).sum())
                allowed[named] = value
        if unknown:
            import warnings

            warnings.warn(f"{unknown} ids of allow and deny are not in the catalogue", stacklevel=3)
        return allowed

    def _frame(self, names: dict[str, np.ndarray[Any, Any]], column: str, items: np.ndarray[Any, Any], scores: np.ndarray[Any, Any]) -> pd.DataFrame:
        import pandas as pd

        is_there = items >= _FIRST_ROW
        count = is_there.sum(axis=1)
        data = {name: np.repeat(values, count) for name, values in names.items()}
        data[column] = self._raw_ids("item")[items[is_there] - _FIRST_ROW]
        data["score"] = scores[is_there]
        data["rank"] = np.broadcast_to(np.arange(1, items.shape[1] + 1), items.shape)[is_there]
        return pd.DataFrame(data)

    # Judgement, and what becomes of the model

    def evaluate(
        self, data: Any = None, *, split: str = "test", baselines: Sequence[str] = (), against: Sequence[Any] | Mapping[str, Any] = (), index: str = "", **options: Any
    ) -> Evaluation:
        """Judges the model as rechub.evaluate does."""
        from rechub._evaluation import evaluate

        return evaluate(self, data, split=split, baselines=baselines, against=against, index=index, **options)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Copies the bundle to `path`, whole or not at all. FileExistsError where something is there, unless overwrite is set and it is a bundle."""
        self._fitted()
        target = pathlib.Path(path)
        if target.exists():
            if not overwrite or not (target / "manifest.json").exists():
                raise FileExistsError(f"{target} is there already" + ("" if overwrite else "; overwrite=True replaces a bundle"))
        target.parent.mkdir(parents=True, exist_ok=True)
        new = pathlib.Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            shutil.copytree(self.bundle_, new, dirs_exist_ok=True)
            new.chmod(0o755)
            if target.exists():
                shutil.rmtree(target)
            new.rename(target)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise

    @classmethod
    def load(cls: type[Self], path: str | os.PathLike[str]) -> Self:
        """The fitted model of a bundle; every byte of it is checked. ValueError where it is of another model."""
        model = load(path)
        if not isinstance(model, cls):
            raise ValueError(f"{os.fspath(path)} is a bundle of {type(model).__name__}, not of {cls.__name__}; rechub.load opens any")
        return model

    def export(self, to: str, out: str | os.PathLike[str], **options: Any) -> None:
        """Writes the model for other programs, as `rechub export --to` does: onnx, embeddings or a vector store."""
        self._fitted()
        with quiet_results():
            command(["export", str(self.bundle_), "--to", to, "--out", os.fspath(out), *flag_words(options)])

    def serve(self, *, port: int = 8080, host: str = "127.0.0.1", wait: bool = True, **options: Any) -> Server:
        """Answers requests over HTTP from a process of its own, with the flags of `rechub serve`. wait=False returns at once a Server with url and stop()."""
        from rechub._server import Server

        self._fitted()
        server = Server([self.bundle_], port=port, host=host, **options)
        if wait:
            server.wait()
        return server

    # Copies

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in self.__dict__.items() if name not in ("_open", "_ids", "bundle_")}
        if hasattr(self, "_open"):
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w") as archive:
                archive.add(self.bundle_, arcname="bundle")
            state["_packed"] = packed.getvalue()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        packed = state.pop("_packed", None)
        self.__dict__.update(state)
        if packed is not None:
            folder = tempfile.mkdtemp(prefix="rechub-")
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(folder, filter="data")
            self._take(pathlib.Path(folder) / "bundle", folder)


def load(path: str | os.PathLike[str]) -> Recommender:
    """The fitted model of a bundle, of whichever class; every byte of it is checked.

    Raises NotFoundError where there is no bundle, ValueError where it is damaged."""
    from rechub import _models

    name = os.fspath(path)
    if "\0" in name:
        raise ValueError(f"not a path: {name!r}")
    opened = engine().Bundle(name)
    config = json.loads(opened.config)
    cls: type[Recommender] = _models.BY_NAME[config["model"]]
    model = cls(**{name: _like(default, config["run"].get(cls._section(name), {}).get(name, default)) for name, default in cls._defaults().items()})
    model._take(pathlib.Path(path), None)
    model.metrics_ = json.loads(model._fitted().metrics)
    model.history_ = [json.loads(line) for line in (model.bundle_ / "metrics.jsonl").read_text().splitlines()]
    return model


def _is_same(value: Any, default: Any) -> bool:
    """Whether a setting is at its default; what cannot be compared is not."""
    try:
        return bool(value == default)
    except (TypeError, ValueError):
        return False


def _like(default: Any, value: Any) -> Any:
    return tuple(value) if isinstance(default, tuple) else value


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


def _after_epoch(callbacks: Callback | Sequence[Callback], history: list[dict[str, Any]]) -> Callable[[str], bool]:
    called = [callbacks] if callable(callbacks) else list(callbacks)

    def after(line: str) -> bool:
        history.append(json.loads(line))
        return any([bool(callback(history[-1])) for callback in called])

    return after


def _list(values: Any) -> Any:
    return [values] if is_one_id(values) else values if isinstance(values, (list, tuple)) else list(as_array(values))


def _named(users: Any) -> np.ndarray[Any, Any]:
    ids = as_ids(users, "users")
    return ids if isinstance(ids, np.ndarray) else np.array(_list(users), dtype=object)


def _warn_of_strangers(count: int, total: int) -> None:
    if count:
        import warnings

        warnings.warn(f"{count} of {total} users are not in the data and are answered as strangers; `history` says what they have seen", stacklevel=4)
