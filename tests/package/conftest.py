"""Tests of the Python package run the tree as it is: build/python holds it."""

import random
import signal

import pytest
from source_tree import PACKAGE  # noqa: F401


@pytest.fixture(autouse=True)
def hears_interrupts():
    """Ctrl-C is Python's own, in what tests start, too: a shell has it ignored in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def columns():
    """300 users who walk a ring of 60 items, with a little noise: the next item can be learnt."""
    draw = random.Random(1)
    rows = {"user": [], "item": [], "time": []}
    for user in range(300):
        item = draw.randrange(60)
        for time in range(draw.randrange(5, 15)):
            rows["user"].append(f"u{user}")
            rows["item"].append(item + 1000)
            rows["time"].append(1_700_000_000 + 3600 * time)
            item = (item + 1) % 60 if draw.random() < 0.95 else draw.randrange(60)
    return rows


@pytest.fixture(scope="module")
def walks():
    """Rows of histories, and the catalogue (seed_data.py)."""
    import seed_data

    return seed_data.histories()


@pytest.fixture(scope="session")
def model(columns):
    import pandas as pd

    import rechub

    return rechub.SASRec(dim=32, epochs=15, batch_size=64, num_workers=0).fit(pd.DataFrame(columns), verbose=False)
