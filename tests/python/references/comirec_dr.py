"""ComiRec-DR (Cen et al., KDD 2020, section 3.2) in NumPy, a history at a time."""

import numpy as np

from .capsules import route


def interests(weights, options, history, constants=None):
    """The interests [K, D] of a history of item rows, oldest first."""
    count = options["n_interest"]
    x = weights["item.id"][history] * np.sqrt(weights["item.id"].shape[1])                                          # [n, D]
    if options["positions"] != "none":
        slots = np.arange(len(history))
        x = x + weights["position"][slots[::-1] if options["positions"] == "newest" else slots]
    matrices = weights["votes.weight"]
    if options["position_weights"]:
        votes = np.array([(matrices[slot] @ event).reshape(count, -1) for slot, event in enumerate(x)])
    else:
        votes = np.array([[matrices[j] @ event for j in range(count)] for event in x])              # [n, K, D]
    return route(votes, np.zeros((len(x), count)), options["iterations"], constants)
