"""The Python package against the C++ program on the same work, and what a fit from a table in memory takes.

    ./run bench python [--pairs 5] [--epochs 3] [--items 1000000] [--users 20000] [--rows 10000000] [--directory D]

Interleaved pairs of whole processes, start to end: training SASRec on Beauty, and the 100 best of --items items (64 dimensions, exact search) for --users users of up to 50 events,
read from a file of ids and written as Parquet; the bundle is made by bench/clustered_items.py and stays in D, where it is used again. Medians and the ratio Python / program, for
the second also of the work without the imports of rechub, pandas and pyarrow; both must have written the same lists.
Then the largest memory (anonymous, as the system counts it) of a fit from an Arrow table of --rows events, shaped as MovieLens' ratings: the table and what comes on top of it,
engine loaded before, as a multiple of the table's bytes; and how long `import rechub` takes. Prints JSON; Beauty is looked for under RECHUB_DATA.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import clustered_items
import pandas
import provenance
import pyarrow.parquet

PROGRAM = provenance.ROOT / "build/rechub"
PACKAGE = provenance.ROOT / "build/python"
K = 100

FIT = """
import sys, rechub
data, out, epochs = sys.argv[1:]
rechub.SASRec(epochs=int(epochs), patience=0).fit(data, format="sequences", out=out, verbose=False)
"""
RECOMMEND = """
import sys, time
import pandas, pyarrow.parquet, rechub
bundle, users, out = sys.argv[1:]
began = time.perf_counter()
rechub.load(bundle).recommend(pandas.read_csv(users)["user"], k=100).to_parquet(out, index=False)
print(time.perf_counter() - began)
"""
MEMORY = """
import json, sys, threading, time
import numpy as np, pyarrow as pa, rechub
from rechub._runtime import engine

def anonymous():
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("RssAnon"))

rows = int(sys.argv[1])
engine()
draw = np.random.default_rng(1)
columns = {"user": np.sort(draw.integers(0, rows // 50, rows)), "item": draw.zipf(1.3, rows) % 20000, "rating": draw.integers(1, 11, rows) / 2}
columns["timestamp"] = np.arange(rows) + 10**9
table = pa.table(columns)
before, largest, is_over = anonymous(), 0, threading.Event()

def watch():
    global largest
    while not is_over.wait(0.02):
        largest = max(largest, anonymous())

watcher = threading.Thread(target=watch)
watcher.start()
began = time.perf_counter()
rechub.SASRec(dim=16, num_layers=1, max_length=20, epochs=1, loss="sampled_softmax", num_negatives=64).fit(table, verbose=False, **dict(word.split("=") for word in sys.argv[2:]))
seconds = time.perf_counter() - began
is_over.set()
watcher.join()
more = largest - before
print(json.dumps({"table_bytes": table.nbytes, "more_bytes": more, "peak_of_table": 1 + more / table.nbytes, "seconds": seconds}))
"""
IMPORT = "import time; began = time.perf_counter(); import rechub; print(time.perf_counter() - began)"


def python(script: str, *arguments) -> str:
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    return subprocess.run([sys.executable, "-c", script, *map(str, arguments)], check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout


def program(*arguments) -> None:
    subprocess.run([PROGRAM, *map(str, arguments), "--quiet"], check=True, stdout=subprocess.DEVNULL)


def seconds_of(call) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def pairs_of(count: int, of_program, of_python) -> dict:
    """Seconds of both arms; of_python may return those of its work alone, without what Python and pandas take to start."""
    runs = {"program": [], "python": []}
    work = []
    for pair in range(count):
        arms = [("program", of_program), ("python", lambda: work.append(of_python()))]
        for name, call in arms if pair % 2 == 0 else reversed(arms):
            runs[name].append(seconds_of(call))
    median = statistics.median(runs["program"])
    result = {"program_seconds": runs["program"], "python_seconds": runs["python"], "python_of_program": statistics.median(runs["python"]) / median}
    if work[0]:
        result |= {"python_work_seconds": work, "python_work_of_program": statistics.median(work) / median}
    return result


def bundle_of(directory: pathlib.Path, num_items: int) -> pathlib.Path:
    bundle = directory / "sasrec.bundle"
    if not bundle.exists():
        directory.mkdir(parents=True, exist_ok=True)
        clustered_items.train(bundle, num_items)
    return bundle


def recommend(directory: pathlib.Path, asked: argparse.Namespace) -> dict:
    bundle = bundle_of(directory / f"{asked.items}x64", asked.items)
    known = pyarrow.parquet.read_table(bundle.parent / "events.parquet", columns=["user"])["user"].unique().to_numpy()
    if len(known) < asked.users:
        sys.exit(f"{asked.items} items have {len(known)} users, fewer than --users {asked.users}")
    with tempfile.TemporaryDirectory(dir=directory, prefix="lists-") as name:
        users, written = pathlib.Path(name) / "users.csv", {arm: pathlib.Path(name) / f"{arm}.parquet" for arm in ("program", "python")}
        pandas.DataFrame({"user": known[: asked.users]}).to_csv(users, index=False)
        result = pairs_of(
            asked.pairs,
            lambda: program("recommend", bundle, "--users", users, "--k", K, "--out", written["program"]),
            lambda: float(python(RECOMMEND, bundle, users, written["python"])),
        )
        lists = [pandas.read_parquet(path) for path in written.values()]
    for column in ("user", "item", "rank"):
        if not (lists[0][column].astype(str) == lists[1][column].astype(str)).all():
            sys.exit(f"the program and Python differ in the column {column}")
    return {"job": f"{K} best of {asked.items:,} items for {asked.users:,} users", **result}


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench python", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--directory", type=pathlib.Path)
    asked = parser.parse_args()
    data = provenance.data_directory() / "beauty/sequences.txt"
    if not data.exists():
        sys.exit(f"Beauty is not at {data}: set RECHUB_DATA to the folder that holds it.")
    with tempfile.TemporaryDirectory(prefix="rechub-python-") as name:
        folder = pathlib.Path(name)
        number = iter(range(1000))
        train = pairs_of(
            asked.pairs,
            lambda: program("train", "--model", "sasrec", "--data", data, "--format", "sequences", "--epochs", asked.epochs, "--patience", 0, "--out", folder / f"b{next(number)}"),
            lambda: float(python(FIT, data, folder / f"b{next(number)}", asked.epochs) or 0),
        )
        recommended = recommend(asked.directory or folder, asked)
    imports = [float(python(IMPORT)) for _ in range(asked.pairs)]
    print(
        json.dumps(
            {
                "train": {"job": f"{asked.epochs} epochs of SASRec on Beauty", **train},
                "recommend": recommended,
                "import_seconds": {"median": statistics.median(imports)},
                "fit_memory": json.loads(python(MEMORY, asked.rows)),
            }
        )
    )


if __name__ == "__main__":
    main()
