"""SASRec (Kang and McAuley, ICDM 2018): attention of position i to positions j <= i of the same history, one pair at a time. Slots count from the newest event."""

import numpy as np

from references.layers import layer_norm, linear, readouts, softmax

CASES = [{}, {"num_heads": 3, "hidden_size": 4}, {"block": "original", "num_heads": 2}, {"num_layers": 1}]


def attention(queries, keys, values, num_heads):
    width = queries.shape[1] // num_heads
    attended = np.zeros_like(queries)
    for head in range(num_heads):
        columns = slice(head * width, (head + 1) * width)
        for i in range(len(queries)):
            scores = np.array([queries[i, columns] @ keys[j, columns] / np.sqrt(width) for j in range(i + 1)])
            attended[i, columns] = softmax(scores) @ values[: i + 1, columns]
    return attended


def block(x, weights, name, options):
    queries = layer_norm(x, weights, f"{name}.attention_norm")
    attended = attention(linear(queries, weights, f"{name}.query"), linear(x, weights, f"{name}.key"), linear(x, weights, f"{name}.value"), options["num_heads"])
    if options.get("block") == "original":
        y = layer_norm(queries + attended, weights, f"{name}.feed_forward_norm")
    else:
        y = layer_norm(x + linear(attended, weights, f"{name}.output"), weights, f"{name}.feed_forward_norm")
    return y + linear(np.maximum(linear(y, weights, f"{name}.inner"), 0), weights, f"{name}.outer")


def blocks(x, weights, options):
    for layer in range(options["num_layers"]):
        x = block(x, weights, f"block{layer}", options)
    return x


def users(weights, histories, options):
    vectors = []
    for history in histories:
        slots = len(history) - 1 - np.arange(len(history))
        x = np.sqrt(options["dim"]) * weights["item.id"][history] + weights["position"][slots]
        vectors.append(readouts(layer_norm(blocks(x, weights, options), weights, "norm")))
    return np.concatenate(vectors)[:, None]


def items(weights, options):
    return weights["item.id"]
