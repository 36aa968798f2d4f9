"""HNSW over a million items against hnswlib, FAISS and USearch used raw: queries a second at recall@100 of .98, one at a time and in batches, build time and memory.

    ./run bench index [DIRECTORY] [ROUNDS] [ITEMS]        default: a temporary directory, 3 rounds, a million; what is built stays in DIRECTORY and is used again

Prints JSON. Items are drawn as learnt vectors lie: 2,000 clusters in 24 dimensions, turned into 64, of length 1; queries come from the same clusters. All are built
with 16 links and 100 candidates on all cores, and each searches at the cheapest setting of EFFORTS that reaches the recall on the first 1,000 queries. RecHub answers through its
interface with filters on (50 items excluded a query, every hundredth item hidden) and is also shown without; the rivals know none. `one` asks for one query at a time
on one thread (the rivals in one call, so that Python costs them nothing), `batch` for 1,000 at a time on all. Rates are medians over the rounds, in which all take
turns. `_per_cpu_second` are by the time of the CPUs, which other processes on the machine hardly change: what a core gives, times the threads.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

from index_rivals import EF_CONSTRUCTION, LINKS, RIVALS

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = os.environ.get("RECHUB_INDEX_PROGRAM", str(ROOT / "build/bench/index_rechub"))
DIM, CLUSTERS, LATENT, QUERIES = 64, 2_000, 24, 2_000
K, RECALL, TUNED_ON, BATCH = 100, 0.98, 1_000, 1_000
EFFORTS = (100, 120, 140, 160, 180, 200, 220, 240, 260, 280, 300, 330, 360, 400, 450, 500, 600, 700, 850, 1000)
SPECS = (f"HNSW{LINKS}", f"HNSW{LINKS},SQ8")
THREADS = len(os.sched_getaffinity(0))


def draw(directory: pathlib.Path, num_items: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Items and queries, as files and arrays."""
    random = numpy.random.default_rng(1)
    centres = random.standard_normal((CLUSTERS, LATENT), dtype=numpy.float32)
    turn = random.standard_normal((LATENT, DIM), dtype=numpy.float32) / numpy.float32(LATENT**0.5)
    drawn = []
    for name, count in (("items", num_items), ("queries", QUERIES)):
        latent = centres[random.integers(0, CLUSTERS, count)] + numpy.float32(0.5) * random.standard_normal((count, LATENT), dtype=numpy.float32)
        rows = latent @ turn
        drawn.append((rows / numpy.linalg.norm(rows, axis=1, keepdims=True)).astype(numpy.float32))
        drawn[-1].tofile(directory / f"{name}.f32")
    return drawn[0], drawn[1]


