"""DSSM (Huang et al., CIKM 2013): a tower over the pooled history and one over the item; the score is the cosine of their outputs."""

import numpy as np

from references.layers import pool, prefixes, tower

CASES = [{}, {"similarity": "dot", "activation": "tanh", "item_activation": "prelu", "embedding_dim": 5}, {"pooling": "max", "item_dims": []}]


def users(weights, histories, options):
    pooled = [pool(seen, options["pooling"]) for history in histories for seen in prefixes(weights["item.id"][history])]
    return tower(np.array(pooled), weights, "user_tower", options["activation"])[:, None]


def items(weights, options):
    return tower(weights["item.id"], weights, "item_tower", options["item_activation"] or options["activation"])
