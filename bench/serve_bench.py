"""The service under load from this machine: a SASRec user tower (50 events, 64 dimensions) and HNSW over a million items.

    ./run bench serve [DIRECTORY] [ITEMS] [SECONDS] [ROUNDS]      default: a temporary directory, 1000000, 10, 3; what is made stays in DIRECTORY and is used again

Makes its bundle: users of 51 events who walk through clusters and themes of 510 items, so that every item occurs twice; one epoch of training on items' ids, clusters and
themes, which leaves items near those they share one with, as learnt ones lie; `rechub index --spec HNSW32` tuned to find 98 % of the best 100. Prints JSON; a rate or a time is
the median of the rounds, of which all are kept. `closed` is what the service answers when 32 connections ask as fast as they are answered: `miss` for the 100 best items with
`--cache-megabytes 0`, `hit` for answers that are kept, `http` for /healthz, which is HTTP and nothing else. `open` are 1,000 requests a second, times from when each was due;
`open_updates` with 50 items put a second beside them, each encoded from its features and flushed to DIRECTORY's disk. The load comes from bench/http_load.cpp on the same
cores.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import clustered_items
import numpy
import provenance
import pyarrow.parquet
import quality

sys.path.append(str(provenance.ROOT / "tests/serve"))
from serving import TOKEN, Server  # noqa: E402

LOAD = os.environ.get("RECHUB_LOAD_PROGRAM", str(provenance.ROOT / "build/bench/http_load"))
K, RATE, UPDATES = 100, 1000, 50


def make_bundle(directory: pathlib.Path, num_items: int) -> pathlib.Path:
    bundle = directory / "serve.bundle"
    if (directory / "index.json").exists():
        return bundle
    clustered_items.train(bundle, num_items)
    quality.run_program("index", bundle, "--spec", "HNSW32", "--tune-recall", "0.98", "--tune-k", K, "--json", directory / "index.json", shows=False)
    return bundle


def write_requests(directory: pathlib.Path, num_items: int) -> None:
    num_users = pyarrow.parquet.read_table(directory / "events.parquet", columns=["user"])["user"].to_numpy()[-1] + 1
    ask = "POST /v1/recommend " + json.dumps({"user": "USER", "k": K})
    users = numpy.random.default_rng(2).permutation(num_users)
    lines = {
        "miss": [ask.replace("USER", str(user)) for user in users],
        "hit": [ask.replace("USER", str(user)) for user in users[:500]],
        "http": ["GET /healthz "],
        "update": [f"PUT /v1/items/{item} " + json.dumps({"features": {"cluster": f"c{item // clustered_items.CLUSTER}", "theme": "t0"}})
                   for item in numpy.random.default_rng(3).integers(0, num_items + num_items // 20, 5000)],
    }
    for name, texts in lines.items():
        (directory / f"{name}.requests").write_text("\n".join(texts) + "\n")


class Load:
    """One run of http_load; `result` waits for its end."""

    def __init__(self, server: Server, directory: pathlib.Path, name: str, seconds: float, **options) -> None:
        self.name = name
        settings = [f"{key}={value}" for key, value in {"seconds": seconds, "token": TOKEN, **options}.items()]
        self.process = subprocess.Popen([LOAD, str(server.port), str(directory / f"{name}.requests"), *settings], stdout=subprocess.PIPE, text=True)

    def result(self) -> dict:
        text, _ = self.process.communicate()
        if self.process.returncode != 0:
            raise SystemExit(f"{self.name}: http_load ended with {self.process.returncode}")
        answers = json.loads(text)
        if set(answers["statuses"]) != {"200"} or answers["failed"] or answers["unanswered"]:
            raise SystemExit(f"{self.name}: some requests were not answered with 200: {text}")
        return answers


def summary(rounds: list[dict], *figures: str) -> dict:
    shown = {figure: statistics.median(answers[figure] for answers in rounds) for figure in figures}
    shown["requests"] = sum(sum(answers["statuses"].values()) for answers in rounds)
    return {**shown, "of_rounds": [[answers[figure] for figure in figures] for answers in rounds]}


def measure(directory: pathlib.Path, bundle: pathlib.Path, seconds: float, rounds: int) -> dict:
    rate, times = ("requests_per_second",), ("p50_ms", "p99_ms", "p999_ms", "requests_per_second")
    taken: dict[str, list[dict]] = {name: [] for name in ("miss", "hit", "http", "open", "open_updates")}
    state = tempfile.TemporaryDirectory(dir=directory, prefix="state-")
    with state as data_dir, Server(bundle, "--index", "HNSW32", "--cache-megabytes", 0, "--data-dir", data_dir) as server:
        for _ in range(rounds):
            taken["miss"].append(Load(server, directory, "miss", seconds, connections=32).result())
            taken["open"].append(Load(server, directory, "miss", seconds, rate=RATE).result())
            updates = Load(server, directory, "update", seconds + 2, rate=UPDATES, connections=8, warmup=0)
            taken["open_updates"].append(Load(server, directory, "miss", seconds, rate=RATE).result())
            updates.result()
        memory = server.resident_bytes() / 1e6
    with Server(bundle, "--index", "HNSW32") as server:
        for _ in range(rounds):
            taken["hit"].append(Load(server, directory, "hit", seconds, connections=32).result())
            taken["http"].append(Load(server, directory, "http", seconds, connections=32).result())
    hits = sum(answers["cache_hits"] for answers in taken["hit"]) / sum(sum(answers["statuses"].values()) for answers in taken["hit"])
    figures = {f"closed_{name}": summary(taken[name], *rate, "p50_ms", "p99_ms") for name in ("miss", "hit", "http")}
    figures["closed_hit"]["share_of_hits"] = hits
    figures |= {name: summary(taken[name], *times) for name in ("open", "open_updates")}
    figures["service"] = {"resident_mb": memory, "bytes_per_answer": taken["miss"][0]["bytes_per_answer"],
                          "p99_updates_over_without": figures["open_updates"]["p99_ms"] / figures["open"]["p99_ms"]}
    return figures


def main() -> None:
    num_items = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 10
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    with tempfile.TemporaryDirectory(prefix="rechub-serve-") as temporary:
        directory = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else temporary) / f"{num_items}x64"
        directory.mkdir(parents=True, exist_ok=True)
        bundle = make_bundle(directory, num_items)
        write_requests(directory, num_items)
        index = json.loads((directory / "index.json").read_text())
        result = measure(directory, bundle, seconds, rounds)
    chosen = next(row for row in index["tuning"]["tradeoffs"] if row["effort"] == index["tuning"]["chosen"])
    result["index"] = {"items": num_items, "k": K, "build_seconds": index["build_seconds"], **chosen}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
