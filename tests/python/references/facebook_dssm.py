"""FaceBookDSSM, embedding-based retrieval (Huang et al., KDD 2020): an encoder of the query and one of the document, which share only the items' embeddings; cosine."""

import numpy as np

from references.layers import pool, prefixes, tower

CASES = [{}, {"user_dims": [5, 4], "item_dims": [8], "dim": 3}, {"pooling": "sum", "item_activation": "leaky_relu", "embedding_dim": 4, "user_dims": []}]


def users(weights, histories, options):
    pooled = [pool(seen, options["pooling"]) for history in histories for seen in prefixes(weights["item.id"][history])]
    return tower(np.array(pooled), weights, "user_tower", options["activation"])[:, None]


def items(weights, options):
    return tower(weights["item.id"], weights, "item_tower", options["item_activation"] or options["activation"])
