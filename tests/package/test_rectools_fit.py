"""What from_rectools gives goes through fit. RecTools itself needs NumPy 1 and the package NumPy 2, so these are stand-ins with the attributes of RecTools' classes that are read;
tests/rectools reads RecTools' own."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file
from scipy.sparse import csr_matrix

import rechub
from seed_data import SMALL

GENRES = ["a", "b", "c"]


def id_map(ids):
    return SimpleNamespace(get_external_sorted_by_internal=lambda: np.array(ids))


@pytest.fixture(scope="module")
def log(columns):
    frame = pd.DataFrame(columns)
    return pd.DataFrame({"user_id": frame["user"], "item_id": frame["item"], "weight": 1.0, "datetime": pd.to_datetime(frame["time"], unit="s")})


@pytest.fixture(scope="module")
def dataset(log):
    """Stands in for rectools.dataset.Dataset: sparse features of items (a category, a number), dense ones of users."""
    users, items = sorted(log["user_id"].unique()), sorted(log["item_id"].unique())
    values = np.zeros((len(items), 4), dtype=np.float32)
    values[:, 0] = np.arange(len(items)) / 10
    values[np.arange(len(items)), 1 + np.arange(len(items)) % 3] = 1
    names = (("price", "__is_direct_feature"), *(("genre", genre) for genre in GENRES))
    return SimpleNamespace(
        interactions=SimpleNamespace(),
        get_raw_interactions=lambda: log.copy(),
        user_id_map=id_map(users),
        item_id_map=id_map(items),
        user_features=SimpleNamespace(names=("age",), values=np.linspace(20, 60, len(users), dtype=np.float32)[:, None]),
        item_features=SimpleNamespace(names=names, values=csr_matrix(values), cat_col_mask=np.array([False, True, True, True])),
    )


def test_a_data_set_with_features_is_fitted(dataset):
    data = rechub.datasets.from_rectools(dataset)
    model = rechub.DSSM(**SMALL).fit(**data.fit, verbose=False)
    weights = load_file(model.bundle_ / "weights.safetensors")
    assert all(any(f".{name}" in weight for weight in weights) for name in ("age", "genre", "price")), list(weights)
    found = model.recommend(["u1", "u2"], k=4)
    assert len(found) == 8 and set(found["item"]) <= set(data.events["item_id"])


def test_interactions_alone_are_fitted(log):
    interactions = SimpleNamespace(df=log.assign(user_id=pd.factorize(log["user_id"])[0], item_id=pd.factorize(log["item_id"])[0]))  # rectools.dataset.Interactions: internal ids
    model = rechub.SASRec(**SMALL).fit(**rechub.datasets.from_rectools(interactions).fit, verbose=False)
    assert model.recommend(0, k=3)["item"].isin(interactions.df["item_id"]).all()
