"""STAMP (Liu et al., KDD 2018): attention by the last event and the mean of the history, without softmax."""

import numpy as np

from references.layers import linear, prefixes, sigmoid

CASES = [{}, {"memory": "none", "hidden_size": 4}, {"memory": "last"}]


def vector(seen, weights, options):
    nothing = np.zeros(options["dim"])
    mean, last = (seen.mean(axis=0), seen[-1]) if len(seen) else (nothing, nothing)
    query = weights["attention.last.weight"] @ last + weights["attention.mean.weight"] @ mean + weights["attention.event.bias"]
    memory = sum((weights["attention.score.weight"][0] @ sigmoid(weights["attention.event.weight"] @ x + query) * x for x in seen), nothing)
    memory = memory + {"mean": mean, "last": last, "none": nothing}[options["memory"]]
    return np.tanh(linear(memory, weights, "general")) * np.tanh(linear(last, weights, "current"))


def users(weights, histories, options):
    return np.array([vector(seen, weights, options) for history in histories for seen in prefixes(weights["item.id"][history])])[:, None]


def items(weights, options):
    return weights["item.id"]
