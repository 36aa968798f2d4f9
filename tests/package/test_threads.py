"""Other threads go on while the engine works, several may ask one model, and other processes."""

import concurrent.futures
import multiprocessing
import threading
import time

import pytest
from conftest import ROOT

import rechub


def test_python_runs_while_a_model_trains(columns):
    count, stop = 0, threading.Event()

    def work():
        nonlocal count
        while not stop.is_set():
            count += 1
            time.sleep(0.001)

    thread = threading.Thread(target=work)
    thread.start()
    began = time.monotonic()
    before = count
    rechub.SASRec(dim=16, epochs=10, batch_size=64, num_workers=0).fit(columns, verbose=False)
    passed, during = time.monotonic() - began, count - before
    stop.set()
    thread.join()
    assert during > 20 * passed  # held by the engine, the lock would let next to none through


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Python's own words on forks and threads
@pytest.mark.parametrize(("method", "answer"), [("spawn", "3"), ("fork", "RuntimeError: this process was forked")])
def test_in_a_process_of_its_own(model, method, answer, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "build/python"))
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    process = context.Process(target=answer_to, args=(theirs, model))
    process.start()
    assert ours.poll(60) and ours.recv().startswith(answer)
    process.join(10)


def answer_to(pipe, model):
    try:
        pipe.send(str(len(model.recommend("u1", k=3))))
    except RuntimeError as error:
        pipe.send(f"RuntimeError: {error}")


def test_several_threads_may_ask(model):
    expected = model.recommend(k=5)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(found.equals(expected) for found in pool.map(lambda _: model.recommend(k=5), range(12)))
