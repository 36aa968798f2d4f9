"""MIND (Li et al., CIKM 2019): one matrix for all interests, routing from fixed random logits, interests by the logarithm of the history."""

import math

import numpy as np

from references.capsules import capsules, each_readout, held, shares_of, slots, with_places
from references.layers import tower

CASES = [
    {},
    {"dynamic_interests": False, "user_dims": []},
    {"output_activation": "relu", "iterations": 2},
    {"positions": "oldest", "n_interest": 2},
    {"num_layers": 1, "num_heads": 2, "hidden_size": 4},
]


def num_active(n, options):
    return max(1, min(options["n_interest"], int(math.log2(max(n, 1))))) if options["dynamic_interests"] else options["n_interest"]


def votes_of(x, weights, options):
    votes = with_places(x * np.sqrt(x.shape[1]), weights, options) @ weights["votes.weight"].T
    return np.repeat(votes[:, None], num_active(len(x), options), axis=1)


def constants(weights, histories, options):
    result = []
    for x in each_readout(weights, histories, options):
        logits = weights["votes.logits"][slots(len(x), "newest"), : num_active(len(x), options)]
        result.append(shares_of(votes_of(x, weights, options), logits, options["iterations"]))
    return result


def vectors(x, share, weights, options):
    active = tower(capsules(votes_of(x, weights, options), share), weights, "interest_tower", options["activation"])
    if options["output_activation"] == "relu":
        active = np.maximum(active, 0)
    return np.concatenate([active, np.repeat(active[:1], options["n_interest"] - len(active), axis=0)])


def users(weights, histories, options):
    shares = held("mind", options, lambda: constants(weights, histories, options))
    return np.array([vectors(x, share, weights, options) for x, share in zip(each_readout(weights, histories, options), shares)])


def items(weights, options):
    return weights["item.id"]
