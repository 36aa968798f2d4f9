"""Exact evaluation of every user: the time that ranking the whole catalogue for all validation users takes, as training does after each epoch, and that of the whole command.

    ./run bench evaluate [ROW] [REPETITIONS]        default: beauty/sasrec 5

Prints JSON. `ranking_seconds` encode users and items and rank each target among all items; `command_seconds` are those of `rechub evaluate`, which also reads the
bundle from disk and draws 1,000 bootstrap samples.
"""

import json
import pathlib
import statistics
import sys
import tempfile
import time

import quality


def main() -> None:
    row = quality.ROWS[sys.argv[1] if len(sys.argv) > 1 else "beauty/sasrec"]
    repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    command_seconds = []
    with tempfile.TemporaryDirectory(prefix="rechub-evaluate-") as directory:
        bundle, result = pathlib.Path(directory) / "bundle", pathlib.Path(directory) / "result.json"
        options = [*row.data.program_options(pathlib.Path(directory)), "--out", bundle, "--epochs", repetitions, "--patience", 0]
        quality.run_program("train", "--config", row.config, *options, shows=False)
        ranking_seconds = [epoch["evaluation_seconds"] for epoch in quality.epochs_of(bundle)]
        for _ in range(repetitions):
            start = time.monotonic()
            quality.run_program("evaluate", bundle, "--json", result, shows=False)
            command_seconds.append(time.monotonic() - start)
        protocol = json.loads(result.read_text())["protocol"]
    print(
        json.dumps(
            {
                "row": row.name,
                "users": protocol["users"],
                "items": protocol["items"],
                "ranking_seconds": ranking_seconds,
                "median_ranking_seconds": statistics.median(ranking_seconds),
                "command_seconds": command_seconds,
                "median_command_seconds": statistics.median(command_seconds),
            }
        )
    )


if __name__ == "__main__":
    main()
