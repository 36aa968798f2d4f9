"""ComiRec-DR (Cen et al., KDD 2020, section 3.2): a matrix an interest, or one for each place as well, and routing from equal logits."""

import numpy as np

from references.capsules import capsules, each_readout, held, shares_of, with_places

CASES = [{}, {"position_weights": True}, {"iterations": 1, "n_interest": 2}, {"positions": "newest", "iterations": 2}, {"num_layers": 1}]


def votes_of(x, weights, options):
    count, width = options["n_interest"], x.shape[1]
    events = with_places(x * np.sqrt(width), weights, options)
    matrices = weights["votes.weight"]
    if options["position_weights"]:
        votes = [(matrices[place] @ event).reshape(count, width) for place, event in enumerate(events)]
    else:
        votes = [[matrices[j] @ event for j in range(count)] for event in events]
    return np.array(votes).reshape(len(x), count, width)


def constants(weights, histories, options):
    zero = np.zeros((8, options["n_interest"]))
    return [shares_of(votes_of(x, weights, options), zero[: len(x)], options["iterations"]) for x in each_readout(weights, histories, options)]


def users(weights, histories, options):
    shares = held("comirec_dr", options, lambda: constants(weights, histories, options))
    return np.array([capsules(votes_of(x, weights, options), share) for x, share in zip(each_readout(weights, histories, options), shares)])


def items(weights, options):
    return weights["item.id"]
