"""What MatchTrainer's arguments are to the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rechub._data import as_number

_OPTIMIZERS = {"adam": "adam", "adamw": "adam", "adagrad": "adagrad", "sgd": "sgd"}
_PENALTIES = ("embedding_l1", "embedding_l2", "dense_l1", "dense_l2")


def optimizer_settings(optimizer_fn: Any, params: Mapping[str, Any] | None, scheduler_fn: Any, scheduler_params: Mapping[str, Any] | None, n_epoch: int) -> dict[str, Any]:
    """ValueError for an optimizer or a parameter that the engine does not have, naming those it has."""
    name = optimizer_fn if isinstance(optimizer_fn, str) else "adam" if optimizer_fn is None else getattr(optimizer_fn, "__name__", repr(optimizer_fn))
    if name.lower() not in _OPTIMIZERS:
        raise ValueError(f"optimizer_fn should be Adam, AdamW, Adagrad or SGD, got {name}")
    given = {"lr": 1e-3, "weight_decay": 1e-5} if params is None else dict(params)
    betas = given.pop("betas", (0.9, 0.999))
    if not isinstance(betas, (tuple, list)) or len(betas) != 2:
        raise ValueError(f"optimizer_params: betas should be two numbers, got {betas!r}")
    settings: dict[str, Any] = {"name": _OPTIMIZERS[name.lower()], "beta1": as_number(betas[0], "optimizer_params: betas"), "beta2": as_number(betas[1], "optimizer_params: betas")}
    for key, default in (("lr", 1e-3), ("weight_decay", 0.0), ("eps", 1e-8)):
        settings[key] = as_number(given.pop(key, default), f"optimizer_params: {key}")
    left = [key for key, value in given.items() if value not in (None, False, 0)]
    if left:
        raise ValueError(f"optimizer_params has no '{left[0]}' here; it has lr, weight_decay, betas and eps")
    settings["lr_of_epoch"] = [] if scheduler_fn is None else rates_of_epochs(scheduler_fn, scheduler_params or {}, settings["lr"], n_epoch)
    return settings


def rates_of_epochs(scheduler_fn: Any, params: Mapping[str, Any], lr: float, n_epoch: int) -> list[float]:
    """The step size of each epoch under one of torch's schedulers, which is asked ahead. ValueError for one that waits for metrics."""
    import torch

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    try:
        scheduler = scheduler_fn(optimizer, **params)
        rates = []
        for _ in range(n_epoch):
            rates.append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            scheduler.step()
    except TypeError as error:
        raise ValueError(f"scheduler_fn should give a step size for each epoch without seeing metrics, as StepLR does: {error}") from error
    return rates


def penalties(params: Mapping[str, Any] | None) -> dict[str, float]:
    """ValueError for one that does not exist."""
    given = dict(params or {})
    for name in given:
        if name not in _PENALTIES:
            raise ValueError(f"regularization_params has no '{name}'; it has {', '.join(_PENALTIES)}")
    return {name: as_number(given.get(name, 0.0), f"regularization_params: {name}") for name in _PENALTIES}
