"""The classes of Torch-RecHub's matching API: memory, signals, threads, modes, and what they say to bad input."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest

import rechub
import seed_data
from conftest import ROOT
from rechub.basic.features import DenseFeature, SequenceFeature, SparseFeature
from rechub.models.matching import DSSM, GRU4Rec, SASRec
from rechub.trainers import MatchTrainer
from rechub.utils._columns import Columns, as_column
from rechub.utils.data import MatchDataGenerator, ParquetIterableDataset, PredictDataset, TorchDataset, make_dataloader

ITEMS = [SparseFeature("item_id", 61, 8), SparseFeature("category", 7, 4)]
WALKS = [SequenceFeature("user_history", 61, 8, shared_with="item_id")]


def dssm(**arguments):
    users = [SparseFeature("user_id", seed_data.USERS, 8), DenseFeature("age"), *WALKS]
    return DSSM(users, ITEMS, {"dims": [16, 8]}, {"dims": [16, 8]}, **arguments)


def sasrec(**arguments):
    return SASRec(user_features=WALKS, item_features=ITEMS, embedding_dim=16, num_heads=2, num_layers=1, hidden_size=16, dropout=0.0, temperature=0.1, **arguments)


@pytest.fixture(scope="module")
def walks():
    return seed_data.histories()


def loaders(walks, **changed):
    x, items = walks
    x = {**x, **changed}
    users = {name: x[name] for name in ("user_history", "user_id", "age") if x[name] is not None}
    return MatchDataGenerator({name: values for name, values in x.items() if values is not None}).generate_dataloader(users, items, 64, 0)


def trainer(model, **settings):
    return MatchTrainer(model, **{"mode": 2, "n_epoch": 2, "model_path": None, **settings})


# Memory


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("shape", [(6,), (3, 2)])
def test_arrays_are_read_where_they_lie(dtype, shape):
    import torch

    array = np.arange(6, dtype=dtype).reshape(shape)
    assert as_column(array, "c").address == array.ctypes.data
    tensor = torch.arange(6, dtype=getattr(torch, dtype)).reshape(shape)
    assert as_column(tensor, "c").address == tensor.data_ptr()
    array.flags.writeable = False
    assert as_column(array, "c").address == array.ctypes.data


def test_frames_and_arrow_lists_are_read_where_they_lie():
    import polars
    import pyarrow as pa

    frame = pd.DataFrame({"a": np.arange(5), "b": np.arange(5.0)})
    assert as_column(frame["a"], "a").address == frame["a"].to_numpy().ctypes.data
    column = pa.array([1, 2, 3])
    assert as_column(column, "c").address == column.buffers()[1].address
    lists = pa.array([[1, 2], [], [3]], pa.large_list(pa.int64()))
    assert as_column(lists, "c").address == lists.values.buffers()[1].address
    assert as_column(lists, "c").is_list and as_column(lists, "c").num_rows == 3
    series = polars.Series("c", [[1, 2], [3]])
    assert as_column(series, "c").address == series.to_arrow().values.buffers()[1].address


def test_a_column_keeps_its_array_alive():
    column = as_column(np.full(1_000_000, 7), "c")
    np.full(1_000_000, 9)  # would take the memory of one that is gone
    import ctypes

    assert ctypes.c_int64.from_address(column.address).value == 7


@pytest.mark.parametrize("form", ["numpy", "torch", "lists", "pandas", "polars", "arrow", "parquet", "ragged", "behind", "int32", "float64"])
def test_every_form_of_data_gives_the_same_vectors(walks, form, tmp_path):
    import polars
    import pyarrow as pa
    import pyarrow.parquet
    import torch

    x, items = walks
    ragged = [row[row != 0] for row in x["user_history"]]
    table = pa.table({name: pa.array(ragged if name == "user_history" else values) for name, values in x.items()})
    forms = {
        "numpy": lambda: x,
        "torch": lambda: {name: torch.as_tensor(values) for name, values in x.items()},
        "lists": lambda: {name: values.tolist() for name, values in x.items()},
        "pandas": lambda: pd.DataFrame({name: list(values) for name, values in x.items()}),
        "polars": lambda: polars.from_arrow(table),
        "arrow": lambda: table,
        "ragged": lambda: {**x, "user_history": ragged},
        "behind": lambda: {**x, "user_history": np.stack([np.roll(row, int((row != 0).sum())) for row in x["user_history"]])},
        "int32": lambda: {name: values.astype(np.int32) if values.dtype == np.int64 else values for name, values in x.items()},
        "float64": lambda: {name: values.astype(np.float64) for name, values in x.items()},
    }
    if form == "parquet":
        pa.parquet.write_table(table, tmp_path / "x.parquet")
        data = ParquetIterableDataset([tmp_path / "x.parquet"])
        assert sum(len(batch["item_id"]) for batch in data) == 400
    else:
        data = forms[form]()

    def vectors(rows):
        model = dssm()
        train, _, item = MatchDataGenerator(rows).generate_dataloader(rows, items, 64, 0)
        one = trainer(model)
        one.fit(train)
        return one.inference_embedding(model, "item", item)

    np.testing.assert_array_equal(vectors(data), vectors(x))


# Training


@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("make", [dssm, sasrec])
def test_walks_are_learnt_in_every_mode(walks, make, mode):
    train, _, _ = loaders(walks)
    one = trainer(make(temperature=0.1) if make is dssm else make(), mode=mode, n_epoch=30, optimizer_params={"lr": 0.02})
    one.fit(train, make_dataloader(walks[0]))
    assert one.evaluate(train)["Hit@5"] > 0.7  # by chance 5 of 60
    scores = one.predict(train)
    assert scores.shape == (400,) and scores.dtype == np.float32 and (0 <= scores.min() if mode == 0 else -1 <= scores.min())


def test_mode_0_judges_labels(walks):
    x, items = walks
    wrong = {**x, "item_id": (x["item_id"] + 5) % 60 + 1}
    wrong["category"] = wrong["item_id"] % 7
    both = {name: np.concatenate([x[name], wrong[name]]) for name in x}
    labels = np.repeat([1, 0], len(x["age"]))
    one = trainer(sasrec(), mode=0, n_epoch=30, optimizer_params={"lr": 0.02})
    rows = make_dataloader(both, labels, 64, 0)
    result = one.fit(rows, rows)
    from sklearn.metrics import log_loss, roc_auc_score

    metrics, scores = one.evaluate(rows), one.predict(rows)
    assert result["metric"] == "AUC" and metrics["AUC"] > 0.9
    assert metrics["AUC"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-6)
    assert metrics["LogLoss"] == pytest.approx(log_loss(labels, scores.astype(np.float64)), rel=1e-4)


def test_a_loader_without_labels_to_judge_by_is_no_error(walks, capfd):
    train, users, _ = loaders(walks)
    result = trainer(sasrec()).fit(train, users)
    assert result["validation_rows"] == 40 and result["training_rows"] == 360
    assert "40 of the 400 training rows, drawn by seed, are held out" in capfd.readouterr().err


def test_devices(walks):
    with pytest.warns(UserWarning, match="does not use CUDA, so the model trains on the CPU"):
        trainer(sasrec(), device="cuda:0")
    with pytest.warns(UserWarning, match="CUDA"):
        trainer(sasrec(), gpus=[0])
    trainer(sasrec(), device="auto").fit(loaders(walks)[0])
    with pytest.raises(ValueError, match="device should be cpu, auto or cuda, got 'tpu'"):
        trainer(sasrec(), device="tpu")


def test_every_setting_of_the_trainer_has_an_effect(walks):
    """Each against the same trainer without it: another model comes out."""
    import torch

    def weights(**settings):
        one = trainer(sasrec(), **{"mode": 1, "optimizer_params": {"lr": 0.01}, **settings})
        one.fit(loaders(walks)[0])
        return np.concatenate([value.ravel() for value in one.model.state_dict().values()])

    plain, in_batch = weights(), weights(in_batch_neg=True)
    np.testing.assert_array_equal(plain, weights())
    changes = [
        {"optimizer_params": {"lr": 0.01, "weight_decay": 0.5}},
        {"optimizer_params": {"lr": 0.01, "betas": (0.5, 0.9)}},
        {"optimizer_params": {"lr": 0.01, "eps": 0.1}},
        {"optimizer_fn": torch.optim.Adagrad},
        {"optimizer_fn": torch.optim.SGD},
        {"scheduler_fn": torch.optim.lr_scheduler.StepLR, "scheduler_params": {"step_size": 1, "gamma": 0.1}},
        {"num_negatives": 5},
        {"sampler_seed": 2},
        {"validation_share": 0.5},
        {"in_batch_neg": True},
        *({"regularization_params": {name: 0.1}} for name in ("embedding_l1", "embedding_l2", "dense_l1", "dense_l2")),
    ]
    for change in changes:
        assert np.abs(weights(**change) - plain).max() > 1e-4, change
    for change in ({"in_batch_neg_ratio": 3}, {"hard_negative": True}, {"hard_negative": True, "in_batch_neg_ratio": 5}):
        assert np.abs(weights(in_batch_neg=True, **change) - in_batch).max() > 1e-4, change


def test_schedulers_give_the_step_size_of_each_epoch(walks):
    import torch

    one = trainer(sasrec(), n_epoch=4, scheduler_fn=torch.optim.lr_scheduler.StepLR, scheduler_params={"step_size": 2, "gamma": 0.1}, optimizer_params={"lr": 0.01})
    one.fit(loaders(walks)[0])
    np.testing.assert_allclose([line["learning_rate"] for line in one.history_], [0.01, 0.01, 0.001, 0.001])
    with pytest.raises(ValueError, match="scheduler_fn should give a step size for each epoch without seeing metrics"):
        trainer(sasrec(), scheduler_fn=torch.optim.lr_scheduler.ReduceLROnPlateau)


def test_loggers_hear_of_every_epoch(walks):
    class Logger:
        def __init__(self):
            self.heard = []

        def log_hyperparams(self, values):
            self.heard.append(("hyper", values))

        def log_metrics(self, values, step):
            self.heard.append((step, values))

        def finish(self):
            self.heard.append(("finish", None))

    logger = Logger()
    trainer(sasrec(), model_logger=logger, optimizer_params={"lr": 0.01}).fit(loaders(walks)[0])
    assert logger.heard[0] == ("hyper", {"n_epoch": 2, "learning_rate": 0.01, "loss_mode": 2})
    assert [name for name, _ in logger.heard[1:]] == [0, 1, "finish"]
    assert {"train/loss", "learning_rate", "val/NDCG@10"} <= logger.heard[1][1].keys()


def test_what_a_logger_raises_ends_fit(walks):
    class Broken:
        def log_hyperparams(self, values):
            pass

        def log_metrics(self, values, step):
            raise OSError("disk full")

    one = trainer(sasrec(), model_logger=Broken())
    with pytest.raises(OSError, match="disk full"):
        one.fit(loaders(walks)[0])
    one.evaluate(loaders(walks)[0])  # the model is free again


def test_saved_weights_serve_a_fresh_model(walks, tmp_path):
    train, users, _ = loaders(walks)
    one = trainer(sasrec(), model_path=tmp_path / "saved/model")
    one.fit(train)
    vectors = one.inference_embedding(one.model, "user", users)
    fresh = sasrec()
    np.testing.assert_array_equal(trainer(fresh).inference_embedding(fresh, "user", users, tmp_path / "saved/model"), vectors)
    with pytest.raises(rechub.NotFoundError, match="weights.safetensors"):
        one.inference_embedding(fresh, "user", users, tmp_path / "nowhere")
    with pytest.raises(ValueError, match="weights.safetensors: tensor .* is missing"):
        other = DSSM([SparseFeature("user_id", 50, 8)], ITEMS)
        trainer(other).inference_embedding(other, "user", users, tmp_path / "saved/model")


def test_loaders_of_torch_are_read(walks):
    from torch.utils.data import DataLoader

    x, _ = walks
    vectors = []
    for rows in (DataLoader(TorchDataset(x, np.ones(400)), batch_size=64, shuffle=True), make_dataloader(x, np.ones(400), 64, 0), DataLoader(TorchDataset(x, np.ones(400)), batch_size=64)):
        model = sasrec()
        one = trainer(model)
        if len(vectors) == 2:  # batches themselves, as of a data set nobody knows
            rows = [batch for batch in rows]
            rows = type("Batches", (), {"__iter__": lambda self, rows=rows: iter(rows), "batch_size": 64})()
        one.fit(rows)
        vectors.append(one.inference_embedding(model, "user", DataLoader(PredictDataset({"user_history": x["user_history"]}), batch_size=50)))
    np.testing.assert_array_equal(vectors[0], vectors[1])
    np.testing.assert_array_equal(vectors[0], vectors[2])


def test_loaders_are_gone_through_as_torchs(walks):
    x, _ = walks
    train, users, items = loaders(walks)
    assert (len(train), len(users), len(items)) == (7, 7, 1)
    assert sorted(next(iter(users))) == ["age", "user_history", "user_id"]
    seen = np.concatenate([batch["item_id"].numpy() for batch in train])
    assert sorted(seen) == sorted(x["item_id"]) and seen.tolist() != x["item_id"].tolist()
    batch, labels = next(iter(make_dataloader(x, np.arange(400) % 2, 64)))
    assert labels.tolist() == (np.arange(64) % 2).tolist() and batch["user_history"].shape == (64, 12)


def test_the_gil_is_free_while_training(walks):
    counted, is_over = [0], threading.Event()

    def count():
        while not is_over.is_set():
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    one = trainer(sasrec(), n_epoch=20)
    train = loaders(walks)[0]
    thread.start()
    before, begin = counted[0], time.monotonic()
    one._handle.fit(train._handle, None, lambda line: None)
    seconds, ticks = time.monotonic() - begin, counted[0] - before
    is_over.set()
    thread.join()
    assert seconds > 0.05 and ticks > 20 * seconds


def test_a_second_call_is_told_that_the_model_is_in_use(walks):
    train = loaders(walks)[0]
    met = []

    class Meddler:
        def log_hyperparams(self, values):
            pass

        def log_metrics(self, values, step):
            with pytest.raises(ValueError, match="the model is in use: another call trains it"):
                one.predict(train)
            met.append(step)

        def finish(self):
            pass

    one = trainer(sasrec(), model_logger=Meddler())
    one.fit(train)
    assert met == [0, 1]


INTERRUPTED = """
import signal, sys, threading
sys.path[:0] = {paths!r}
import numpy as np
import seed_data
from test_matching import sasrec, trainer, loaders
walks = seed_data.histories()
train, users, _ = loaders(walks)
one = trainer(sasrec(), n_epoch=100000, earlystop_patience=0, model_path={saved!r})
threading.Timer(4, lambda: signal.raise_signal(signal.SIGINT)).start()
try:
    one.fit(train)
