"""Sequence models against PyTorch's own layers with mapped weights: the vectors of all readouts and the gradients of every weight, in double precision."""

import numpy as np
import pytest
import torch
from torch.func import functional_call
from torch.nn import functional as F

from model_probe import HISTORIES, ask

LONGEST = max(map(len, HISTORIES))
LENGTHS = torch.tensor([len(history) for history in HISTORIES])
IS_PADDING = torch.arange(LONGEST) >= LENGTHS[:, None]  # [B, L]
PADDED = torch.tensor([history + [0] * (LONGEST - len(history)) for history in HISTORIES])


def readouts(states):
    """[B, L, H] at all positions of all histories; 0 for an empty one."""
    return torch.cat([states[b, :length] if length else torch.zeros(1, states.shape[2], dtype=states.dtype) for b, length in enumerate(LENGTHS)])


def gru(x, weights, options):
    layer = torch.nn.GRU(x.shape[2], options["hidden_size"], options["num_layers"], batch_first=True).double()
    names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    return functional_call(layer, {f"{name}_l{i}": weights[f"gru{i}.{name}"] for i in range(options["num_layers"]) for name in names}, x)[0]


def gru4rec(weights, options):
    states = gru(weights["item.id"][PADDED], weights, options)
    return F.linear(readouts(states), weights["projection.weight"], weights["projection.bias"])


def narm(weights, options):
    states = gru(weights["item.id"][PADDED], weights, options)  # [B, L, H]
    sees = torch.ones(LONGEST, LONGEST, dtype=torch.bool).tril()  # readout, position
    queries, keys = F.linear(states, weights["attention.query.weight"]), F.linear(states, weights["attention.key.weight"])
    scores = F.linear(torch.sigmoid(queries[:, :, None] + keys[:, None]), weights["attention.score.weight"])[..., 0]  # [B, readout, position]
    alpha = scores.masked_fill(~sees, -torch.inf).softmax(-1) if options["attention"] == "softmax" else scores * sees
    return F.linear(readouts(torch.cat([alpha @ states, states], -1)), weights["projection.weight"])


def stamp(weights, options):
    x = weights["item.id"][PADDED]  # [B, L, D]
    sees = torch.ones(LONGEST, LONGEST, dtype=torch.bool).tril()
    mean = x.cumsum(1) / torch.arange(1, LONGEST + 1)[:, None]
    of_readout = F.linear(x, weights["attention.last.weight"]) + F.linear(mean, weights["attention.mean.weight"])
    of_position = F.linear(x, weights["attention.event.weight"], weights["attention.event.bias"])
    alpha = F.linear(torch.sigmoid(of_readout[:, :, None] + of_position[:, None]), weights["attention.score.weight"])[..., 0] * sees
    memory = alpha @ x + (mean if options["memory"] == "mean" else 0)
    dense = lambda y, name: torch.tanh(F.linear(y, weights[f"{name}.weight"], weights[f"{name}.bias"]))
    empty = torch.zeros_like(readouts(x))
    empty[[sum(max(length, 1) for length in LENGTHS[:b]) for b in range(len(LENGTHS)) if LENGTHS[b] == 0]] = 1
    nothing = torch.zeros(1, x.shape[2], dtype=x.dtype)
    return readouts(dense(memory, "general") * dense(x, "current")) + empty * dense(nothing, "general") * dense(nothing, "current")


def sasrec(weights, options):
    norm = lambda x, name: F.layer_norm(x, x.shape[2:], weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-8)
    slots = (LENGTHS[:, None] - 1 - torch.arange(LONGEST)).clamp_min(0)
    x = np.sqrt(options["dim"]) * weights["item.id"][PADDED] + weights["position"][slots]
    blind = torch.ones(LONGEST, LONGEST, dtype=torch.bool).triu(1)
    # An empty history has no key at all, which PyTorch answers with NaN; it is read out as 0.
    keys_padding = IS_PADDING & (LENGTHS > 0)[:, None]
    for i in range(options["num_layers"]):
        name = f"block{i}"
        attention = torch.nn.MultiheadAttention(options["dim"], options["num_heads"], batch_first=True).double()
        mapped = {
            "in_proj_weight": torch.cat([weights[f"{name}.{part}.weight"] for part in ("query", "key", "value")]),
            "in_proj_bias": torch.cat([weights[f"{name}.{part}.bias"] for part in ("query", "key", "value")]),
            "out_proj.weight": weights[f"{name}.output.weight"],
            "out_proj.bias": weights[f"{name}.output.bias"],
        }
        attended = functional_call(attention, mapped, (norm(x, f"{name}.attention_norm"), x, x), {"key_padding_mask": keys_padding, "attn_mask": blind, "need_weights": False})[0]
        y = norm(x + attended, f"{name}.feed_forward_norm")
        inner = F.relu(F.linear(y, weights[f"{name}.inner.weight"], weights[f"{name}.inner.bias"]))
        x = y + F.linear(inner, weights[f"{name}.outer.weight"], weights[f"{name}.outer.bias"])
    return readouts(norm(x, "norm"))


CASES = [
    (gru4rec, {}),
    (gru4rec, {"num_layers": 3}),
    (narm, {}),
    (narm, {"attention": "unnormalised", "num_layers": 2}),
    (sasrec, {}),
    (sasrec, {"num_heads": 3, "num_layers": 3}),
    (stamp, {}),
    (stamp, {"memory": "none", "hidden_size": 4}),
]


@pytest.mark.parametrize("model, options", CASES, ids=[f"{model.__name__}-{options}" for model, options in CASES])
def test_vectors_and_gradients_are_those_of_torchs_layers(model, options, tmp_path):
    probe = ask(tmp_path, model.__name__, options)
    weights = {name: torch.tensor(value, requires_grad=True) for name, value in probe.weights.items()}
    users, items = model(weights, probe.options), weights["item.id"]
    np.testing.assert_allclose(probe.users[:, 0], users.detach(), rtol=1e-9, atol=1e-10)
    wave = lambda x: (x.flatten() * torch.sin(torch.arange(x.numel(), dtype=x.dtype) + 1)).sum()
    (wave(users) + wave(items)).backward()
    for name, gradient in probe.gradients.items():
        np.testing.assert_allclose(gradient, weights[name].grad, rtol=1e-8, atol=1e-9, err_msg=name)
