"""Ids in all their forms: texts, whole numbers, and the decimal ones that pandas makes of whole numbers in a column with a hole."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import rechub
from seed_data import SMALL


@pytest.fixture(scope="module")
def numbers(columns):
    """Users and items are numbers."""
    return pd.DataFrame({**columns, "user": [int(user[1:]) for user in columns["user"]]})


@pytest.fixture(scope="module")
def whole(numbers):
    return rechub.STAMP(**SMALL).fit(numbers, verbose=False)


@pytest.mark.parametrize("make", [pd.DataFrame, pa.Table.from_pandas, lambda frame: {name: frame[name].to_numpy() for name in frame}])
@pytest.mark.parametrize("kind", ["float64", "float32"])
def test_decimal_ids_are_the_whole_numbers_that_they_are(numbers, whole, make, kind):
    items = pd.DataFrame({"item": range(1000, 1060), "colour": ["red", "blue"] * 30})
    decimals = numbers.astype({"user": kind, "item": kind})
    model = rechub.STAMP(**SMALL).fit(make(decimals), item_features=make(items.astype({"item": kind})), verbose=False)
    for name in ("item_ids", "user_ids"):
        ids = getattr(model, name)()
        assert ids.dtype == np.int64
        np.testing.assert_array_equal(ids, getattr(whole, name)())
    assert set(model.recommend(7, k=5, diversity=0.1, diversity_feature="colour")["item"]) <= set(items["item"])


@pytest.mark.parametrize(
    "form",
    [lambda ids: [float(one) for one in ids], lambda ids: [ids[0], float(ids[1])], lambda ids: np.array(ids, dtype=np.float32), lambda ids: pd.Series(ids, dtype=float)],
)
def test_decimal_ids_ask_for_the_same(whole, form):
    expected = whole.recommend([7, 8], k=3)
    assert expected["user"].dtype == np.int64
    pd.testing.assert_frame_equal(whole.recommend(form([7, 8]), k=3), expected)
    pd.testing.assert_frame_equal(whole.recommend(form([7, 8]), k=3, history=[form([1001, 1002])] * 2), whole.recommend([7, 8], k=3, history=[[1001, 1002]] * 2))
    pd.testing.assert_frame_equal(whole.recommend(history=form([1001, 1002]), k=3), whole.recommend(history=[1001, 1002], k=3))
    pd.testing.assert_frame_equal(whole.similar_items(form([1001, 1002]), k=3), whole.similar_items([1001, 1002], k=3))
    pd.testing.assert_frame_equal(whole.recommend(7, k=3, deny=form([1001, 1002])), whole.recommend(7, k=3, deny=[1001, 1002]))
    pd.testing.assert_frame_equal(whole.recommend(7.0, k=3), whole.recommend(7, k=3))


@pytest.mark.parametrize("value", [1.5, np.nan, np.inf, -(2.0**53)])
def test_other_decimals_are_no_ids(numbers, whole, value):
    for given in ([1, value], [1.0, value], np.array([1.0, value]), pd.Series([1, value])):
        with pytest.raises(ValueError, match=re.escape(f"users, row 1 (from 0): an id is a text or a whole number, got {value!r}")):
            whole.recommend(given)
    with pytest.raises(ValueError, match=re.escape(f"users: an id is a text or a whole number, got {value!r}")):
        whole.recommend(value)
    decimals = numbers.astype({"user": float})
    decimals.loc[5, "user"] = value
    shown = "the id is empty" if np.isnan(value) else f"{value:.0f}" if value < -10 else str(value)
    with pytest.raises(ValueError, match=re.escape(f"events, row 5 (from 0), column 'user': {shown}")):
        rechub.STAMP(**SMALL).fit(decimals, verbose=False)


def test_float32_holds_whole_numbers_to_a_limit(numbers, whole):
    """From 2^24 on several whole numbers are one of them."""
    assert whole.user_vectors(np.array([7], dtype=np.float32)).shape[0] == 1
    with pytest.raises(ValueError, match="users, row 0 .* got 16777216.0"):
        whole.recommend(np.array([2**24], dtype=np.float32))


def test_decimals_of_a_categorical_are_as_wide_as_their_categories(numbers):
    large = 2**24 + 1
    decimals = numbers.assign(user=(numbers["user"] + large).astype(float).astype("category"))
    assert min(rechub.STAMP(**SMALL).fit(decimals, verbose=False).user_ids()) >= large


@pytest.mark.parametrize("form", [pa.array, lambda ids: pa.array(ids).dictionary_encode(), lambda ids: pa.chunked_array([ids])])
def test_arrow_arrays_are_ids(model, whole, form):
    pd.testing.assert_frame_equal(whole.recommend(form([7, 8]), k=3), whole.recommend([7, 8], k=3))
    pd.testing.assert_frame_equal(model.recommend(form(["u7", "u8"]), k=3), model.recommend(["u7", "u8"], k=3))
    with pytest.raises(ValueError, match=re.escape("users, row 1 (from 0): an id is a text or a whole number, got")):
        model.recommend(form(["u7", None]))


@pytest.mark.parametrize("one", [b"u1", bytearray(b"u1")])
def test_bytes_are_no_ids(model, one):
    for call in (lambda: model.recommend(one), lambda: model.recommend([bytes(one)]), lambda: model.recommend("u1", deny=one), lambda: model.similar_items(one)):
        with pytest.raises(ValueError, match="an id is a text or a whole number, got"):
            call()
