"""Layers by their formulas, for the references of the models. `weights` holds parameters by the names a bundle gives them; a history of n events is a matrix of n rows."""

import numpy as np

ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
}
sigmoid = ACTIVATIONS["sigmoid"]


def softmax(x, axis=-1):
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def linear(x, weights, name):
    """x W^T + b, b where the layer has one."""
    return x @ weights[f"{name}.weight"].T + weights.get(f"{name}.bias", 0)


def layer_norm(x, weights, name):
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-8) * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def tower(x, weights, name, activation):
    """Linear layers 0, 1, ... with the activation between them, none behind the last."""
    depth = 0
    while f"{name}.{depth}.weight" in weights:
        if depth > 0 and activation == "prelu":
            x = np.where(x > 0, x, weights[f"{name}.{depth - 1}.slope"] * x)
        elif depth > 0:
            x = ACTIVATIONS[activation](x)
        x = linear(x, weights, f"{name}.{depth}")
        depth += 1
    return x


def gru(x, weights, name, cell):
    """The states behind each row of x, from a zero state; gates r, z, n. reset_after is PyTorch's cell, reset_before that of Cho et al. 2014."""
    weight_hh = weights[f"{name}.weight_hh"]
    width = weight_hh.shape[1]
    of_input = x @ weights[f"{name}.weight_ih"].T + weights[f"{name}.bias_ih"]
    h, states = np.zeros(width), np.zeros((len(x), width))
    for t, (input_r, input_z, input_n) in enumerate(of_input.reshape(len(x), 3, width)):
        weight_r, weight_z, weight_n = weight_hh.reshape(3, width, width)
        bias_r, bias_z, bias_n = weights[f"{name}.bias_hh"].reshape(3, width)
        r, z = sigmoid(input_r + weight_r @ h + bias_r), sigmoid(input_z + weight_z @ h + bias_z)
        if cell == "reset_after":
            h = (1 - z) * np.tanh(input_n + r * (weight_n @ h + bias_n)) + z * h
        else:
            h = z * np.tanh(input_n + weight_n @ (r * h) + bias_n) + (1 - z) * h
        states[t] = h
    return states


def prefixes(x):
    """What each readout of a history sees: its first 1, 2, ... n rows; nothing where the history is empty."""
    return [x[: t + 1] for t in range(len(x))] or [x]


def readouts(states):
    """The states at all readouts of a history; 0 where the history is empty."""
    return states if len(states) else np.zeros((1, states.shape[1]))


def pool(x, mode):
    return getattr(np, mode)(x, axis=0) if len(x) else np.zeros(x.shape[1])
