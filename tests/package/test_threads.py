"""Other threads go on while the engine works, several may ask one model, and other processes."""

import concurrent.futures
import os
import subprocess
import sys
import threading
import time

import pytest
from source_tree import PACKAGE

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


ASKS_IN_A_PROCESS = """
import multiprocessing, sys
import rechub

def answer_to(pipe, model):
    try:
        pipe.send(str(len(model.recommend("u1", k=3))))
    except RuntimeError as error:
        pipe.send(f"RuntimeError: {error}")

if __name__ == "__main__":
    _, method, bundle = sys.argv
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    process = context.Process(target=answer_to, args=(theirs, rechub.load(bundle)))
    process.start()
    print(ours.recv() if ours.poll(60) else "no answer")
    process.join(10)
"""


@pytest.mark.parametrize(("method", "answer"), [("spawn", "3"), ("fork", "RuntimeError: this process was forked")])
def test_in_a_process_of_its_own(model, method, answer, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(ASKS_IN_A_PROCESS)
    words = [sys.executable, program, method, model.bundle_]
    done = subprocess.run(words, env={**os.environ, "PYTHONPATH": str(PACKAGE)}, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith(answer), done.stderr


def test_several_threads_may_ask(model):
    expected = model.recommend(k=5)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(found.equals(expected) for found in pool.map(lambda _: model.recommend(k=5), range(12)))


def test_waiting_threads_spin_briefly_unless_told_otherwise():
    asks = "import os, rechub; rechub.set_num_threads(2); assert 'GOMP_SPINCOUNT' not in os.environ or os.environ['GOMP_SPINCOUNT'] == '77'"
    clean = {name: value for name, value in os.environ.items() if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    for own, spins in [({}, "1000"), ({"GOMP_SPINCOUNT": "77"}, "77"), ({"OMP_WAIT_POLICY": "passive"}, "0")]:
        environment = {**clean, **own, "PYTHONPATH": str(PACKAGE), "OMP_DISPLAY_ENV": "verbose"}
        said = subprocess.run([sys.executable, "-c", asks], env=environment, capture_output=True, text=True, check=True, timeout=60).stderr
        assert f"GOMP_SPINCOUNT = '{spins}'" in said
