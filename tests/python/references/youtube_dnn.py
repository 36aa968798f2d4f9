"""YoutubeDNN's candidate generator (Covington et al., RecSys 2016): a tower over the pooled vectors of the history, scored against the same table or one of its own."""

import numpy as np

from references.layers import pool, prefixes, tower

CASES = [{}, {"tied": False, "pooling": "sum", "activation": "prelu"}, {"pooling": "max", "user_dims": [5, 7], "activation": "tanh"}, {"user_dims": []}]


def users(weights, histories, options):
    pooled = [pool(seen, options["pooling"]) for history in histories for seen in prefixes(weights["item.id"][history])]
    return tower(np.array(pooled), weights, "user_tower", options["activation"])[:, None]


def items(weights, options):
    return weights["item.id" if options["tied"] else "output.id"]
