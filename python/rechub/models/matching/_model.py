"""What the classes of rechub.models.matching share."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from rechub._data import as_array, as_number, as_whole_number
from rechub._errors import NotFoundError
from rechub._runtime import engine
from rechub.basic.features import Feature, SequenceFeature, SparseFeature

Features = Sequence[Feature]
Tower = Mapping[str, Any]
_TOWER_KEYS = ("dims", "dropout", "activation")
_WEIGHTS = "weights.safetensors"  # that save writes
_FRACTIONS = ("temperature", "dropout", "hidden_dropout")  # numbers among arguments and options; all others are whole


class MatchModel:
    """A model of the engine over features given by hand. MatchTrainer trains it and gives its vectors; it keeps its tables to itself. pickle and copy.deepcopy take its
    weights along.

    user_features, item_features: as the engine has them; of Torch-RecHub's own constructor forms, the history is among the user's features.
    """

    def __init__(
        self,
        user_features: Features | None,
        item_features: Features | None,
        arguments: Mapping[str, Any],
        options: Mapping[str, Any] | None = None,
        target_column: str | None = None,
        *,
        temperature: float,
        max_length: int,
    ) -> None:
        name = type(self).__name__
        self.user_features = feature_list(user_features, "user_features", name)
        self.item_features = feature_list(item_features, "item_features", name)
        self.target_column = target_column  # where rows have no column of the item, what has it: "y", or a list of one item an event
        _check_memory(self.user_features + self.item_features, name)
        given, further = (
            json.dumps({key: _checked(key, value, name) for key, value in some.items() if value is not None})
            for some in ({**arguments, "temperature": temperature, "max_length": max_length}, options or {})
        )
        self._arguments = given, further
        self._handle = self._built()

    def _built(self) -> Any:
        users, items = ([_engine_feature(one) for one in features] for features in (self.user_features, self.item_features))
        return engine().MatchModel(type(self).__name__, users, items, *self._arguments)

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in self.__dict__.items() if name != "_handle"}
        if self._handle.has_learnt:
            with tempfile.TemporaryDirectory() as folder:
                self.save(folder)
                state["learnt"] = (pathlib.Path(folder) / _WEIGHTS).read_bytes()
        elif self._handle.has_given:
            state["given"] = self.state_dict()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        learnt, given = state.pop("learnt", None), state.pop("given", None)
        self.__dict__.update(state)
        self._handle = self._built()
        if learnt is not None:
            with tempfile.TemporaryDirectory() as folder:
                (pathlib.Path(folder) / _WEIGHTS).write_bytes(learnt)
                self.load(folder)
        if given is not None:
            self.load_state_dict(given)

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return int(self._handle.dim)

    @property
    def history(self) -> str:
        """The feature that is the history; empty where there is none."""
        return str(self._handle.history)

    def state_dict(self) -> dict[str, Any]:
        """All weights by name: float32 NumPy arrays, copies."""
        return dict(self._handle.tensors())

    def load_state_dict(self, weights: Mapping[str, Any]) -> None:
        """Takes weights by name, as state_dict gives them; training goes on from them. Raises NotFoundError for a name the model has not, ValueError for another shape."""
        import numpy as np

        own = self._handle.tensors()
        for name in weights:
            if name not in own:
                raise NotFoundError(f"the model has no tensor {name}")
        self._handle.set_tensors({name: np.require(as_array(value, name), dtype=np.float32, requirements="C") for name, value in weights.items()})

    def save(self, directory: str | os.PathLike[str]) -> None:
        """Writes DIRECTORY/weights.safetensors, whole or not at all."""
        self._handle.save(os.fspath(directory))

    def load(self, directory: str | os.PathLike[str]) -> None:
        """Reads what save wrote. Raises PathNotFoundError without it, ValueError where it belongs to a model of other arguments."""
        self._handle.load(os.fspath(directory))

    def load_torch_rechub(self, path: str | os.PathLike[str]) -> dict[str, str]:
        """Takes over weights of a Torch-RecHub model: see rechub.utils.weights.load_torch_rechub."""
        from rechub.utils.weights import load_torch_rechub

        return load_torch_rechub(path, self)

    def eval(self) -> MatchModel:
        """The model itself: it has no other mode in use than in training, which is MatchTrainer's."""
        return self

    def __call__(self, x: Any) -> Any:
        """Of the session models NARM and STAMP without item_feature, as in Torch-RecHub's example: the score of every item, a float32 torch tensor [rows, vocab_size]; -inf for
        id 0.

        TypeError for others: MatchTrainer's predict scores rows, its inference_embedding gives vectors.
        """
        if self.target_column != "y":
            raise TypeError(f"a {type(self).__name__} of rechub is not called: MatchTrainer's predict scores rows, its inference_embedding gives vectors")
        import numpy as np
        import torch

        from rechub.trainers import MatchTrainer
        from rechub.utils.data import make_dataloader

        trainer = MatchTrainer(self, model_path=None)
        item: Any = self.item_features[0]
        users = trainer.inference_embedding(self, "user", make_dataloader(x))
        items = trainer.inference_embedding(self, "item", make_dataloader({item.name: np.arange(item.vocab_size)}))
        scores = torch.from_numpy(users @ items.T)
        scores[:, 0] = -torch.inf
        return scores

    def __repr__(self) -> str:
        return f"{type(self).__name__}(user_features={self.user_features}, item_features={self.item_features})"


