"""Odd input to the public API: an answer, or ValueError, KeyError or TypeError that say what is wrong; nothing else, and the process lives.

RECHUB_FUZZ=N makes N times as many examples.
"""

import datetime
import decimal
import os

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import rechub
from expected_errors import only_expected_errors

FACTOR = int(os.environ.get("RECHUB_FUZZ", "1"))
ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 70), st.integers(), st.floats(), st.text(max_size=4), st.binary(max_size=3),
    st.sampled_from([np.nan, pd.NaT, pd.NA, decimal.Decimal("1.5"), datetime.datetime(2024, 1, 1), np.int8(3), np.float32(2), object(), "\ud800", "u1\x00", 1j]),
    st.just(datetime.date(2024, 1, 1)),
    st.just({"a": 1}),
)
GOOD_VALUES = st.sampled_from(["u1", "u2", "", 1001, 1002, 1005, 10**9, -1, 2**63, -(2**63)])
IDS = st.one_of(GOOD_VALUES, ODD_VALUES, st.lists(GOOD_VALUES, max_size=4), st.lists(ODD_VALUES, max_size=4), st.lists(st.lists(GOOD_VALUES, max_size=3), max_size=3))


def arrays(values):
    """The same values in other clothes; where they do not fit, as they were."""
    def wrapped(pair):
        wrap, content = pair
        try:
            return wrap(content)
        except Exception:  # what NumPy, pandas and the others refuse to make is no input of ours
            return content
    wraps = [np.asarray, pd.Series, pd.Index, pa.array, polars.Series, tuple, set, iter]
    wraps += [lambda content: np.asarray(content, dtype=object), lambda content: pd.Series(content, dtype="category")]
    return st.tuples(st.sampled_from(wraps), values).map(wrapped)


def fuzz(examples):
    return settings(max_examples=examples * FACTOR, deadline=None, derandomize=FACTOR == 1, database=None, suppress_health_check=list(HealthCheck))


COUNTS = st.one_of(st.integers(-3, 12), st.sampled_from([10**4, 10**4 + 1, 2**31, 2**63, 2**70, 3.0, 2.5, float("nan"), True, None, "3", [3], np.int64(3)]))
NUMBERS = st.one_of(st.floats(), st.sampled_from([None, "x", 10**400, np.float32(1)]))


@fuzz(150)
@given(st.one_of(IDS, arrays(IDS)), COUNTS, st.one_of(st.none(), IDS, arrays(IDS)), st.one_of(st.none(), IDS, arrays(IDS)), st.sampled_from([None, True, False, "yes", 3]))
def test_recommend(model, users, k, allow, deny, filter_seen):
    frame = only_expected_errors(lambda: model.recommend(users, k, allow=allow, deny=deny, filter_seen=filter_seen))
    if frame is not None:
        assert list(frame.columns) == ["user", "item", "score", "rank"] and frame["item"].isin(model.item_ids()).all() and np.isfinite(frame["score"]).all()


@fuzz(100)
@given(
    st.one_of(IDS, arrays(IDS)),
    st.one_of(st.none(), IDS),
    st.one_of(st.none(), st.dictionaries(st.text(max_size=3), ODD_VALUES, max_size=2), ODD_VALUES),
    NUMBERS,
    st.one_of(st.just(""), ODD_VALUES),
)
def test_histories_and_features(model, history, users, features, diversity, feature):
    only_expected_errors(lambda: model.recommend(users, history=history, features=features))
    only_expected_errors(lambda: model.recommend(history=history, diversity=diversity, diversity_feature=feature, diversity_pool=diversity))
    only_expected_errors(lambda: model.user_vectors(users, history=history, features=features))


@fuzz(80)
@given(st.one_of(IDS, arrays(IDS)), COUNTS)
def test_similar_items(model, items, k):
    only_expected_errors(lambda: model.similar_items(items, k))


