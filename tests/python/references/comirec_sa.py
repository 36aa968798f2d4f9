"""ComiRec-SA (Cen et al., KDD 2020, section 3.2) in NumPy, a history at a time."""

import numpy as np


def softmax(x, axis):
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def interests(weights, options, history, constants=None):
    """The interests [K, D] of a history of item rows, oldest first."""
    x = weights["item.id"][history]                                         # [n, D]
    slots = np.arange(len(history))[::-1] if options["positions"] == "newest" else np.arange(len(history))
    with_places = x if options["positions"] == "none" else x + weights["position"][slots]
    hidden = np.tanh(with_places @ weights["attention.inner.weight"].T + weights["attention.inner.bias"])
    attention = softmax(hidden @ weights["attention.heads.weight"].T, axis=0)                    # [n, K], over events
    return attention.T @ x
