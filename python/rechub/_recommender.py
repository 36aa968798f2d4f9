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
import textwrap
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from rechub._catalogue import FIRST_ROW, Catalogue, question
from rechub._data import Tables, as_names, as_whole_number, is_path, one_or_several, setting_text, variety
from rechub._new_bundle import NewBundle
from rechub._runtime import command, engine, held_interrupt, quiet_results, train
from rechub._settings import SETTINGS
from rechub._words import fit_words, flag_words

if TYPE_CHECKING:
    import pandas as pd

    from rechub._evaluation import Evaluation
    from rechub._server import Server

Callback = Callable[[dict[str, Any]], "bool | None"]
Self = TypeVar("Self", bound="Recommender")


class NotFittedError(ValueError, AttributeError):
    """The model has learnt nothing yet: call fit, or load a bundle."""


class Recommender:
    """A recall model with its settings; the subclasses (rechub.SASRec, ...) list them.

    Settings are stored as they are given and checked by fit, as scikit-learn's estimators do: get_params, set_params and sklearn.base.clone work. A fitted model is a bundle, a
    directory that holds weights, vocabularies, features and the data set it was trained on: ``bundle_``. Copying and pickling go through it.

    After fit:
        bundle_         pathlib.Path of the bundle; a temporary one is removed with the model
        metrics_        {"valid": ..., "test": ..., "training": ...}: how the model was judged, with intervals and protocol
        history_        one dict an epoch: epoch, train_loss, seconds, events_per_second, learning_rate, evaluation_seconds and the validation metrics
        n_users_, n_items_
    """

    _name: ClassVar[str] = ""
    _remove: weakref.finalize[Any, Any] | None = None  # of a temporary bundle

    # Settings

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__doc__ and "_name" in vars(cls):  # a model of its own, whose docstring ends where they begin; not a class that somebody makes of one
            cls.__doc__ = cls.__doc__.rstrip() + "\n" + textwrap.indent(SETTINGS, "    ") + "    "

    def _set(self, values: Mapping[str, Any]) -> None:
        """Stores what a constructor was given."""
        for name in self._defaults():
            setattr(self, name, values[name])

    @staticmethod
    def _section(name: str) -> str:
        """Where the engine has a setting: [model], [training], ..."""
        from rechub._settings import SECTIONS

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
        freeze: str | Sequence[str] = (),
        other_ids: bool = False,
        callbacks: Callback | Sequence[Callback] = (),
        out: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
        resume: bool = False,
        threads: int | None = None,
        verbose: bool = True,
        **options: Any,
    ) -> Self:
        """Trains on an interaction log and judges what was learnt by exact ranking over the whole catalogue.

        Args:
            events: a row an event, with a user, an item and a time: a pandas or polars DataFrame, a pyarrow Table, a dict of columns (NumPy, torch, lists), a file or directory
                (CSV, Parquet, RecBole .inter), or a data set of `rechub prepare`. Usual column names are found by themselves; user_col, item_col and time_col name others,
                time_col="none" says that the rows are in order.
            user_features, item_features: tables or files of features, joined by the id; a list of several.
            split: how validation and test cases are cut off: "leave-one-out", "time:0.8,0.1,0.1", "users:0.8,0.1,0.1" or "sessions".
            init_from: go on from this model or bundle with new data; freeze names parameters that stay as they are ("item.*"), other_ids says that the users and items are
                others than its, though their ids may look alike.
            callbacks: called after each epoch with its line of history_; one that returns True ends training there.
            out: directory of the bundle; None: a temporary one that is removed with the model. resume goes on with a run to the same `out` that was ended; overwrite replaces a
                bundle.
            threads: of this fit; 0 takes all cores, None what rechub.set_num_threads says.
            verbose: show progress, what was found in the data and how the model was judged.
            options: everything else that `rechub prepare --help` lists (user_col, min_user_events, context_cols, max_ram, ...), and of `rechub train --help` split_seed, device and
                how the model is judged at the end: k, seen, exclude_seen, keep_seen, slices, beyond_accuracy, bootstrap, bootstrap_seed.

        Returns self. Ctrl-C ends training, keeps the best weights so far (the model is fitted; in the first epoch with what it has, and history_ is empty) and raises
        KeyboardInterrupt. While data is still read there is no model to keep: it ends the call, and the model is what it was before.

        Raises:
            ValueError: data or settings that do not fit, naming table, row (from 0), column and what to do.
            PathNotFoundError: a file or bundle that is not there.
            TypeError: a keyword that is none, naming the nearest.
            NotFittedError: init_from is a model that has learnt nothing yet.
        """
        called = one_or_several(callbacks, callable, "callbacks", "a function of an epoch's line")
        if isinstance(init_from, Recommender):
            init_from._fitted()
            init_from = init_from.bundle_
        elif init_from is not None and not is_path(init_from):
            raise ValueError(f"init_from: expected a fitted model or the path of a bundle, got {init_from!r}")
        frozen = as_names(freeze, "freeze", "a name of parameters, as 'item.*'")
        words = ["train", "--model", self._name, "--split", split]
        words += [flag for flag, is_on in (("--overwrite", overwrite), ("--resume", resume), ("--quiet", not verbose), ("--other-ids", other_ids)) if is_on]
        if init_from is not None:
            words += ["--init-from", str(os.fspath(init_from))]
        words += [word for name in frozen for word in ("--freeze", name)]
        for name, value in self._changed().items():
            words += ["--set", f"{self._section(name)}.{name}={setting_text(value)}"]
        new, is_taken = None, False
        try:
            with held_interrupt():
                new = NewBundle(out)
            with Tables() as tables, contextlib.nullcontext() if verbose else quiet_results():
                words += ["--out", str(new.path), "--data", tables.path(events, "events")]
                words += fit_words(tables, options, type(self).__name__, self._defaults(), user_features=user_features, item_features=item_features)
                metrics = train(words, _after_epoch(called), threads)
            with held_interrupt():
                self._take_new(new)
                is_taken = True
        except BaseException as error:
            with held_interrupt():
                if new is not None and not is_taken:
                    if isinstance(error, KeyboardInterrupt) and new.is_written():  # it came when training was over
                        self._take_new(new)
                    else:
                        new.give_up()
            raise
        if metrics["training"]["interrupted"]:
            raise KeyboardInterrupt
        return self

    def _take_new(self, new: NewBundle) -> None:
        self._take(new.path, engine().Bundle(str(new.path), verify=False), new.folder)  # written by this process

    def _take(self, bundle: pathlib.Path, opened: Any, folder: str | None = None) -> None:
        """Becomes the fitted model of a bundle that the engine has open; `folder` is removed with this object."""
        self.bundle_ = bundle
        self.metrics_ = json.loads(opened.metrics)
        lines = bundle / "metrics.jsonl"
        self.history_ = [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []  # training was ended in its first epoch
        self.n_users_, self.n_items_ = opened.num_users, opened.num_items
        self._catalogue = Catalogue(opened)
        if self._remove is not None:
            self._remove()  # the temporary bundle of an earlier fit
        self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True) if folder else None

    def _fitted(self) -> Catalogue:
        if not hasattr(self, "_catalogue"):
            raise NotFittedError(f"this {type(self).__name__} has learnt nothing yet: call fit, or load a bundle with rechub.load")
        engine()  # refuses in a forked process
        return self._catalogue

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
            users: an id or a list of them (NumPy, pandas, polars, arrow, torch, list); None: all users of the data. Users that the data do not have get no rows, and one warning
                names up to three of them: `history` or `features` say who they are.
            k: 1 to 10,000; a user gets fewer where fewer items may be recommended.
            history: item ids, oldest first, in place of the user's own events: a list for one user (whom `users` need not name), a list of lists for several.
            features: values of user and request features, {"age": 31, ...}, for one user or a list of them.
            filter_seen: leave out the items of the history; None: unless the data have repeat consumption.
            allow, deny: item ids that alone may, or must not, be recommended.
            diversity: what a pair of items of different diversity_feature is worth, in scores (ComiRec's lambda).

        Returns a DataFrame with user, item, score (dot product or cosine) and rank (from 1).

        Raises NotFittedError before fit; ValueError for arguments of another kind or out of range, and for history and features of another number of users; TypeError for features
        of a user that are no dict. Ids that the data do not have are no error: a warning counts them.
        """
        catalogue = self._fitted()
        asked, names, is_stranger = catalogue.requests(users, history, features, "get no recommendations")
        asked, names = question(asked[~is_stranger]), names[~is_stranger]
        if not isinstance(filter_seen, (bool, np.bool_, type(None))):
            raise ValueError(f"filter_seen should be True, False or None, got {filter_seen!r}")
        seen = not catalogue.opened.has_repeats if filter_seen is None else filter_seen
        wanted = catalogue.allowed(allow, deny)
        items, scores = catalogue.opened.recommend(asked, as_whole_number(k, "k"), bool(seen), wanted, *variety(diversity, diversity_feature, diversity_pool))
        return catalogue.frame({"user": names}, "item", items, scores)

    def similar_items(
        self, items: Any, k: int = 10, *, allow: Any = None, deny: Any = None, diversity: float = 0.0, diversity_feature: str = "", diversity_pool: int = 0
    ) -> pd.DataFrame:
        """The k items most like each of `items`, by the dot product (or cosine) of their vectors: a DataFrame with item, similar_item, score and rank.

        Raises NotFoundError for an item that the data do not have, ValueError for arguments out of range, NotFittedError before fit."""
        catalogue = self._fitted()
        rows = catalogue.known_items(items)
        found, scores = catalogue.opened.similar(rows, as_whole_number(k, "k"), catalogue.allowed(allow, deny), *variety(diversity, diversity_feature, diversity_pool))
        return catalogue.frame({"item": catalogue.ids("item")[rows - FIRST_ROW]}, "similar_item", found, scores)

    def user_vectors(self, users: Any = None, *, history: Sequence[Any] | None = None, features: Any = None) -> np.ndarray[Any, Any]:
        """float32 [users, Q, D], Q interests of width D (1 for most models), as recommend searches by them; arguments as there. Users that the data do not have get the vectors of
        somebody of whom nothing is known, with a warning. Raises as recommend does."""
        catalogue = self._fitted()
        asked, _, _ = catalogue.requests(users, history, features, "get the vectors of somebody of whom nothing is known")
        vectors: np.ndarray[Any, Any] = catalogue.opened.user_vectors(question(asked))
        return vectors

    def item_vectors(self) -> np.ndarray[Any, Any]:
        """float32 [items, D], in the order of item_ids(). NotFittedError before fit, as of the two that follow."""
        vectors: np.ndarray[Any, Any] = self._fitted().opened.item_vectors()
        return vectors

    def item_ids(self) -> np.ndarray[Any, Any]:
        """Raw ids of the catalogue: int64 or texts [items]."""
        return self._fitted().ids("item").copy()

    def user_ids(self) -> np.ndarray[Any, Any]:
        """Raw ids of the users of the data: int64 or texts [users]."""
        return self._fitted().ids("user").copy()

    # Judgement, and what becomes of the model

    def evaluate(
        self, data: Any = None, *, split: str = "test", baselines: str | Sequence[str] = (), against: Any = (), index: str = "", **options: Any
    ) -> Evaluation:
        """Judges the model as rechub.evaluate does, with its arguments and errors; NotFittedError before fit."""
        from rechub._evaluation import evaluate

        return evaluate(self, data, split=split, baselines=baselines, against=against, index=index, **options)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Copies the bundle to `path`, whole or not at all. Raises FileExistsError where something is there, unless overwrite is set and it is a bundle; NotFittedError
        before fit."""
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
        """The fitted model of a bundle; every byte of it is checked. Raises PathNotFoundError where there is no bundle, ValueError where it is damaged or of another model."""
        model = load(path)
        if not isinstance(model, cls):
            raise ValueError(f"{os.fspath(path)} is a bundle of {type(model).__name__}, not of {cls.__name__}; rechub.load opens any")
        return model

    def export(self, to: str, out: str | os.PathLike[str], **options: Any) -> None:
        """Writes the model for other programs, as `rechub export --to` does: onnx, embeddings or a vector store. Raises ValueError for another format or option and an `out`
        that is there already; NotFittedError before fit."""
        self._fitted()
        with quiet_results():
            command(["export", str(self.bundle_), "--to", to, "--out", os.fspath(out), *flag_words(options)])

    def serve(self, *, port: int = 8080, host: str = "127.0.0.1", wait: bool = True, **options: Any) -> Server:
        """Answers requests over HTTP from a process of its own, with the flags of `rechub serve`. wait=False returns at once a Server with url and stop().

        Raises ValueError where the service does not start, PathNotFoundError where a file that it is told of is missing, NotFittedError before fit."""
        from rechub._server import Server

        self._fitted()
        server = Server([self.bundle_], port=port, host=host, **options)
        if wait:
            server.wait()
        return server

    # Copies

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in self.__dict__.items() if name not in ("_catalogue", "_remove", "bundle_")}
        if hasattr(self, "_catalogue"):
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
            try:
                with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                    archive.extractall(folder, filter="data")
                bundle = pathlib.Path(folder) / "bundle"
                self._take(bundle, engine().Bundle(str(bundle)), folder)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise


def load(path: str | os.PathLike[str]) -> Recommender:
    """The fitted model of a bundle, of whichever class; every byte of it is checked.

    Raises PathNotFoundError where there is no bundle, ValueError where it is damaged."""
    from rechub import _models

    opened = engine().Bundle(os.fspath(path))
    config = json.loads(opened.config)
    cls: type[Recommender] = _models.BY_NAME[config["model"]]
    model = cls(**{name: _like(default, config["run"].get(cls._section(name), {}).get(name, default)) for name, default in cls._defaults().items()})
    model._take(pathlib.Path(path), opened)
    return model


def _is_same(value: Any, default: Any) -> bool:
    """Whether a setting is at its default; what cannot be compared is not."""
    try:
        return bool(value == default)
    except (TypeError, ValueError):
        return False


def _like(default: Any, value: Any) -> Any:
    return tuple(value) if isinstance(default, tuple) else value


def _after_epoch(called: Sequence[Callback]) -> Callable[[str], bool]:
    def after(line: str) -> bool:
        epoch = json.loads(line)
        return any([bool(callback(epoch)) for callback in called])

    return after
