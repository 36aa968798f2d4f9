"""Dynamic routing (Li et al., CIKM 2019, section 4.3; Cen et al., KDD 2020, algorithm 1) in NumPy, vote by vote."""

import numpy as np


def squash(z):
    length = np.linalg.norm(z)
    return z if length == 0 else length / (1 + length**2) * z


def shares(b):
    powers = np.exp(b - b.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def route(votes, logits, iterations, constants=None):
    """Interests [K, D] of the votes [n, K, D]. The weights of the last sum are constants of the derivative: a list `constants` keeps them, and gives them where it holds some."""
    b = logits.copy()
    for iteration in range(iterations):
        weights = shares(b)
        if iteration + 1 == iterations and constants is not None:
            if not constants:
                constants.append(weights)
            weights = constants[0]
        interests = np.array([squash(sum(weights[i, j] * votes[i, j] for i in range(len(votes)))) for j in range(votes.shape[1])])
        b = b + np.einsum("jd,ijd->ij", interests, votes)
    return interests
