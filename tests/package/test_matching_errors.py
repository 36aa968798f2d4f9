"""What the classes of Torch-RecHub's matching API say to bad input: feature, row (from 0) and value."""

import numpy as np
import pandas as pd
import pytest

from rechub import NotFoundError, datasets
from rechub.basic.features import DenseFeature, SequenceFeature, SparseFeature
from rechub.models.matching import DSSM, GRU4Rec, SASRec
from rechub.trainers import MatchTrainer
from rechub.utils import match, quantization
from rechub.utils.data import MatchDataGenerator, make_dataloader, pad_sequences
from seed_data import ITEMS, WALKS, dssm, sasrec, trainer


def bad(walks, name, row, value, dtype=None):
    x = {key: values.astype(dtype or values.dtype).copy() if key == name else values for key, values in walks[0].items()}
    x[name][row] = value
    return x


@pytest.mark.parametrize(
    ("name", "row", "value", "dtype", "says"),
    [
        ("item_id", 3, 61, None, "item_id, row 3: the id 61 is not in 0 to 60"),
        ("item_id", 7, -1, None, "item_id, row 7: the id -1 is not in 0 to 60"),
        ("category", 2, 2**40, None, f"category, row 2: the id {2**40} is not in 0 to 6"),
        ("item_id", 5, 1.5, np.float64, "item_id, row 5: expected a whole number, got 1.5"),
        ("item_id", 5, np.nan, np.float64, "item_id, row 5: expected a whole number, got nan"),
        ("age", 9, np.nan, None, "age, row 9: nan is not a finite number"),
        ("age", 9, -np.inf, None, "age, row 9: -inf is not a finite number"),
        ("user_history", (4, 11), 61, None, "user_history, row 4: the id 61 is not in 0 to 60"),
        ("user_history", (4, slice(None)), [0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0], None, "user_history, row 4: 0 stands inside the list, at position 2"),
    ],
)
def test_a_bad_value_is_named_with_feature_and_row(walks, name, row, value, dtype, says):
    x = bad(walks, name, row, value, dtype)
    with pytest.raises(ValueError) as caught:
        trainer(dssm()).fit(make_dataloader(x))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"item_id": np.array(["a"] * 400)}, "item_id: expected numbers, got <U1 in row 0, as 'a'"),
        ({"item_id": ["1"] * 400}, "item_id: expected numbers"),
        ({"item_id": [1] * 399 + [None]}, "item_id, row 399: expected a number, got None"),
        ({"item_id": pd.Series([1] * 399 + [None], dtype="Int64")}, "item_id, row 399: there is no value"),
        ({"item_id": [2**70] * 400}, f"item_id, row 0: {2**70} is beyond 64-bit whole numbers"),
        ({"item_id": np.zeros((400, 2), dtype=np.int64)}, "item_id: expected one id a row, got 2 numbers; a list of ids is a SequenceFeature"),
        ({"item_id": np.zeros((400, 2, 2))}, "item_id: expected one number or one list a row, got 3 dimensions"),
        ({"item_id": [[1, 2]] * 399 + [[1]]}, "item_id: expected one id a row, got lists"),
        ({"item_id": np.ones(400, dtype=complex)}, "item_id: expected numbers, got complex128"),
        ({"item_id": np.ones(400, dtype="datetime64[s]")}, "item_id: expected numbers, got datetime64[s]"),
        ({"item_id": np.ones(399, dtype=np.int64)}, "all columns need the same number of rows, but 'age' has 400 and 'item_id' has 399"),
        ({"item_id": None}, "item_id"),
        ({"age": [[1.0], [1.0, 2.0]] * 200}, "age: expected 1 numbers a row"),
        ({"user_id": [*range(399), "x"]}, "user_id, row 399: expected a number, got 'x'"),
        ({"user_id": np.array([*range(399), "x"], dtype=object)}, "user_id, row 399: expected a number, got 'x'"),
        ({"user_history": [[1, 2]] * 399 + ["abc"]}, "user_history, row 399: expected a list of numbers as in the rows before, got 'abc'"),
        ({"user_history": [[1, 2]] * 399 + [["a"]]}, "user_history, row 399: expected a list of numbers, got ['a']"),
        ({"user_history": [[1, 2]] * 399 + [[[1]]]}, "user_history, row 399: expected a list of numbers"),
        ({"user_history": [[1, 2]] * 399 + [None]}, "user_history, row 399: expected a list of numbers"),
    ],
)
def test_a_bad_column_is_named(walks, changed, says):
    with pytest.raises(ValueError) as caught:
        trainer(dssm()).fit(make_dataloader({**walks[0], **changed}))
    assert says in str(caught.value)


