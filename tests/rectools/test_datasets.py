"""rechub.datasets.from_rectools, with RecTools' own classes."""

import pathlib
import sys

import numpy as np
import pandas as pd
from rectools.dataset import Dataset

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "build/python"))

import rechub  # noqa: E402

LOG = pd.DataFrame({
    "user_id": ["ann", "bob", "ann", "cid"],
    "item_id": [30, 10, 20, 30],
    "weight": [1.0, 2.0, 1.0, 0.5],
    "datetime": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]),
    "shop": ["x", "y", "x", "y"],
})


def test_ids_weights_and_other_columns_are_those_of_the_log():
    data = rechub.datasets.from_rectools(Dataset.construct(LOG, keep_extra_cols=True))
    pd.testing.assert_frame_equal(data.events[list(LOG.columns)], LOG, check_dtype=False)
    assert data.user_features is None and data.item_features is None
    assert data.fit["user_col"] == "user_id" and data.fit["time_col"] == "datetime"


def test_sparse_features_become_columns():
    genres, brands = [(20, "genre", "a"), (20, "genre", "b"), (10, "genre", "a")], [(10, "brand", "u"), (20, "brand", "v"), (30, "brand", "u")]
    items = pd.DataFrame([*genres, *brands, (10, "price", 1.5), (30, "price", 2.5)], columns=["id", "feature", "value"])
    data = rechub.datasets.from_rectools(Dataset.construct(LOG, item_features_df=items, cat_item_features=["genre", "brand"]))
    found = data.item_features.set_index("item_id")
    assert found["genre"].to_dict() == {30: [], 10: ["a"], 20: ["a", "b"]}
    assert found["brand"].to_dict() == {30: "u", 10: "u", 20: "v"}
    assert found["price"].to_dict() == {30: 2.5, 10: 1.5, 20: 0.0}


def test_dense_features_become_columns():
    users = pd.DataFrame({"user_id": ["cid", "ann", "bob"], "age": [30.0, 40.0, 50.0], "km": [1.0, 2.0, 3.0]})
    found = rechub.datasets.from_rectools(Dataset.construct(LOG, user_features_df=users, make_dense_user_features=True)).user_features
    assert found.set_index("user_id")["age"].to_dict() == {"ann": 40.0, "bob": 50.0, "cid": 30.0}
    assert list(found.columns) == ["user_id", "age", "km"]


def test_interactions_alone_have_internal_ids():
    interactions = Dataset.construct(LOG).interactions
    data = rechub.datasets.from_rectools(interactions)
    assert data.events["item_id"].tolist() == [0, 1, 2, 0]
    data.events["item_id"] = np.arange(4)
    assert interactions.df["item_id"].tolist() == [0, 1, 2, 0]
