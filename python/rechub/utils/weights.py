"""Weights of Torch-RecHub's models."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from rechub._catalogue import FIRST_ROW
from rechub.basic.features import DenseFeature, SequenceFeature

if TYPE_CHECKING:
    from rechub.models.matching import MatchModel

_TOWERS = "its tower has batch norm and an activation behind every layer, the last one too"
# Why a model's other weights mean something else here.
_LEFT = {
    "DSSM": _TOWERS,
    "FaceBookDSSM": _TOWERS,
    "YoutubeDNN": _TOWERS,
    "YoutubeSBC": _TOWERS,
    "GRU4Rec": f"{_TOWERS}, and its GRU has no biases and runs over padding",
    "MIND": "its capsules take the softmax over events and draw new logits on every call, and one matrix stands for two layers",
    "ComirecDR": "its capsules take the softmax over events, and have a matrix for each place of a history",
    "SASRec": "its places count from the front of a padded row, and padding is attended to",
    "SINE": "it has no layer norms, adds places to events, and has no linear map of several heads",
    "STAMP": "it computes W tanh(x) in place of tanh(W x), and its attention goes through a softmax",
}
_NO_STATE_DICT = (
    "expected a state dict, tensors by name and nothing else, which is all that is read, as other files could run code. "
    "Of a model saved as a whole make one where Torch-RecHub is installed: torch.save(model.state_dict(), 'model.pth')"
)
_TABLES = ("item_emb.weight", "item_embedding.weight")  # of models that have one


def load_torch_rechub(path: str | os.PathLike[str], model: MatchModel) -> dict[str, str]:
    """Takes over what corresponds from a state dict that Torch-RecHub saved (model.pth), read with weights_only so that the file cannot run code.

    Embedding tables correspond in all models: row i is id i. All weights do in NARM, and in ComirecSA where the item has one feature and the user no lists but the history: user
    vectors are then Torch-RecHub's, of length 1. The other models compute something else with theirs: those are left as they are, to be trained.

    Args:
        path: of the file. model: made with the same features and sizes.

    Training begins with what is taken; other weights begin as ever.

    Returns for each tensor of the file where it went, or "left: " and the reason. Raises ValueError for a file that holds no state dict and for a tensor of another size, naming
    it.
    """
    import torch

    try:
        state = torch.load(os.fspath(path), map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception:  # torch raises many kinds, whose texts are long and advise to let the file run its code
        raise ValueError(f"{os.fspath(path)}: {_NO_STATE_DICT}") from None
    if not isinstance(state, dict) or not state or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ValueError(f"{os.fspath(path)}: {_NO_STATE_DICT}")
    theirs = _Theirs({name.removeprefix("module."): value.detach().to(torch.float32).numpy() for name, value in state.items()})
    taken = _Taken(model)
    report = taken.report
    _take_tables(theirs, taken, model)
    kind = type(model).__name__
    reason = _LEFT.get(kind, "")
    if kind == "NARM":
        _take_narm(theirs, taken)
    elif kind == "ComirecSA":
        reason = _take_comirec_sa(theirs, taken, model)
    for name in theirs:
        report.setdefault(name, f"left: {reason}")
    model.load_state_dict(taken.weights)
    return report


class _Theirs(dict[str, Any]):
    """The file's tensors. ValueError for one that it does not have."""

    def __missing__(self, name: str) -> Any:
        raise ValueError(f"the file has no tensor {name}: it belongs to another model")


