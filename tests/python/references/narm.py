"""NARM (Li et al., CIKM 2017): attention of the GRU's last state over all its states; both are projected to the item space."""

import numpy as np

from references.layers import gru, linear, prefixes, sigmoid, softmax

CASES = [{}, {"attention": "unnormalised"}, {"cell": "reset_before", "num_layers": 2}]


def session(states, weights, options):
    if len(states) == 0:
        return np.zeros(2 * states.shape[1])
    query = weights["attention.query.weight"] @ states[-1]
    scores = np.array([weights["attention.score.weight"][0] @ sigmoid(query + weights["attention.key.weight"] @ state) for state in states])
    alpha = softmax(scores) if options["attention"] == "softmax" else scores
    return np.concatenate([alpha @ states, states[-1]])


def users(weights, histories, options):
    sessions = []
    for history in histories:
        x = weights["item.id"][history]
        for layer in range(options["num_layers"]):
            x = gru(x, weights, f"gru{layer}", options["cell"])
        sessions += [session(seen, weights, options) for seen in prefixes(x)]
    return linear(np.array(sessions), weights, "projection")[:, None]


def items(weights, options):
    return weights["item.id"]
