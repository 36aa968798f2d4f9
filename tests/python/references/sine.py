"""SINE (Tan et al., WSDM 2021, section 3; the authors' code as variant official) in NumPy, a history at a time."""

import numpy as np


def softmax(x, axis=0):
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def norm(x, gain=1.0, bias=0.0):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-8) * gain + bias


def norm_by(weights, name, x):
    return norm(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def cosine(a, b):
    return a @ b / np.sqrt((a @ a + 1e-12) * (b @ b + 1e-12))


def interests(weights, options, history, constants=None):
    """The user's one vector, [1, D], of a history of item rows, oldest first."""
    count, n = options["n_interest"], len(history)
    x = weights["item.id"][history]                                                        # [n, D]
    if options["positions"] != "none":
        x = x + weights["position"][np.arange(n)[::-1] if options["positions"] == "newest" else np.arange(n)]
    a = softmax(np.tanh(x @ weights["concept.inner.weight"].T) @ weights["concept.head.weight"][0])
    scores = weights["prototypes"] @ (a @ x)
    best = np.argsort(-scores, kind="stable")[:count]
    chosen = weights["prototypes"][best] / (1 + np.exp(-scores[best]))[:, None]            # [K, D]

    intention = np.zeros((n, count))                                                       # P(k|t)
    for t in range(n):
        if options["variant"] == "paper":
            logits = [norm_by(weights, "intention.norm", weights["intention.weight"] @ x[t]) @ norm(chosen[k]) for k in range(count)]
        else:
            logits = [cosine(chosen[k], x[t]) / 0.07 for k in range(count)]
        intention[t] = softmax(np.array(logits))

    inner = weights["attention.inner.weight"].reshape(count, -1, x.shape[1])               # a matrix an interest
    phi = np.zeros((count, x.shape[1]))
    for k in range(count):
        logits = np.tanh(x @ inner[k].T) @ weights["attention.heads"][k]
        share = intention[:, k] * softmax(logits) if options["variant"] == "paper" else softmax(logits * intention[:, k])
        phi[k] = norm_by(weights, "interest.norm", share @ x)

    y = intention @ chosen                                                                 # [n, D]
    b = softmax(np.tanh(y @ weights["next.inner.weight"].T) @ weights["next.head.weight"][0])
    wanted = norm_by(weights, "next.norm", b @ y)
    if options["variant"] == "paper":
        mixture = softmax(phi @ wanted / options["interest_temperature"])
    else:
        mixture = softmax(phi @ (weights["merge.weight"] @ np.concatenate([phi.mean(0), wanted]) + weights["merge.bias"]))
    return (mixture @ phi)[None]
