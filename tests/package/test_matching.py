"""The classes of Torch-RecHub's matching API: memory, modes, settings, threads and signals."""

import copy
import pickle
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest

import rechub
from source_tree import ROOT
from rechub.basic.features import SparseFeature
from rechub.models.matching import DSSM
from rechub.trainers import MatchTrainer
from rechub.utils._columns import as_column
from rechub.utils.data import MatchDataGenerator, ParquetIterableDataset, PredictDataset, TorchDataset, make_dataloader
from seed_data import ITEMS, dssm, sasrec, trainer


def loaders(walks, **changed):
    x, items = walks
    x = {**x, **changed}
    users = {name: x[name] for name in ("user_history", "user_id", "age") if x[name] is not None}
    return MatchDataGenerator({name: values for name, values in x.items() if values is not None}).generate_dataloader(users, items, 64, 0)


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


def test_mode_0_judges_labels(walks, capfd):
    x, items = walks
    wrong = {**x, "item_id": (x["item_id"] + 5) % 60 + 1}
    wrong["category"] = wrong["item_id"] % 7
    both = {name: np.concatenate([x[name], wrong[name]]) for name in x}
    labels = np.repeat([1, 0], len(x["age"]))
    one = trainer(sasrec(), mode=0, n_epoch=30, optimizer_params={"lr": 0.02}, in_batch_neg=True)
    rows = make_dataloader(both, labels, 64, 0)
    result = one.fit(rows, rows)
    assert "in_batch_neg has no effect here" in capfd.readouterr().err
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
    says = "this build does not use CUDA, so the model trains on the CPU"
    for given, name in (({"device": "cuda:0"}, "device 'cuda:0'"), ({"gpus": [0]}, "gpus=[0]"), ({"device": "cuda:1", "gpus": [1]}, "device 'cuda:1'")):
        with pytest.warns(UserWarning) as warned:
            MatchTrainer(sasrec(), model_path=None, **given)
        assert [str(one.message) for one in warned] == [f"{name}: {says}"]
        assert warned[0].filename == __file__
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

    plain = weights()
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
    # By SGD: Adam's steps would blow up differences of rounding.
    for mode in (0, 1, 2):
        of_batch = {"mode": mode, "in_batch_neg": True, "optimizer_fn": torch.optim.SGD, "optimizer_params": {"lr": 1.0}}
        all_others = weights(**of_batch)
        for change in ({"in_batch_neg_ratio": 3}, {"hard_negative": True}, {"hard_negative": True, "in_batch_neg_ratio": 5}):
            assert np.abs(weights(**of_batch, **change) - all_others).max() > 1e-4, (mode, change)


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

        def finish(self):
            pass

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
    labelled = TorchDataset(x, np.ones(400))
    for rows in (DataLoader(labelled, batch_size=64, shuffle=True), make_dataloader(x, np.ones(400), 64, 0), DataLoader(labelled, batch_size=64)):
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
import signal, sys, threading, types
sys.path[:0] = {paths!r}
import numpy as np
import seed_data
from test_matching import sasrec, trainer, loaders
walks = seed_data.histories()
train, users, _ = loaders(walks)
reached = threading.Event()
logger = types.SimpleNamespace(log_hyperparams=lambda values: None, log_metrics=lambda values, step: step == 20 and reached.set(), finish=lambda: None)
one = trainer(sasrec(), n_epoch=100000, earlystop_patience=0, model_path={saved!r}, model_logger=logger)
threading.Thread(target=lambda: (reached.wait(), signal.raise_signal(signal.SIGINT)), daemon=True).start()
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
        f"import sys; sys.path.insert(0, {str(ROOT / 'build/python')!r});"
        "import rechub.basic.metric, rechub.models.matching, rechub.trainers, rechub.serving;"
        "import rechub.utils.data, rechub.utils.match, rechub.utils.quantization, rechub.utils.weights;"
        "print([name for name in sys.modules if name in ('torch', 'rechub._engine')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


# Copies


@pytest.mark.parametrize("make", [dssm, sasrec])
def test_a_pickled_model_gives_the_same_vectors(walks, make):
    train, test, item = loaders(walks)
    model = make()
    teacher = trainer(model)
    teacher.fit(train)
    for copied in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert repr(copied) == repr(model) and copied.target_column == model.target_column
        for mode, loader in (("user", test), ("item", item)):
            np.testing.assert_array_equal(teacher.inference_embedding(copied, mode, loader), teacher.inference_embedding(model, mode, loader))


def test_a_pickled_model_begins_as_the_model_would(walks):
    train, _, item = loaders(walks)

    def learnt(model):
        teacher = trainer(model)
        teacher.fit(train)
        return teacher.inference_embedding(model, "item", item)

    np.testing.assert_array_equal(learnt(pickle.loads(pickle.dumps(dssm()))), learnt(dssm()))
    given = dssm()
    given.load_state_dict({name: np.full_like(value, 0.01) for name, value in given.state_dict().items() if name.startswith("user")})
    weights = pickle.loads(pickle.dumps(given)).state_dict()
    for name, value in given.state_dict().items():
        np.testing.assert_array_equal(weights[name], value)
