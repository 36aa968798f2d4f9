"""SINE (Tan et al., WSDM 2021, section 3; the authors' code as variant official): the prototypes that fit a user, and one vector of the interests in them."""

import numpy as np

from references.capsules import each_readout, with_places
from references.layers import layer_norm, sigmoid, softmax

CASES = [
    {},
    {"variant": "official"},
    {"n_interest": 1},
    {"positions": "newest", "num_prototypes": 4, "attention_size": 3},
    {"variant": "official", "n_interest": 2},
    {"num_layers": 1, "hidden_size": 4},
]


def unit(x):
    return x / np.sqrt((x**2).sum(-1, keepdims=True) + 1e-12)


def plain_norm(x):
    return layer_norm(x, {"plain.weight": 1, "plain.bias": 0}, "plain")


def intentions(x, chosen, weights, options):
    """P(k|t), [n, K]."""
    if options["variant"] == "official":
        return softmax(unit(x) @ unit(chosen).T / 0.07)
    return softmax(layer_norm(x @ weights["intention.weight"].T, weights, "intention.norm") @ plain_norm(chosen).T)


def user(events, weights, options):
    if len(events) == 0:
        return weights["interest.norm.bias"]        # every interest is the norm of nothing
    count, is_paper = options["n_interest"], options["variant"] == "paper"
    x = with_places(events, weights, options)                                              # [n, D]
    a = softmax(np.tanh(x @ weights["concept.inner.weight"].T) @ weights["concept.head.weight"][0])
    scores = weights["prototypes"] @ (a @ x)
    best = np.argsort(-scores)[:count]
    chosen = weights["prototypes"][best] * sigmoid(scores[best])[:, None]                  # [K, D]
    intention = intentions(x, chosen, weights, options)

    phi = np.zeros((count, x.shape[1]))
    for k, inner in enumerate(np.split(weights["attention.inner.weight"], count)):
        logits = np.tanh(x @ inner.T) @ weights["attention.heads"][k]
        share = intention[:, k] * softmax(logits) if is_paper else softmax(logits * intention[:, k])
        phi[k] = layer_norm(share @ x, weights, "interest.norm")

    y = intention @ chosen                                                                 # [n, D]
    b = softmax(np.tanh(y @ weights["next.inner.weight"].T) @ weights["next.head.weight"][0])
    wanted = layer_norm(b @ y, weights, "next.norm")
    if is_paper:
        mixture = softmax(phi @ wanted / options["interest_temperature"])
    else:
        mixture = softmax(phi @ (weights["merge.weight"] @ np.concatenate([phi.mean(0), wanted]) + weights["merge.bias"]))
    return mixture @ phi


def users(weights, histories, options):
    return np.array([user(x, weights, options) for x in each_readout(weights, histories, options)])[:, None]


def items(weights, options):
    return weights["item.id"]
