"""Preparing MovieLens-1M from Parquet with the built program: events a second, bytes an event on disk, largest resident memory.

    ./run bench movielens [REPETITIONS]        default: 5

Prints JSON; the data set is looked for under RECHUB_DATA.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import provenance


def main() -> None:
    data = provenance.data_directory() / "ml1m/interactions.parquet"
    if not data.exists():
        sys.exit(f"MovieLens-1M is not at {data}: set RECHUB_DATA to the folder that holds it.")
    runs = []
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        with tempfile.TemporaryDirectory(prefix="rechub-movielens-") as directory:
            result = pathlib.Path(directory) / "result.json"
            options = ["--interactions", data, "--time-col", "ts_approx", "--out", f"{directory}/dataset", "--json", result]
            subprocess.run([provenance.ROOT / "build/rechub", "prepare", *map(str, options)], check=True, stdout=subprocess.DEVNULL)
            runs.append(json.loads(result.read_text()))
    print(
        json.dumps(
            {
                "events": runs[0]["events"],
                "events_per_second": [run["events"] / run["seconds"] for run in runs],
                "median_events_per_second": statistics.median(run["events"] / run["seconds"] for run in runs),
                "bytes_per_event": runs[0]["bytes_per_event"],
                "peak_rss_bytes": max(run["peak_rss_bytes"] for run in runs),
            }
        )
    )


if __name__ == "__main__":
    main()