OPTIONS = st.dictionaries(
    st.sampled_from(
        ["k", "seen", "bootstrap", "slices", "split", "baselines", "against", "index", "threads", "data", "split_protocol", "user_col", "nonsense", "ranks", "json"]
    ),
    st.one_of(
        ODD_VALUES,
        st.sampled_from([[5], [10, 20], [0], [], ["popularity"], "popularity", "keep", "valid", "HNSW32", 0, 1, -1, True, "leave-one-out", "time:1,2", "/nowhere", {}]),
    ),
    min_size=1, max_size=2,
)


@fuzz(40)
@given(OPTIONS)
def test_evaluate(model, tmp_path_factory, options):
    options = {"bootstrap": 0, **options}
    options = {name: str(tmp_path_factory.getbasetemp() / "out") if name in ("ranks", "json") else value for name, value in options.items()}
    only_expected_errors(lambda: model.evaluate(**options))


COLUMN = st.one_of(
    st.lists(ODD_VALUES, max_size=12),
    st.lists(st.integers(0, 3), min_size=12, max_size=12),
    st.lists(st.sampled_from(["a", "b"]), min_size=12, max_size=12),
    st.lists(st.floats(), min_size=12, max_size=12),
    st.lists(st.lists(st.integers(0, 3), max_size=2), min_size=12, max_size=12),
    st.just(pd.date_range("2024-01-01", periods=12)),
    st.just(pd.Categorical(["a", "b"] * 6)),
    st.just(np.arange(24).reshape(12, 2)),
    st.just(np.array([1.5] * 12, dtype=np.float16)),
    st.just(np.arange(12, dtype=np.uint64) + 2**63),
)
NAMES = st.sampled_from(["user", "item", "time", "user_id", "item_id", "timestamp", "", "x", "\x00", 3, None, ("a", "b"), "user"])
FRAMES = st.one_of(
    st.dictionaries(NAMES, st.one_of(COLUMN, arrays(COLUMN)), max_size=4),
    st.fixed_dictionaries({"user": COLUMN, "item": COLUMN}, optional={"time": COLUMN}),
    st.fixed_dictionaries({"user": st.just(list("aabbccddeeff") * 2), "item": st.just([1, 2, 3, 4] * 6), "time": st.just(list(range(24)))}, optional={"x": COLUMN}),
)
FORMS = st.sampled_from([dict, pd.DataFrame, pa.table, polars.DataFrame])


FIT_OPTIONS = ["split", "user_col", "time_col", "min_user_events", "init_from", "threads", "item_features", "callbacks", "freeze", "context_cols"]


@fuzz(120)
@given(FRAMES, FORMS, st.dictionaries(st.sampled_from(FIT_OPTIONS), ODD_VALUES, max_size=1))
def test_fit(content, form, options):
    try:
        data = form(content)
    except Exception:
        data = content
    only_expected_errors(lambda: rechub.STAMP(dim=4, epochs=1, num_workers=0).fit(data, **{"verbose": False, **options}))


SETTINGS = ["dim", "epochs", "max_length", "dropout", "loss", "batch_size", "learning_rate", "views", "objectives", "metric", "seed", "similarity"]


@fuzz(40)
@given(st.dictionaries(st.sampled_from(SETTINGS), ODD_VALUES, min_size=1, max_size=2))
def test_settings(columns, values):
    assert repr(rechub.STAMP(**values))
    if isinstance(values.get("epochs"), int) and values["epochs"] > 5 or isinstance(values.get("dim"), int) and values["dim"] > 1000:
        return  # what is asked for is right, and takes long
    only_expected_errors(lambda: rechub.STAMP(**{"epochs": 1, "num_workers": 0, "batch_size": 256, **values}).fit(columns, verbose=False))


@pytest.mark.parametrize("path", ["", "\x00", "/", "nowhere/at.all"])
def test_load_and_save(model, path):
    only_expected_errors(lambda: rechub.load(path))
