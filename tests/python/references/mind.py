"""MIND (Li et al., CIKM 2019) in NumPy, a history at a time."""

import math

import numpy as np

from .capsules import route


def interests(weights, options, history, constants=None):
    """The vectors [K, D] of a history of item rows, oldest first; those beyond max(1, min(K, log2 n)) are copies of the first."""
    count, n = options["n_interest"], len(history)
    x = weights["item.id"][history] * np.sqrt(weights["item.id"].shape[1])                                          # [n, D]
    newest_first = np.arange(n)[::-1]
    if options["positions"] != "none":
        x = x + weights["position"][newest_first if options["positions"] == "newest" else np.arange(n)]
    active = max(1, min(count, int(math.log2(n)))) if options["dynamic_interests"] else count
    votes = np.repeat((x @ weights["votes.weight"].T)[:, None], active, axis=1)                   # one vote an event, for all interests
    h = route(votes, weights["votes.logits"][newest_first, :active], options["iterations"], constants)
    layers = len(options["user_dims"]) + 1
    for layer in range(layers):
        h = h @ weights[f"interest_tower.{layer}.weight"].T + weights[f"interest_tower.{layer}.bias"]
        if layer + 1 < layers or options["output_activation"] == "relu":
            h = np.maximum(h, 0)
    return np.concatenate([h, np.repeat(h[:1], count - active, axis=0)])