def as_feature(features: Any, argument: str, model: str) -> Feature:
    """The one feature that is given by itself or as a list of one."""
    some = feature_list([features] if isinstance(features, Feature) else features, argument, model)
    if len(some) != 1:
        raise ValueError(f"{model}: {argument} should be one feature, got {len(some)}")
    return some[0]


def last_width(params: Tower | None, otherwise: int) -> int:
    """The last of a tower's `dims`, which is the width of its vectors; `otherwise` where it names none."""
    dims = (params or {}).get("dims")
    return int(dims[-1]) if dims else otherwise


def reject_both(model: str, released: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """A constructor is called in one form or the other."""
    mine, theirs = [name for name, value in document.items() if value is not None], [name for name, value in released.items() if value is not None]
    if mine and theirs:
        raise ValueError(f"{model}: {mine[0]} does not go with {theirs[0]}: they belong to two forms of the constructor")


def with_history(model: str, user_features: Any, history_features: Any, document: Mapping[str, Any]) -> tuple[list[Feature], int]:
    """The user's features and the history, and the history's width, in Torch-RecHub's form, which goes with none of the `document`'s arguments."""
    reject_both(model, {"history_features": history_features}, document)
    history = as_feature(history_features, "history_features", model)
    return [*feature_list(user_features, "user_features", model), history], history.embed_dim


def feature_list(features: Any, argument: str, model: str) -> list[Feature]:
    """Features as a list of their own. ValueError, naming model and argument, for what is no list of features."""
    if isinstance(features, Feature) or not isinstance(features, (list, tuple)):
        raise ValueError(f"{model}: {argument} should be a list of features, got {features!r}")
    for feature in features:
        if not isinstance(feature, Feature):
            raise ValueError(f"{model}: {argument} should hold features of rechub.basic.features, got {feature!r}")
    return list(features)


def _engine_feature(feature: Feature) -> Any:
    if isinstance(feature, SequenceFeature):
        return engine().SequenceFeature(feature.name, feature.vocab_size, feature.embed_dim, feature.pooling or "", feature.shared_with or "")
    if isinstance(feature, SparseFeature):
        return engine().SparseFeature(feature.name, feature.vocab_size, feature.embed_dim, feature.shared_with or "")
    return engine().DenseFeature(feature.name, feature.embed_dim)


def _check_memory(features: list[Feature], model: str) -> None:
    """Tables are made at once: those that cannot fit are an error here, not the end of the process."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    total = 0
    for feature in features:
        if not isinstance(feature, (SparseFeature, SequenceFeature)):
            continue
        total += 4 * feature.vocab_size * feature.embed_dim
        if 3 * total > memory:  # with the optimizer's two moments
            raise ValueError(
                f"{model}: {feature.name} with vocab_size {feature.vocab_size} and embed_dim {feature.embed_dim} takes more memory to train than the "
                f"{memory / 1e9:.1f} GB of this machine"
            )


def _checked(name: str, value: Any, model: str) -> Any:
    """An argument as JSON. ValueError for one of another type."""
    if name in ("user_params", "item_params"):
        return _checked_tower(name, value, model)
    if name in _FRACTIONS:
        return as_number(value, f"{model}: {name}")
    return as_whole_number(value, f"{model}: {name}", most=2**31)


def _checked_tower(name: str, params: Any, model: str) -> dict[str, Any]:
    if not isinstance(params, Mapping):
        raise ValueError(f"{model}: {name} should be a dict with dims, dropout and activation, got {params!r}")
    if params.get("output_layer") not in (None, False):
        raise ValueError(f"{model}: {name}: output_layer should be False: a tower ends in its vectors")
    unknown = [key for key in params if key not in (*_TOWER_KEYS, "output_layer")]
    if unknown:
        raise ValueError(f"{model}: {name} has no '{unknown[0]}'; it has {', '.join(_TOWER_KEYS)}")
    out: dict[str, Any] = {}
    if params.get("dims") is not None:
        dims = params["dims"]
        if isinstance(dims, (str, bytes)) or not hasattr(dims, "__len__"):
            raise ValueError(f"{model}: {name}: dims should be a list of widths, got {dims!r}")
        out["dims"] = [as_whole_number(width, f"{model}: {name}: a width of dims", most=2**31) for width in dims]
    if params.get("dropout") is not None:
        out["dropout"] = _checked("dropout", params["dropout"], model)
    if params.get("activation") is not None:
        if not isinstance(params["activation"], str):
            raise ValueError(f"{model}: {name}: activation should be a name, got {params['activation']!r}")
        out["activation"] = {"leakyrelu": "leaky_relu"}.get(params["activation"].lower(), params["activation"].lower())
    return out
