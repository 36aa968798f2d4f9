"""Ctrl-C that comes late: the model is fitted, and KeyboardInterrupt is raised."""

import signal
import threading

import pytest
import torch

import rechub
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
        threading.Thread(target=lambda: (is_over.wait(), signal.raise_signal(signal.SIGINT))).start()
        is_over.set()


@pytest.mark.parametrize("interrupt", [in_the_callback, behind_the_callback])
def test_the_last_epoch_of_fit(columns, interrupt):
    model = rechub.STAMP(dim=8, epochs=EPOCHS, batch_size=64, num_workers=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(columns, verbose=False, callbacks=lambda epoch: interrupt(epoch["epoch"]))
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