def test_a_column_that_no_feature_reads_may_hold_anything(walks):
    trainer(sasrec()).fit(make_dataloader({**walks[0], "title": ["a"] * 400}))


def test_missing_and_empty_columns_are_named(walks):
    x = {name: values for name, values in walks[0].items() if name != "category"}
    with pytest.raises(ValueError, match="x has no column 'category', which the feature of that name reads"):
        trainer(dssm()).fit(make_dataloader(x))
    with pytest.raises(ValueError, match="x has no column 'category'.*did you mean 'categorie'"):
        trainer(dssm()).fit(make_dataloader({**x, "categorie": walks[0]["category"]}))
    with pytest.raises(ValueError, match="x has no rows"):
        make_dataloader({name: values[:0] for name, values in walks[0].items()})
    for nothing in ({}, pd.DataFrame()):
        with pytest.raises(ValueError, match="x has no columns"):
            MatchDataGenerator(nothing)
    with pytest.raises(ValueError, match="x: expected a dict of columns .*; got int"):
        MatchDataGenerator(3)
    with pytest.raises(ValueError, match="x_test_user has no rows"):
        MatchDataGenerator(walks[0]).generate_dataloader({"user_id": []}, walks[1], 64)


@pytest.mark.parametrize(
    ("y", "says"),
    [
        (np.ones(399), "y: expected one label for each of the 400 rows of x, got 399"),
        ([1] * 399 + [np.nan], "y, row 399: a label should be a number from 0 on, got nan"),
        ([1] * 399 + [-1], "y, row 399: a label should be a number from 0 on, got -1"),
        (["a"] * 400, "y: expected numbers"),
        (3, "y: expected a column of numbers, got 3"),
        ([[1], [1, 2]] * 200, "y: expected one label for each of the 400 rows of x, got several a row"),
    ],
)
def test_a_bad_label_is_named(walks, y, says):
    with pytest.raises(ValueError) as caught:
        MatchDataGenerator(walks[0], y)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: SparseFeature("a", 0), "a: vocab_size should be a whole number of 1 or more, got 0"),
        (lambda: SparseFeature("a", 2.5), "a: vocab_size should be a whole number of 1 or more, got 2.5"),
        (lambda: SparseFeature("a", 10, -1), "a: embed_dim should be a whole number of 1 or more, got -1"),
        (lambda: SparseFeature("", 10), "a feature's name is a text that is not empty"),
        (lambda: SparseFeature("a", 10, padding_idx=3), "a: padding_idx should be None or 0, got 3"),
        (lambda: SequenceFeature("a", 10, pooling="median"), "a: pooling should be mean, sum, max, concat or None, got 'median'"),
        (lambda: DenseFeature("a", 0), "a: embed_dim should be a whole number of 1 or more, got 0"),
        (lambda: DSSM([], ITEMS), "DSSM: user_features is empty"),
        (lambda: DSSM(WALKS, None), "DSSM: item_features should be a list of features, got None"),
        (lambda: DSSM(WALKS, [3]), "DSSM: item_features should hold features of rechub.basic.features, got 3"),
        (lambda: DSSM(WALKS, ITEMS, {"dims": [8]}, {"dims": [4]}), "both towers end in vectors of one width"),
        (lambda: DSSM(WALKS, ITEMS, {"dims": 8}), "DSSM: user_params: dims should be a list of widths, got 8"),
        (lambda: DSSM(WALKS, ITEMS, {"dims": ["a"]}), "DSSM: user_params: a width of dims should be a whole number, got 'a'"),
        (lambda: DSSM(WALKS, ITEMS, {"width": [8]}), "DSSM: user_params has no 'width'"),
        (lambda: DSSM(WALKS, ITEMS, {"activation": "dice"}), "dice"),
        (lambda: DSSM(WALKS, ITEMS, temperature=0), "DSSM: temperature should be above 0, got 0"),
        (lambda: DSSM(WALKS, ITEMS, temperature="cold"), "DSSM: temperature should be a finite number, got 'cold'"),
        (lambda: DSSM([SparseFeature("u", 2**31 - 9, 4096)], ITEMS), "u with vocab_size 2147483639 and embed_dim 4096 takes more memory to train than"),
        (lambda: sasrec(max_length=0), "SASRec: max_length should be 1 or more, got 0"),
        (lambda: SASRec(user_features=[SparseFeature("u", 5)], item_features=ITEMS), "SASRec reads a history"),
        (lambda: SASRec(user_features=WALKS, item_features=ITEMS, num_heads=5), "SASRec: num_heads should divide embedding_dim, got 5 and 32"),
        (lambda: GRU4Rec(WALKS, WALKS, ITEMS, embedding_dim=3), "GRU4Rec: embedding_dim does not go with history_features"),
        (lambda: MatchTrainer(3), "model should be one of rechub.models.matching, got int"),
        (lambda: trainer(sasrec(), mode=3), "mode should be 0 (point-wise), 1 (pair-wise) or 2 (list-wise), got 3"),
        (lambda: trainer(sasrec(), n_epoch=0), "n_epoch should be 1 or more, got 0"),
        (lambda: trainer(sasrec(), optimizer_params={"lr": -1}), "optimizer_params: lr should be above 0, got -1"),
        (lambda: trainer(sasrec(), optimizer_params={"momentum": 0.9}), "optimizer_params has no 'momentum' here; it has lr, weight_decay, betas and eps"),
        (lambda: trainer(sasrec(), optimizer_fn="lamb"), "optimizer_fn should be Adam, AdamW, Adagrad or SGD, got lamb"),
        (lambda: trainer(sasrec(), regularization_params={"l3": 1}), "regularization_params has no 'l3'"),
        (lambda: trainer(sasrec()).export_onnx("x.onnx"), "mode should be 'user' or 'item', got None"),
        (lambda: trainer(sasrec()).export_onnx("/nowhere/x.onnx", mode="item"), "/nowhere/x.onnx"),
        (lambda: trainer(sasrec()).fit(3), "train_dataloader: expected a loader of MatchDataGenerator"),
        (lambda: trainer(sasrec(), model_logger=3), "model_logger: expected an object with log_hyperparams, log_metrics and finish, got 3"),
        (lambda: match.negative_sample({}, 3), "items_cnt_order: there are no items to draw from"),
        (lambda: match.negative_sample({"a": 1}, -3), "ratio should be a whole number of 0 or more, got -3"),
        (lambda: pad_sequences([[1]], maxlen=-1), "maxlen should be a whole number of 0 or more, got -1"),
    ],
)
def test_a_bad_argument_is_named(make, says):
    with pytest.raises(ValueError) as caught:
        make()
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: match.generate_seq_feature_match(pd.DataFrame({"u": [1], "i": [1], "t": [1]}), "u", "itm", "t"), "data has no column 'itm'; it has u, i, t"),
        (lambda: quantization.quantize_model("/nowhere/user.onnx", "/nowhere/small.onnx"), "/nowhere/user.onnx: there is no such graph"),
        (lambda: datasets.atomic("/nowhere"), "/nowhere: there is no such folder; expected one with RecBole's files"),
    ],
)
def test_what_is_not_there_is_named(call, says):
    with pytest.raises(NotFoundError) as caught:
        call()
    assert says in str(caught.value)


def test_negatives_of_the_batch_that_are_not_asked_for_are_told():
    for given in ({"hard_negative": True}, {"in_batch_neg_ratio": 3}):
        with pytest.warns(UserWarning, match="without in_batch_neg=True they change nothing"):
            trainer(sasrec(), **given)
