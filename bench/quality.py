"""Trains the settings in configs/ on public data and keeps what the test says, so that published figures can be held against ours.

    ./run quality ROW [--seeds 1,2,3] [--threads N]    train a row of the table below, e.g. beauty/sasrec; one result a seed, kept as it lands
    ./run quality                                      list the rows, with what has been measured
    ./run quality --table                              write docs/quality.md anew from bench/results/quality/

Settings are chosen on the validation cases only; `tried` counts the settings that were compared for a row.
A result holds the commit, the hashes of config and data, and the machine.
"""

import argparse
import dataclasses
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import provenance  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench/results/quality"
TABLE = ROOT / "docs/quality.md"
SHOWN = ["Hit@5", "NDCG@5", "Hit@10", "NDCG@10"]


@dataclasses.dataclass(frozen=True)
class Row:
    """One setting on one data set. `published` are Hit@10 and NDCG@10 by others, `floor` what we ask of ourselves, `tried` how many settings validation was asked about."""

    name: str
    data: str
    tried: int
    floor: tuple[float, float]
    published: str

    @property
    def config(self) -> pathlib.Path:
        return ROOT / "configs" / f"{self.name}.toml"

    @property
    def result(self) -> pathlib.Path:
        return RESULTS / f"{self.name.replace('/', '-')}.json"


ROWS = {
    row.name: row
    for row in [
        Row("beauty/sasrec", "beauty/sequences.txt", 1, (0.095, 0.057), ".0986 / .0597 (full softmax, mean of 5)"),
        Row("beauty/gru4rec", "beauty/sequences.txt", 2, (0.067, 0.038), ".0691 / .0397 (full softmax, mean of 5)"),
        Row("beauty/youtube_dnn", "beauty/sequences.txt", 1, (0.048, 0.0245), "none found"),
        Row("beauty/dssm", "beauty/sequences.txt", 1, (0.048, 0.0245), "none found"),
    ]
}


def train(row: Row, seed: int, threads: int) -> dict:
    """Trains one seed with the built program and returns what is kept of it."""
    program, data = ROOT / "build/rechub", provenance.data_directory() / row.data
    if not data.exists():
        sys.exit(f"The data of {row.name} are not at {data}: set RECHUB_DATA to the folder that holds them.")
    with tempfile.TemporaryDirectory(prefix="rechub-quality-") as directory:
        bundle, result = pathlib.Path(directory) / "bundle", pathlib.Path(directory) / "result.json"
        options = ["--config", row.config, "--data", data, "--out", bundle, "--seed", seed, "--threads", threads, "--json", result]
        subprocess.run([program, "train", *map(str, options)], check=True)
        answer = json.loads(result.read_text())
        epochs = [json.loads(line) for line in (bundle / "metrics.jsonl").read_text().splitlines()]
    return {
        "seed": seed,
        "threads": threads,
        "commit": provenance.commit(),
        "config_sha256": provenance.sha256(row.config),
        "data_sha256": provenance.sha256(data),
        "epochs": answer["training"]["epochs"],
        "best_epoch": answer["training"]["best_epoch"],
        "median_epoch_seconds": statistics.median(epoch["seconds"] for epoch in epochs),
        "total_seconds": sum(epoch["seconds"] + epoch["evaluation_seconds"] for epoch in epochs),
        "valid": answer["valid"]["metrics"],
        "test": answer["test"]["metrics"],
        "intervals": answer["test"]["intervals"],
        "protocol": answer["test"]["protocol"],
    }


def keep(row: Row, run: dict) -> None:
    """Adds a run to the row's file; runs of other settings, data or the same seed give way to it."""
    same = lambda old: old["config_sha256"] == run["config_sha256"] and old["data_sha256"] == run["data_sha256"] and old["seed"] != run["seed"]  # noqa: E731
    old = json.loads(row.result.read_text())["runs"] if row.result.exists() else []
    runs = sorted([kept for kept in old if same(kept)] + [run], key=lambda kept: kept["seed"])
    record = {"row": row.name, "command": f"./run quality {row.name}", "settings_tried": row.tried, "machine": provenance.machine(), "runs": runs}
    row.result.parent.mkdir(parents=True, exist_ok=True)
    row.result.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")


def summary(row: Row) -> tuple[dict, str] | None:
    """The mean of each shown metric, and a line about the runs behind it; None where nothing has been measured."""
    if not row.result.exists():
        return None
    runs = json.loads(row.result.read_text())["runs"]
    means = {name: statistics.mean(run["test"][name] for run in runs) for name in SHOWN}
    spread = statistics.stdev(run["test"]["NDCG@10"] for run in runs) if len(runs) > 1 else 0.0
    best = ", ".join(str(run["best_epoch"]) for run in runs)
    return means, f"{len(runs)} seed{'s' if len(runs) > 1 else ''}, s.d. of NDCG@10 {spread:.4f}, best epoch {best}"


def table() -> str:
    """docs/quality.md as Markdown."""
    lines = [
        "# Quality on public data",
        "",
        "Leave-one-out, full ranking of all items, items of the history excluded; settings in `configs/`, chosen on the validation cases, the test asked once a seed.",
        "Means over seeds. Written by `./run quality --table` from `bench/results/quality/`, which holds every run with its commit, hashes and intervals;",
        "`./run quality ROW` measures a row again.",
        "",
        "| row | " + " | ".join(SHOWN) + " | published Hit@10 / NDCG@10 | settings tried | runs |",
        "| --- |" + " --- |" * (len(SHOWN) + 3),
    ]
    for row in ROWS.values():
        found = summary(row)
        if found:
            means, about = found
            lines.append(f"| {row.name} | " + " | ".join(f"{means[name]:.4f}" for name in SHOWN) + f" | {row.published} | {row.tried} | {about} |")
    return "\n".join(lines) + "\n"


def list_rows() -> None:
    for row in ROWS.values():
        found = summary(row)
        figures = f"Hit@10 {found[0]['Hit@10']:.4f}, NDCG@10 {found[0]['NDCG@10']:.4f} ({found[1]})" if found else "not measured yet"
        print(f"{row.name:20} {figures}; at least {row.floor[0]} / {row.floor[1]}, published {row.published}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run quality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", nargs="?", choices=ROWS, metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--seeds", default="1,2,3", help="seeds to train with (%(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="threads; 0: all cores")
    parser.add_argument("--table", action="store_true", help="write docs/quality.md from the stored results")
    arguments = parser.parse_args()
    if arguments.table:
        TABLE.write_text(table())
    elif arguments.row is None:
        list_rows()
    else:
        for seed in map(int, arguments.seeds.split(",")):
            keep(ROWS[arguments.row], train(ROWS[arguments.row], seed, arguments.threads))
            TABLE.write_text(table())


if __name__ == "__main__":
    main()