class _Taken:
    """What is taken over: weights by their names here, and where each tensor of the file went."""

    def __init__(self, model: MatchModel) -> None:
        self.ours = model.state_dict()
        self.weights: dict[str, Any] = {}
        self.report: dict[str, str] = {}

    def put(self, name: str, value: Any, source: str) -> None:
        if name not in self.ours or self.ours[name].size != value.size:
            size = list(self.ours[name].shape) if name in self.ours else "not there"
            raise ValueError(f"{source}: {list(value.shape)} does not fit the model, whose {name} is {size}; make it with the same features")
        self.weights[name] = np.ascontiguousarray(value, dtype=np.float32).reshape(self.ours[name].shape)
        self.report[source] = name

    def put_table(self, name: str, value: Any, source: str) -> None:
        table = self.ours[name].copy()
        if value.ndim != 2 or table.shape != (value.shape[0] + FIRST_ROW, value.shape[1]):
            wanted = [table.shape[0] - FIRST_ROW, table.shape[1]]
            raise ValueError(f"{source}: {list(value.shape)} does not fit the model, whose table {name} has {wanted} for its ids; make it with the same features")
        table[FIRST_ROW:] = value
        self.weights[name] = table
        self.report[source] = name

    def fill(self, name: str, number: float) -> None:
        if name in self.ours:
            self.weights[name] = np.full_like(self.ours[name], number)


def _take_tables(theirs: dict[str, Any], taken: _Taken, model: MatchModel) -> None:
    ours, report = taken.ours, taken.report
    item_table = f"item.{model.item_features[0].name}"
    for name, value in theirs.items():
        if "embed_dict." in name:
            feature = name.split("embed_dict.", 1)[1].removesuffix(".weight")
            table = next((table for table in (f"item.{feature}", f"user.{feature}") if table in ours), None)
            if table is None and feature == model.history:
                if any(f"embed_dict.{one.name}." in other for other in theirs for one in model.item_features):
                    report[name] = "left: the history reads the items' table"
                    continue
                table = item_table
            if table is None:
                report[name] = f"left: the model has no feature {feature} with a table of its own"
                continue
        elif name in _TABLES:
            table = item_table
        else:
            continue
        taken.put_table(table, value, name)


def _take_narm(theirs: dict[str, Any], taken: _Taken) -> None:
    for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        taken.put(f"gru0.{part}", theirs[f"gru.{part}_l0"], f"gru.{part}_l0")
    taken.put("attention.query.weight", theirs["a_1"], "a_1")
    taken.put("attention.key.weight", theirs["a_2"], "a_2")
    taken.put("attention.score.weight", theirs["v"].T, "v")
    half = theirs["b"].shape[1] // 2  # of [global; local] there, [local; global] here
    taken.put("projection.weight", np.concatenate([theirs["b"][:, half:], theirs["b"][:, :half]], axis=1), "b")


def _take_comirec_sa(theirs: dict[str, Any], taken: _Taken, model: MatchModel) -> str:
    """Why it was not taken; empty where it was."""
    profile = [feature for feature in model.user_features if feature.name != model.history]
    if len(model.item_features) > 1 or any(isinstance(feature, SequenceFeature) for feature in profile):
        return "here an item of several features is projected, and lists have a mean without padding"
    if "readout.projection.weight" not in taken.ours:
        return "without features of the user there is no layer behind the interests here"
    taken.put("attention.inner.weight", theirs["multi_interest_sa.W1"].T, "multi_interest_sa.W1")
    taken.put("attention.heads.weight", theirs["multi_interest_sa.W2"].T, "multi_interest_sa.W2")
    taken.report["multi_interest_sa.W3"] = "left: nothing reads it"
    matrix = theirs["convert_user_weight"]  # [profile, its ids first, then the interest] -> vector
    dim = matrix.shape[1]
    begin, rows = 0, {}
    for feature in [one for one in profile if not isinstance(one, DenseFeature)] + [one for one in profile if isinstance(one, DenseFeature)]:
        rows[feature.name] = matrix[begin : begin + feature.embed_dim]
        begin += feature.embed_dim
    joined = np.concatenate([(matrix[begin:] - np.eye(dim)).T, *(rows[feature.name].T for feature in profile)], axis=1)  # state + W [state; profile]
    taken.put("readout.projection.weight", joined, "convert_user_weight")
    for name in ("attention.inner.bias", "readout.projection.bias", "position"):  # which it has not
        taken.fill(name, 0)
    for feature in profile:
        if isinstance(feature, DenseFeature):  # numbers go in as they are
            for part, number in (("shift", 0), ("mean", 0), ("inverse_deviation", 1)):
                taken.fill(f"user.{feature.name}.{part}", number)
    return ""