def program(*arguments) -> dict:
    return json.loads(subprocess.run([PROGRAM, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True).stdout)


def once(directory: pathlib.Path, name: str, make) -> dict:
    """What `make` returns, from the directory if it was made before."""
    path = directory / f"{name}.json"
    if not path.exists():
        path.write_text(json.dumps(make()))
    return json.loads(path.read_text())


class Timer:
    def __enter__(self):
        self.wall, self.cpu = time.monotonic(), time.process_time()
        return self

    def __exit__(self, *_):
        self.wall, self.cpu = time.monotonic() - self.wall, time.process_time() - self.cpu


class Rival:
    """A library in this process."""

    def __init__(self, name: str, directory: pathlib.Path, items: numpy.ndarray, queries: numpy.ndarray, truth: numpy.ndarray) -> None:
        self.queries, self.truth = queries, truth
        self.index = RIVALS[name](DIM)
        path = str(directory / f"{name}.index")

        def build() -> dict:
            with Timer() as timer:
                self.index.build(items, THREADS)
            self.index.save(path)
            return {"seconds": timer.wall, "cpu_seconds": timer.cpu}

        is_built = (directory / f"{name}.json").exists()
        self.built = once(directory, name, build)
        if is_built:
            self.index.load(path)

    def measure(self, effort: int, threads: int, count: int) -> dict:
        self.index.search(self.queries[:200], K, effort, threads)
        with Timer() as timer:
            found = self.index.search(self.queries[:count], K, effort, threads)
        hits = sum(len(set(a) & set(b)) for a, b in zip(found.tolist(), self.truth[:count].tolist()))
        return {"queries_per_second": count / timer.wall, "queries_per_cpu_second": count / timer.cpu * threads, "recall": hits / (count * K)}


class Ours:
    """RecHub's index, in a process of its own."""

    def __init__(self, spec: str, directory: pathlib.Path, is_filtered: bool) -> None:
        self.index, self.is_filtered, self.directory = directory / f"{spec}.rchindex", is_filtered, directory
        self.built = once(directory, spec, lambda: program("build", spec, directory / "items.f32", DIM, self.index))

    def measure(self, effort: int, threads: int, count: int) -> dict:
        truth = self.directory / f"truth{count}.{int(self.is_filtered)}"
        if not truth.exists():
            whole = numpy.fromfile(self.directory / f"truth.{int(self.is_filtered)}", dtype=numpy.int32).reshape(-1, K)
            whole[:count].tofile(truth)
        batch = 1 if threads == 1 else BATCH
        return program("search", self.index, self.directory / "queries.f32", truth, K, effort, threads, batch, int(self.is_filtered))


def cheapest(arm) -> int:
    return next((effort for effort in EFFORTS if arm.measure(effort, THREADS, TUNED_ON)["recall"] >= RECALL), EFFORTS[-1])


def measure_all(directory: pathlib.Path, rounds: int, num_items: int) -> dict:
    directory = directory / f"{num_items}x{DIM}-{K}-{LINKS}-{EF_CONSTRUCTION}"  # what was built for other numbers is not this one's
    directory.mkdir(parents=True, exist_ok=True)
    items, queries = draw(directory, num_items)
    for is_filtered in (0, 1):
        arguments = (directory / "items.f32", directory / "queries.f32", DIM, K, directory / f"truth.{is_filtered}", is_filtered)
        once(directory, f"truth{is_filtered}", lambda: program("truth", *arguments))
    truth = numpy.fromfile(directory / "truth.0", dtype=numpy.int32).reshape(-1, K)
    arms = {name: Rival(name, directory, items, queries, truth) for name in RIVALS}
    for spec in SPECS:
        arms[f"rechub {spec}"] = Ours(spec, directory, False)
        arms[f"rechub {spec} filtered"] = Ours(spec, directory, True)
    efforts = {name: cheapest(arm) for name, arm in arms.items()}
    measured = {name: {"one": [], "batch": []} for name in arms}
    for _ in range(rounds):
        for mode, threads in (("one", 1), ("batch", THREADS)):
            for name, arm in arms.items():
                measured[name][mode].append(arm.measure(efforts[name], threads, QUERIES))
    result = {"items": num_items, "dim": DIM, "k": K, "links": LINKS, "ef_construction": EF_CONSTRUCTION, "threads": THREADS}
    for name, arm in arms.items():
        rows = measured[name]
        result[name] = {"effort": efforts[name], "recall": rows["one"][0]["recall"], "build_seconds": arm.built["seconds"], "build_cpu_seconds": arm.built["cpu_seconds"]}
        if "memory_bytes" in arm.built:
            result[name]["memory_mb"] = arm.built["memory_bytes"] / 1e6
        for mode in ("one", "batch"):
            for rate in ("queries_per_second", "queries_per_cpu_second"):
                result[name][f"{mode}_{rate}"] = statistics.median(row[rate] for row in rows[mode])
                result[name][f"{mode}_{rate}_of_rounds"] = [row[rate] for row in rows[mode]]
    best = {key: max(result[name][key] for name in RIVALS) for key in result["hnswlib"] if key.endswith("_second")}
    result["of_best_rival"] = {f"{name} {key}": result[name][key] / best[key] for name in arms if name.startswith("rechub") for key in best}
    return result


def main() -> None:
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    num_items = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="rechub-index-") as temporary:
        directory = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        directory.mkdir(parents=True, exist_ok=True)
        result = measure_all(directory, rounds, num_items)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
