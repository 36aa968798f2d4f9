"""Arguments of the package in all their forms: taken as meant, or refused in words."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest

import rechub
from rechub._runtime import engine
from rechub.basic.features import DenseFeature, SequenceFeature, SparseFeature
from rechub.models.matching import DSSM, MIND, NARM, SINE, STAMP, ComirecDR, ComirecSA, GRU4Rec, SASRec
from rechub.trainers import MatchTrainer
from rechub.utils.data import make_dataloader
from seed_data import ITEMS, WALKS, sasrec

USERS = [SparseFeature("user_id", 50, 8)]
HISTORY = SequenceFeature("hist", 61, 8, "concat", "item_id")


# Numbers and words of the process


@pytest.mark.parametrize("count", [-1, 4097, 2**40, 1.5, "2", True, None])
def test_a_number_of_threads_is_checked_before_it_counts(count):
    rechub.set_num_threads(1)
    try:
        with pytest.raises(ValueError, match=re.escape(f"count should be a whole number from 0 to 4096, got {count!r}")):
            rechub.set_num_threads(count)
        rechub.run("help")  # ends by going back to the number that holds
        assert engine().num_threads() == 1
    finally:
        rechub.set_num_threads(0)


def test_a_nul_character_cuts_no_word(columns, tmp_path):
    with pytest.raises(ValueError, match="a word of the command holds a NUL character"):
        rechub.STAMP(dim=8, epochs=1).fit(columns, user_col="user\0x", verbose=False)
    with pytest.raises(ValueError, match="a word of the command holds a NUL character"):
        rechub.run("verify", f"{tmp_path}\0x")


def test_a_nul_character_cuts_no_path(model):
    for call in (rechub.load, engine().Bundle):
        with pytest.raises(ValueError, match="NUL"):
            call(f"{model.bundle_}\0x")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda model: model.recommend("u1", k=True), "k should be a whole number, got True"),
        (lambda model: model.recommend("u1", k=2.5), "k should be a whole number, got 2.5"),
        (lambda model: model.recommend("u1", diversity="1"), "diversity should be a finite number, got '1'"),
        (lambda model: model.recommend("u1", diversity=float("nan")), "diversity should be a finite number, got nan"),
        (lambda model: make_dataloader({"a": [1]}, batch_size=True), "batch_size should be a whole number, got True"),
        (lambda model: SparseFeature("a", True), "a: vocab_size should be a whole number of 1 or more, got True"),
        (lambda model: MatchTrainer(sasrec(), n_epoch=True), "n_epoch should be a whole number, got True"),
        (lambda model: MatchTrainer(sasrec(), validation_share="0.1"), "validation_share should be a finite number, got '0.1'"),
        (lambda model: DSSM(WALKS, ITEMS, temperature=False), "DSSM: temperature should be a finite number, got False"),
        (lambda model: DSSM(WALKS, ITEMS, max_length=2**32), f"DSSM: max_length is out of range: {2**32}"),
    ],
)
def test_numbers_are_checked_in_one_way(model, call, says):
    with pytest.raises(ValueError) as caught:
        call(model)
    assert str(caught.value) == says


# Users


@pytest.mark.parametrize("form", [lambda ids: dict.fromkeys(ids).keys(), iter, tuple, pd.Series, lambda ids: np.array(ids, dtype=object), lambda ids: (one for one in ids)])
def test_users_items_and_histories_may_be_any_iterable(model, form):
    users, items = ["u3", "u1"], [1010, 1011]
    pd.testing.assert_frame_equal(model.recommend(form(users), k=2), model.recommend(users, k=2))
    pd.testing.assert_frame_equal(model.recommend(form(users), k=2, history=form([(1001,), (1002,)])), model.recommend(users, k=2, history=[[1001], [1002]]))
    pd.testing.assert_frame_equal(model.recommend(history=form(items), k=2), model.recommend(history=items, k=2))
    pd.testing.assert_frame_equal(model.similar_items(form(items), k=2), model.similar_items(items, k=2))
    pd.testing.assert_frame_equal(model.recommend("u1", k=2, allow=form(items)), model.recommend("u1", k=2, allow=items))
    np.testing.assert_array_equal(model.user_vectors(form(users)), model.user_vectors(users))
    with pytest.raises(rechub.NotFoundError, match="there is no item 'x': the data"):
        model.similar_items(form(["x"]))


def test_users_may_be_a_set(model):
    assert set(model.recommend({"u1", "u2"}, k=1)["user"]) == {"u1", "u2"}


# A fitted model's folder


def test_another_fit_removes_the_former_bundle(columns):
    model = rechub.STAMP(dim=8, epochs=1, batch_size=64, num_workers=0).fit(columns, verbose=False)
    former = model.bundle_
    model.fit(columns, init_from=model, verbose=False)
    assert not former.exists() and model.bundle_.exists()
    copy = pickle.loads(pickle.dumps(model))
    del model
    assert len(copy.recommend("u1", k=3)) == 3


# Weights


def test_weights_of_another_shape_are_refused():
    model = sasrec()
    weights = model.state_dict()
    for name, value in weights.items():
        if value.ndim == 2 and value.shape[0] != value.shape[1]:
            with pytest.raises(ValueError, match=re.escape(f"{name}: expected a tensor of {list(value.shape)}, got {list(value.shape)[::-1]}")):
                model.load_state_dict({name: value.T})
    model.load_state_dict({name: value + 1 for name, value in weights.items()})
    for name, value in model.state_dict().items():
        assert value.shape == weights[name].shape
        np.testing.assert_array_equal(value, weights[name] + 1)


# Constructors


@pytest.mark.parametrize("make", [MIND, GRU4Rec, ComirecDR, ComirecSA])
def test_the_history_may_stand_by_itself(make):
    ours, theirs = make(USERS, HISTORY, ITEMS), make(USERS, [HISTORY], ITEMS)
    assert ours.history == "hist" and ours.user_features == theirs.user_features
    assert {name: value.shape for name, value in ours.state_dict().items()} == {name: value.shape for name, value in theirs.state_dict().items()}
    for users in (None, 3, USERS[0]):
        with pytest.raises(ValueError, match=f"{make.__name__}: user_features should be a list of features, got"):
            make(users, [HISTORY], ITEMS)
    for history, says in ((3, "should be a list of features, got 3"), ([], "should be one feature, got 0"), ([3], "should hold features of rechub.basic.features, got 3")):
        with pytest.raises(ValueError, match=f"{make.__name__}: history_features {says}"):
            make(USERS, history, ITEMS)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: SASRec(HISTORY), "SASRec: features should be a list of features, got SequenceFeature('hist'"),
        (lambda: SASRec([1, 2, 3]), "SASRec: features should hold features of rechub.basic.features, got 1"),
        (lambda: SASRec(3), "SASRec: features should be a list of features, got 3"),
        (lambda: SASRec([HISTORY], item_feature=3), "SASRec: item_feature should be a SparseFeature of item ids, got 3"),
        (lambda: NARM(HISTORY, item_feature="item_id"), "NARM: item_feature should be a SparseFeature of item ids, got 'item_id'"),
        (lambda: NARM(HISTORY, item_feature=[ITEMS[0]]), "NARM: item_feature should be a SparseFeature of item ids, got ["),
        (lambda: STAMP(HISTORY, item_feature=DenseFeature("a")), "STAMP: item_feature should be a SparseFeature of item ids, got DenseFeature('a'"),
        (lambda: NARM(3), "NARM: the history should be a SequenceFeature of item ids, got 3"),
        (lambda: NARM(HISTORY, session_rep_dropout_p=float("nan")), "NARM: hidden_dropout should be a finite number, got nan"),
        (lambda: SINE(["hist"], ["item_id"], None, 61, 8, 8, "four", 2), "SINE: num_prototypes should be a whole number, got 'four'"),
    ],
)
def test_a_wrong_kind_is_refused_in_words(make, says):
    with pytest.raises(ValueError) as caught:
        make()
    assert says in str(caught.value)


def test_numbers_of_numpy_are_numbers():
    model = SINE(["hist"], ["item_id"], None, np.int64(61), np.int64(8), np.int64(8), np.int64(4), np.int64(2), temperature=np.float32(0.5))
    assert model.dim == 8
    assert NARM(HISTORY, np.int64(8), np.float32(0.1), np.float32(0.2)).dim == 8