except KeyboardInterrupt:
    fresh = sasrec()
    same = trainer(fresh).inference_embedding(fresh, "user", users, {saved!r})
    print("kept", bool((same == one.inference_embedding(one.model, "user", users)).all()), len(one.history_) > 0, one.evaluate(train)["Hit@10"] > .5)
"""


def test_ctrl_c_ends_training_with_the_best_weights(tmp_path):
    paths = [str(ROOT / "build/python"), str(ROOT / "tests/package")]
    code = INTERRUPTED.format(paths=paths, saved=str(tmp_path / "saved"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "kept True True True", done.stderr[-2000:]


def test_importing_the_classes_loads_no_engine():
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'build/python')!r}); import rechub.basic.features, rechub.models.matching, rechub.trainers, rechub.utils.data, rechub.utils.match, rechub.serving;"
        "print([name for name in sys.modules if name in ('torch', 'rechub._engine')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


# Bad input


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
        (lambda: DSSM(WALKS, ITEMS, temperature="cold"), "DSSM: temperature should be a number, got 'cold'"),
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
        (lambda: trainer(sasrec()).export_onnx("x.onnx"), "mode should be user or item, got ''"),
        (lambda: trainer(sasrec()).export_onnx("/nowhere/x.onnx", mode="item"), "/nowhere/x.onnx"),
        (lambda: trainer(sasrec()).fit(3), "train_dataloader: expected a loader of MatchDataGenerator"),
    ],
)
def test_a_bad_argument_is_named(make, says):
    with pytest.raises(ValueError) as caught:
        make()
    assert says in str(caught.value)
