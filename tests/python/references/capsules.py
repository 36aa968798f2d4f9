"""Dynamic routing (Li et al., CIKM 2019, section 4.3; Cen et al., KDD 2020, algorithm 1), vote by vote, and places in a history."""

import json

import numpy as np

from references.layers import prefixes, softmax
from references.sasrec import blocks


def squash(z):
    length = np.linalg.norm(z)
    return z if length == 0 else length / (1 + length**2) * z


def shares_of(votes, logits, iterations):
    """The weights [n, K] of the last weighted sum, of votes [n, K, D]: constants of the derivative."""
    b, shares = logits.copy(), softmax(logits)
    for _ in range(iterations - 1):
        b = b + np.einsum("jd,ijd->ij", capsules(votes, shares), votes)
        shares = softmax(b)
    return shares


def capsules(votes, shares):
    return np.array([squash(sum((shares[i, j] * votes[i, j] for i in range(len(votes))), np.zeros(votes.shape[2]))) for j in range(votes.shape[1])])


HELD = {}


def held(model, options, compute):
    """What is constant for the derivative: taken from the first call with some options, that with the probe's own weights, for the later ones that move a weight a little."""
    key = model + json.dumps(options, sort_keys=True)
    if key not in HELD:
        HELD[key] = compute()
    return HELD[key]


def slots(count, positions):
    return np.arange(count)[::-1] if positions == "newest" else np.arange(count)


def with_places(x, weights, options):
    return x if options["positions"] == "none" else x + weights["position"][slots(len(x), options["positions"])]


def each_readout(weights, histories, options):
    """What each readout sees, as vectors of its events behind SASRec's blocks, where there are any."""
    return [seen for history in histories for seen in prefixes(blocks(weights["item.id"][history], weights, options))]
