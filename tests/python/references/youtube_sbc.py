"""YoutubeSBC (Yi et al., RecSys 2019): u(x) and v(y) are towers of ReLU layers over embeddings, those of items shared by the history in x and by y; s = <u, v> of unit vectors."""

import numpy as np

from references.layers import pool, prefixes, tower

CASES = [{}, {"user_dims": [8, 5], "item_dims": [4, 3], "dim": 7}, {"similarity": "dot", "activation": "sigmoid", "pooling": "max", "embedding_dim": 9}]


def users(weights, histories, options):
    x = [pool(seen, options["pooling"]) for history in histories for seen in prefixes(weights["item.id"][history])]
    return tower(np.array(x), weights, "user_tower", options["activation"])[:, None]


def items(weights, options):
    return tower(weights["item.id"], weights, "item_tower", options["item_activation"] or options["activation"])
