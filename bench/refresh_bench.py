"""A model refreshed with new events against one trained anew, on MovieLens-1M cut in time: what it reaches and what it costs.

    ./run bench refresh [ARGS]      ARGS go to every training, as --epochs 30

The old model knows the first 80 % of all events in time. Then all events are there, among them items and users that it has not seen, and every user's last event is the
test case. Prints JSON: the old model as it is on those cases, a model trained anew on all events, and `train --init-from` the old one, each with its metrics, their
intervals, epochs and seconds of training.
"""

import json
import pathlib
import sys
import tempfile

import provenance
import pyarrow.parquet
import quality

CONFIG = quality.CONFIGS / "ml1m/sasrec.toml"
COLUMNS = ["--user-col", "user_id", "--item-col", "movie_id", "--time-col", "pos"]
SETTINGS = ["--set", "model.max_length=50", "--batch-size", "64", "--patience", "5"]


def test_of(report: dict) -> dict:
    test = report.get("test", report)
    return {"metrics": {name: test["metrics"][name] for name in ("Hit@10", "NDCG@10")}, "intervals": {name: test["intervals"][name] for name in ("Hit@10", "NDCG@10")}}


def trained(bundle: pathlib.Path) -> dict:
    epochs = quality.epochs_of(bundle)
    report = json.loads((bundle / "metrics.json").read_text())
    best = report["training"]["best_epoch"]
    seconds = [epoch["seconds"] + epoch["evaluation_seconds"] for epoch in epochs]
    return {**test_of(report), "epochs": len(epochs), "best_epoch": best, "seconds": sum(seconds), "seconds_to_best_epoch": sum(seconds[:best])}


def main() -> None:
    events = pyarrow.parquet.read_table(provenance.data_directory() / "ml1m/interactions.parquet")
    with tempfile.TemporaryDirectory(prefix="rechub-refresh-") as directory:
        scratch = pathlib.Path(directory)
        pyarrow.parquet.write_table(events.filter(events["in_first80"]), scratch / "old.parquet")
        pyarrow.parquet.write_table(events, scratch / "all.parquet")
        options = ["--config", CONFIG, *COLUMNS, *SETTINGS, *sys.argv[1:]]
        quality.run_program("train", "--data", scratch / "old.parquet", "--out", scratch / "old", *options, shows=False)
        quality.run_program("train", "--data", scratch / "all.parquet", "--out", scratch / "anew", *options, shows=False)
        quality.run_program("train", "--data", scratch / "all.parquet", "--init-from", scratch / "old", "--out", scratch / "refreshed", *options, shows=False)
        quality.run_program("evaluate", scratch / "old", "--data", scratch / "all.parquet", "--json", scratch / "stale.json", shows=False)
        figures = {name: trained(scratch / name) for name in ("anew", "refreshed")}
        figures["old_as_it_is"] = test_of(json.loads((scratch / "stale.json").read_text()))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
