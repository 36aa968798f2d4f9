"""Every model against a reference in NumPy written from its paper's equations, in double precision.

Vectors are within 1e-6, gradients within 1e-5 of the reference's central differences. A reference is references/NAME.py: users(weights, histories, options) -> [R, Q, D] for all
positions of all histories, items(weights, options) -> [N, D], CASES (options to try) and, where the model has one, auxiliary_loss(weights, histories, options). Cosines are taken
of both here.
"""

import importlib
import json
import pathlib

import numpy as np
import pytest

from model_probe import HISTORIES, ask, model_names

REFERENCES = sorted(path.stem for path in (pathlib.Path(__file__).parent / "references").glob("*.py") if path.stem in model_names())
CASES = [(name, options) for name in REFERENCES for options in importlib.import_module(f"references.{name}").CASES]


def wave(x):
    return float((x * np.sin(np.arange(x.size) + 1).reshape(x.shape)).sum())


def encode(reference, weights, options):
    vectors = [reference.users(weights, HISTORIES, options), reference.items(weights, options)]
    if options["similarity"] == "cosine":
        vectors = [x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12) for x in vectors]
    return vectors


def loss_of(reference, weights, options):
    auxiliary = reference.auxiliary_loss(weights, HISTORIES, options) if hasattr(reference, "auxiliary_loss") else 0
    return sum(map(wave, encode(reference, weights, options))) + auxiliary


def central_difference(loss, value, index, step=1e-5):
    start = value[index]
    value[index] = start + step
    above = loss()
    value[index] = start - step
    below = loss()
    value[index] = start
    return (above - below) / (2 * step)


@pytest.mark.parametrize("model, options", CASES, ids=[f"{name}-{json.dumps(options)}" for name, options in CASES])
def test_vectors_and_gradients_are_the_references(model, options, tmp_path):
    reference, probe = importlib.import_module(f"references.{model}"), ask(tmp_path, model, options)
    users, items = encode(reference, probe.weights, probe.options)
    np.testing.assert_allclose(probe.users, users, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(probe.items, items, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(probe.loss, loss_of(reference, probe.weights, probe.options), rtol=1e-6)

    weights = {name: value.copy() for name, value in probe.weights.items()}
    random = np.random.default_rng(1)
    for name, gradient in probe.gradients.items():
        for flat in random.choice(gradient.size, min(gradient.size, 12), replace=False):
            index = np.unravel_index(flat, gradient.shape)
            slope = central_difference(lambda: loss_of(reference, weights, probe.options), weights[name], index)
            assert gradient[index] == pytest.approx(slope, rel=1e-5, abs=1e-5), f"{name}{list(map(int, index))}"
