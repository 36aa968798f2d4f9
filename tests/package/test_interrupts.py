"""Ctrl-C, early and late: KeyboardInterrupt is raised, and a model that was trained at all is fitted."""

import pickle
import signal
import tempfile
import threading

import pandas as pd
import pytest
import torch

import rechub
from rechub import _recommender, _runtime
from rechub.utils.data import make_dataloader
from seed_data import sasrec, trainer

EPOCHS = 2


def in_the_callback(called):
    if called == EPOCHS:
        signal.raise_signal(signal.SIGINT)


def behind_the_callback(called):
    """From a thread that gets to run when the callback has given Python up."""
    if called == EPOCHS:
        is_over = threading.Event()
        behind.append(threading.Thread(target=lambda: (is_over.wait(), signal.raise_signal(signal.SIGINT))))
        behind[-1].start()
        is_over.set()


behind = []


def hear_the_last():
    """On a busy machine the thread may run when the call is over."""
    while behind:
        behind.pop().join()


@pytest.mark.parametrize("interrupt", [in_the_callback, behind_the_callback])
def test_the_last_epoch_of_fit(columns, interrupt):
    model = rechub.STAMP(dim=8, epochs=EPOCHS, batch_size=64, num_workers=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(columns, verbose=False, callbacks=lambda epoch: interrupt(epoch["epoch"]))
        hear_the_last()
    assert len(model.history_) == EPOCHS and len(model.recommend(["u1"], k=3)) == 3 and model.metrics_["test"]["metrics"]


@pytest.mark.parametrize("interrupt", [in_the_callback, behind_the_callback])
def test_the_last_epoch_of_a_trainer(walks, interrupt, tmp_path):
    class Logger:
        def log_hyperparams(self, values):
            pass

        def log_metrics(self, values, step):
            interrupt(step + 1)

        def finish(self):
            finished.append(True)

    finished = []
    one = trainer(sasrec(), n_epoch=EPOCHS, model_logger=Logger(), model_path=tmp_path)
    rows = make_dataloader(walks[0], None, 64, 0)
    with pytest.raises(KeyboardInterrupt):
        one.fit(rows)
        hear_the_last()
    assert finished and len(one.history_) == EPOCHS and (tmp_path / "weights.safetensors").exists()
    one.evaluate(rows)


def test_anomaly_detection_makes_no_other_error_of_it(columns):
    """RecBole switches it on for the process; PyTorch's own operations then look at signals."""
    torch.autograd.set_detect_anomaly(True)
    try:
        test_the_last_epoch_of_fit(columns, behind_the_callback)
        assert torch.is_anomaly_enabled()
    finally:
        torch.autograd.set_detect_anomaly(False)


def test_a_handler_of_ones_own_is_heard(columns):
    """What it raises ends the call, as Python has it; what it swallows does not."""
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        model = rechub.STAMP(dim=8, epochs=EPOCHS, batch_size=64, num_workers=0)
        model.fit(columns, verbose=False, callbacks=lambda epoch: in_the_callback(epoch["epoch"]))
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT] and len(model.history_) == EPOCHS


# In the first epoch, while data is read, and in calls that only ask


@pytest.fixture
def at_message(monkeypatch):
    """Ctrl-C comes with the first message that begins with a text."""

    def interrupt_at(text):
        def write(self, line):
            if line.startswith(text):
                monkeypatch.undo()
                signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(_runtime._Progress, "write", write)

    return interrupt_at


