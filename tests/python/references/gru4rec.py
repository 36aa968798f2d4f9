"""GRU4Rec (Hidasi et al., ICLR 2016): h_t = GRU(E[i_t], h_{t-1}), u_t = W h_t, scored against the same table E."""

import numpy as np

from references.layers import gru, linear, readouts

CASES = [{}, {"num_layers": 2}, {"cell": "reset_before"}]


def users(weights, histories, options):
    vectors = []
    for history in histories:
        x = weights["item.id"][history]
        for layer in range(options["num_layers"]):
            x = gru(x, weights, f"gru{layer}", options["cell"])
        vectors.append(linear(readouts(x), weights, "projection"))
    return np.concatenate(vectors)[:, None]


def items(weights, options):
    return weights["item.id"]
