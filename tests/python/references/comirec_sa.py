"""ComiRec-SA (Cen et al., KDD 2020, section 3.2): interests are means of events by as many attentions, in which alone places count."""

import numpy as np

from references.capsules import each_readout, with_places
from references.layers import softmax

CASES = [{}, {"positions": "oldest", "n_interest": 2}, {"positions": "none", "attention_size": 3}, {"num_layers": 2, "num_heads": 3}]


def interests(x, weights, options):
    hidden = np.tanh(with_places(x, weights, options) @ weights["attention.inner.weight"].T + weights["attention.inner.bias"])
    if len(x) == 0:
        return np.zeros((options["n_interest"], x.shape[1]))
    return softmax(hidden @ weights["attention.heads.weight"].T, axis=0).T @ x


def users(weights, histories, options):
    return np.array([interests(x, weights, options) for x in each_readout(weights, histories, options)])


def items(weights, options):
    return weights["item.id"]