@pytest.mark.parametrize("has_folder", [False, True])
def test_the_first_epoch_of_fit(columns, at_message, tmp_path, has_folder):
    at_message("stamp: ")  # the line before training
    model = rechub.STAMP(dim=8, epochs=EPOCHS, batch_size=64, num_workers=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(columns, out=tmp_path / "stamp.bundle" if has_folder else None)
    assert model.history_ == [] and model.metrics_["training"]["epochs"] == 0
    assert len(model.recommend(["u1"], k=3)) == 3 and len(rechub.load(model.bundle_).recommend(["u1"], k=3)) == 3
    with pytest.raises(ValueError, match="STAMP ended in the first epoch: its history is empty"):
        rechub.plots.learning_curves(model)


def test_while_data_is_read(columns, at_message, tmp_path):
    out = tmp_path / "stamp.bundle"
    model = rechub.STAMP(dim=8, epochs=EPOCHS, batch_size=64, num_workers=0)
    at_message("item feature size")  # features are planned before events are read
    with pytest.raises(KeyboardInterrupt):
        model.fit(columns, item_features={"item": list(range(1000, 1060)), "size": [one / 7 for one in range(60)]}, out=out)
    assert not hasattr(model, "bundle_") and list(tmp_path.iterdir()) == []
    model.fit(columns, out=out, verbose=False)
    bundle = model.bundle_
    at_message("item feature size")
    with pytest.raises(KeyboardInterrupt):
        model.fit(columns, item_features={"item": list(range(1000, 1060)), "size": [one / 7 for one in range(60)]})
    assert model.bundle_ == bundle and len(model.history_) == EPOCHS


def test_behind_training(columns, monkeypatch):
    taken = rechub.Recommender._take

    def take(self, *given):
        signal.raise_signal(signal.SIGINT)
        taken(self, *given)

    monkeypatch.setattr(rechub.Recommender, "_take", take)
    model = rechub.STAMP(dim=8, epochs=1, batch_size=64, num_workers=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(columns, verbose=False)
    assert len(model.history_) == 1 and len(model.recommend(["u1"], k=3)) == 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.fixture
def behind_the_engine(monkeypatch):
    """Ctrl-C comes when the engine's call is over."""
    trained = _recommender.train

    def train(*given):
        result = trained(*given)
        signal.raise_signal(signal.SIGINT)
        return result

    monkeypatch.setattr(_recommender, "train", train)
    return monkeypatch


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """An empty folder for temporary ones."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    return tmp_path / "temporary"


def test_between_the_engine_and_fit(columns, behind_the_engine, temporary):
    model = rechub.STAMP(dim=8, epochs=1, batch_size=64, num_workers=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(columns, verbose=False)
    assert len(model.history_) == 1 and len(model.recommend(["u1"], k=3)) == 3
    assert list(temporary.iterdir()) == [model.bundle_.parent]
    out = temporary / "out.bundle"
    for _ in range(2):  # the second run replaces the bundle of the first
        with pytest.raises(KeyboardInterrupt):
            model.set_params(epochs=2).fit(columns, out=out, overwrite=True, verbose=False)
        assert model.bundle_ == out and len(model.history_) == 2 and list(temporary.iterdir()) == [out]


def test_with_the_temporary_folder(columns, monkeypatch, temporary):
    made = tempfile.mkdtemp
    monkeypatch.setattr(tempfile, "mkdtemp", lambda **given: (made(**given), signal.raise_signal(signal.SIGINT))[0])
    with pytest.raises(KeyboardInterrupt):
        rechub.STAMP(dim=8, epochs=1, batch_size=64, num_workers=0).fit(columns, verbose=False)
    assert list(temporary.iterdir()) == []


def test_a_bundle_of_before_is_not_taken_for_a_new_one(columns, at_message, tmp_path):
    out = tmp_path / "stamp.bundle"
    rechub.STAMP(dim=8, epochs=EPOCHS, batch_size=64, num_workers=0).fit(columns, out=out, verbose=False)
    model = rechub.STAMP(dim=8, epochs=1, batch_size=64, num_workers=0)
    at_message("item feature size")
    with pytest.raises(KeyboardInterrupt):
        model.fit(columns, item_features={"item": list(range(1000, 1060)), "size": [one / 7 for one in range(60)]}, out=out, overwrite=True)
    assert not hasattr(model, "bundle_") and len(rechub.load(out).history_) == EPOCHS


def test_nothing_is_left_of_a_copy_that_fails(columns, monkeypatch, temporary):
    model = rechub.STAMP(dim=8, epochs=1, batch_size=64, num_workers=0).fit(columns, verbose=False)
    packed = pickle.dumps(model)
    monkeypatch.setattr(rechub.Recommender, "_take", lambda *given: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        pickle.loads(packed)
    assert list(temporary.iterdir()) == [model.bundle_.parent]


def test_a_command_ends_at_its_next_batch(columns, at_message, tmp_path):
    pd.DataFrame(columns).to_csv(tmp_path / "events.csv")
    at_message("epoch 2:")
    with pytest.raises(KeyboardInterrupt):
        rechub.run("train", "--model", "stamp", "--data", tmp_path / "events.csv", "--out", tmp_path / "b", "--epochs", 500, "--patience", 0, "--set", "model.dim=8")
    assert not (tmp_path / "b").exists()
    pd.DataFrame({"item": range(1000, 1060), "size": [one / 7 for one in range(60)]}).to_csv(tmp_path / "items.csv")
    at_message("item feature size")  # while data is read
    with pytest.raises(KeyboardInterrupt):
        rechub.run("train", "--model", "stamp", "--data", tmp_path / "events.csv", "--item-features", tmp_path / "items.csv", "--out", tmp_path / "c", "--epochs", 1)
    assert not (tmp_path / "c.training").exists()


def test_another_thread_is_left_alone(columns, model):
    """Ctrl-C is the main thread's."""
    expected, found = model.evaluate().metrics, []
    thread = threading.Thread(target=lambda: found.extend(model.evaluate(bootstrap=20000).metrics for _ in range(3)))
    thread.start()
    one = rechub.STAMP(dim=8, epochs=EPOCHS, batch_size=64, num_workers=0)
    with pytest.raises(KeyboardInterrupt):
        one.fit(columns, verbose=False, callbacks=lambda epoch: in_the_callback(epoch["epoch"]))
    thread.join()
    assert found == [expected] * 3
