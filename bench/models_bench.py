"""What the twelve models cost on one data set with the settings of configs/beauty: training events/s, seconds an epoch, recommended users/s, parameters.

    ./run bench models [EPOCHS] [MODEL,...]        default: 4 epochs of all of them

Prints JSON. A user is recommended for by encoding the history and ranking the whole catalogue; the time of reading the bundle is taken off by asking for one user alone.
The time to the best epoch is not kept here: the pages take the epoch's time times the best epochs of the kept results (tools/page_figures.py).
"""

import json
import pathlib
import statistics
import sys
import tempfile
import time

import provenance
import quality

REPETITIONS = 3


def timed(*command) -> float:
    start = time.monotonic()
    quality.run_program(*command, shows=False)
    return time.monotonic() - start


def users_per_second(bundle: pathlib.Path, users: list[str], scratch: pathlib.Path) -> list[float]:
    asked = {"one": users[:1], "all": users}
    for name, ids in asked.items():
        (scratch / f"{name}.csv").write_text("user\n" + "".join(f"{user}\n" for user in ids))
    seconds = lambda name: timed("recommend", bundle, "--users", scratch / f"{name}.csv", "--k", 10, "--out", scratch / f"{name}.parquet", "--quiet")  # noqa: E731
    return [len(users) / max(seconds("all") - seconds("one"), 1e-9) for _ in range(REPETITIONS)]


def measure(row: quality.Row, epochs: str, scratch: pathlib.Path) -> dict:
    bundle = scratch / "bundle"
    timed("train", "--config", row.config, *row.data.program_options(scratch), "--out", bundle, "--epochs", epochs, "--overwrite")
    lines = quality.epochs_of(bundle)
    users = [line.split(maxsplit=1)[0] for line in row.data.paths()[0].read_text().splitlines()]
    return {
        "config_sha256": provenance.sha256(row.config),
        "parameters": json.loads((bundle / "metrics.json").read_text())["training"]["parameters"],
        "epoch_seconds": [line["seconds"] for line in lines],
        "events_per_second": statistics.median(line["events_per_second"] for line in lines),
        "users_per_second": users_per_second(bundle, users, scratch),
    }


def main() -> None:
    epochs = sys.argv[1] if len(sys.argv) > 1 else "4"
    rows = [row for name, row in quality.ROWS.items() if name.startswith("beauty/")]
    if len(sys.argv) > 2:
        rows = [row for row in rows if row.name.split("/")[1] in sys.argv[2].split(",")]
    with tempfile.TemporaryDirectory(prefix="rechub-models-") as scratch:
        figures = {row.name.split("/")[1]: measure(row, epochs, pathlib.Path(scratch)) for row in rows}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
