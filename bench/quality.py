"""Trains the settings in configs/ on public data and keeps what the test says, so that published figures can be held against ours.

    ./run quality ROW[/seedN] [--threads N]     train a row of the table below, e.g. beauty/sasrec (its seeds 1, 2, 3) or beauty/sasrec/seed1; each seed is kept as it lands
    ./run quality                               list the rows, with what has been measured
    ./run quality --table                       write docs/quality.md anew from bench/results/quality/
    ./run quality ROW --try key=value,...       train with other settings, ask the validation cases only, and write the trial down
    ./run quality --check                       count every stored figure again from the stored ranks of its users
    ./run quality ROW/seedN --check             train it again; the figures must fall within 3 s.d. of the stored ones

A run that was stopped goes on where it stood when the command is given again. Settings are chosen on the validation cases only, and every trial counts (`settings tried`).
A result holds the commit, the hashes of config and data, the machine, and beside it the rank of each user's target.
"""

import argparse
import dataclasses
import json
import pathlib
import shutil
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import provenance  # noqa: E402
import quality_ranks  # noqa: E402
from quality_data import DATA_SETS, DataSet  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench/results/quality"
RUNS = ROOT / "build/quality"
CONFIGS = ROOT / "configs"
PROGRAM = ROOT / "build/rechub"
TABLE = ROOT / "docs/quality.md"
DEFAULTS_REACH = 0.95


@dataclasses.dataclass(frozen=True)
class Row:
    """One setting on one data set. `published` are the data set's two headline figures by others, `floor` what we ask of ourselves, `tried` how many settings validation was
    asked about beside those that --try wrote down. Rows of the defaults are held against the row that has settings of its own: they should reach DEFAULTS_REACH of it."""

    name: str
    tried: int
    floor: tuple[float, float]
    published: str

    @property
    def data(self) -> DataSet:
        return DATA_SETS[self.name.split("/")[0]]

    @property
    def config(self) -> pathlib.Path:
        return CONFIGS / f"{self.name}.toml"

    @property
    def result(self) -> pathlib.Path:
        return RESULTS / f"{self.name.replace('/', '-')}.json"

    @property
    def trials(self) -> pathlib.Path:
        return self.result.with_suffix(".trials.jsonl")

    def ranks(self, seed: int) -> pathlib.Path:
        return self.result.with_suffix(f".seed{seed}.npy")

    def tuned(self) -> "Row | None":
        """Of a row of the defaults: the row of the same model and data with settings of its own."""
        data, model = self.name.split("/")
        return ROWS[f"{data.removesuffix('-defaults')}/{model}"] if data.endswith("-defaults") else None

    def settings_tried(self) -> int:
        return self.tried + (len(self.trials.read_text().splitlines()) if self.trials.exists() else 0)


ROWS = {
    row.name: row
    for row in [
        Row("beauty/sasrec", 1, (0.095, 0.057), ".0986 / .0597 (full softmax, mean of 5)"),
        Row("beauty/gru4rec", 2, (0.067, 0.038), ".0691 / .0397 (full softmax, mean of 5)"),
        Row("beauty/youtube_dnn", 1, (0.048, 0.0245), "none found"),
        Row("beauty/dssm", 1, (0.048, 0.0245), "none found"),
        Row("beauty/narm", 2, (0.067, 0.038), "none found"),
        Row("beauty/stamp", 1, (0.066, 0.037), ".0688 / .0391 (full softmax, mean of 5)"),
        Row("beauty/youtube_sbc", 1, (0.048, 0.0245), "none found"),
        Row("beauty/facebook_dssm", 9, (0.0447, 0.0227), "none found"),
        Row("beauty/comirec_sa", 1, (0.055, 0.030), "none found"),
        Row("beauty/comirec_dr", 1, (0.055, 0.030), "none found"),
        Row("beauty/mind", 1, (0.055, 0.030), "none found"),
        Row("beauty/sine", 1, (0.055, 0.030), "none found"),
        Row("beauty-text/dssm", 1, (0, 0), "none comparable"),
        Row("sports/sasrec", 1, (0.054, 0.030), ".0569 / .0323 (the best of two sampled-softmax runs)"),
        Row("sports/gru4rec", 1, (0.0204, 0.011), ".0204 / .0110 (S3-Rec's table)"),
        Row("sports/stamp", 1, (0.0375, 0.0205), "none found"),
        Row("sports/youtube_dnn", 1, (0.0298, 0.0152), "none found; MF-BPR .0298 / .0152"),
        Row("sports/dssm", 1, (0.0298, 0.0152), "none found; MF-BPR .0298 / .0152"),
        *[Row(f"{data}-defaults/{model}", 0, (0, 0), "") for data in ("beauty", "sports") for model in ("sasrec", "gru4rec", "stamp", "youtube_dnn", "dssm")],
        Row("ml1m/sasrec", 1, (0.29, 0.165), ".3152 / .1821 (full softmax)"),
        Row("ml1m/dssm", 1, (0, 0), "none comparable"),
        Row("ml1m/youtube_dnn", 1, (0, 0), "none comparable"),
        Row("ml1m/mind", 1, (0, 0), "none comparable"),
        Row("ml1m-features/dssm", 1, (0, 0), "none comparable"),
        Row("ml1m-features/youtube_dnn", 1, (0, 0), "none comparable"),
        Row("ml1m-features/mind", 1, (0, 0), "none comparable"),
        Row("diginetica/gru4rec", 2, (0.49, 0.155), ".4995 / .1542 (the authors)"),
        Row("diginetica/narm", 1, (0.49, 0.16), ".4970 / .1617 (SR-GNN's table, from memory)"),
        Row("diginetica/stamp", 1, (0.45, 0.143), ".4564 / .1432 (SR-GNN's table, from memory)"),
    ]
}


def run_program(*arguments, shows: bool = True) -> None:
    """The built program; what it says goes through (its results only if `shows`), and its failure ends this one without a trace."""
    code = subprocess.run([PROGRAM, *map(str, arguments)], stdout=None if shows else subprocess.DEVNULL).returncode
    if code != 0:
        sys.exit(code)


def epochs_of(bundle: pathlib.Path) -> list[dict]:
    """The lines of metrics.jsonl, one an epoch."""
    return [json.loads(line) for line in (bundle / "metrics.jsonl").read_text().splitlines()]


def stamp(row: Row, seed: int, overrides: list[str]) -> dict:
    """What a half-finished run must share with this one to be gone on with."""
    return {"config_sha256": provenance.sha256(row.config), "data_sha256": row.data.sha256(), "seed": seed, "overrides": overrides, "commit": provenance.commit()}


def train(row: Row, seed: int, threads: int, overrides: list[str] = [], folder: pathlib.Path | None = None) -> tuple[dict, list]:
    """Trains one seed with the built program, or goes on with it; returns what is kept of it and the ranks of its test targets."""
    if row.data.missing():
        sys.exit(f"The data of {row.name} are not at {row.data.missing()[0]}: set RECHUB_DATA to the folder that holds them.")
    folder = folder or RUNS / row.name / f"seed{seed}"
    mark = stamp(row, seed, overrides)
    if not (folder / "stamp.json").exists() or json.loads((folder / "stamp.json").read_text()) != mark:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "stamp.json").write_text(json.dumps(mark))
    bundle, ranks = folder / "bundle", folder / "ranks.csv"
    if not bundle.exists():
        options = [*row.data.program_options(folder), "--out", bundle, "--seed", seed, "--threads", threads, "--checkpoint-minutes", 1, "--resume"]
        run_program("train", "--config", row.config, *options, *(part for override in overrides for part in ("--set", override)))
    answer = json.loads((bundle / "metrics.json").read_text())
    # A trial asks the validation cases alone, so it keeps no ranks of the test's.
    if not overrides:
        seen = {"kept": "keep", "excluded": "exclude"}[answer["test"]["protocol"]["seen"]]
        run_program("evaluate", bundle, "--threads", threads, "--bootstrap", 0, "--seen", seen, "--ranks", ranks, "--quiet")
    epochs = epochs_of(bundle)
    result = {
        **{key: mark[key] for key in ("config_sha256", "data_sha256", "seed", "commit")},
        "threads": threads,
        "epochs": answer["training"]["epochs"],
        "best_epoch": answer["training"]["best_epoch"],
        "median_epoch_seconds": statistics.median(epoch["seconds"] for epoch in epochs),
        "total_seconds": sum(epoch["seconds"] + epoch["evaluation_seconds"] for epoch in epochs),
        "valid": answer["valid"]["metrics"],
        "test": answer["test"]["metrics"],
        "intervals": answer["test"]["intervals"],
        "protocol": answer["test"]["protocol"],
    }
    return result, [] if overrides else quality_ranks.read(ranks)


def stored_runs(row: Row) -> list[dict]:
    return json.loads(row.result.read_text())["runs"] if row.result.exists() else []


def keep(row: Row, run: dict, ranks: list) -> None:
    """Adds a run to the row's file; runs of other settings, data or the same seed give way to it."""
    same = lambda old: old["config_sha256"] == run["config_sha256"] and old["data_sha256"] == run["data_sha256"] and old["seed"] != run["seed"]  # noqa: E731
    runs = sorted([kept for kept in stored_runs(row) if same(kept)] + [run], key=lambda kept: kept["seed"])
    record = {"row": row.name, "command": f"./run quality {row.name}", "machine": provenance.machine(), "runs": runs}
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept_seeds = {kept["seed"] for kept in runs}
    for path in RESULTS.glob(f"{row.result.stem}.seed*.npy"):
        if int(path.stem.rsplit("seed", 1)[1]) not in kept_seeds:
            path.unlink()
    quality_ranks.save(row.ranks(run["seed"]), ranks)
    row.result.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")


def try_settings(row: Row, seed: int, threads: int, overrides: list[str]) -> None:
    """Trains with settings that may become the row's, and writes down what the validation cases say of them."""
    folder = RUNS / row.name / "trial"
    run, _ = train(row, seed, threads, overrides, folder)
    kept = ["config_sha256", "seed", "commit", "threads", "epochs", "best_epoch", "total_seconds", "valid"]
    RESULTS.mkdir(parents=True, exist_ok=True)
    with open(row.trials, "a") as out:
        out.write(json.dumps({"overrides": overrides, **{key: run[key] for key in kept}}, sort_keys=True) + "\n")
    shutil.rmtree(folder)
    print(f"{row.name} with {', '.join(overrides)}: valid " + ", ".join(f"{name} {run['valid'][name]:.4f}" for name in row.data.headline))


def measure(row: Row, seed: int, threads: int) -> None:
    keep(row, *train(row, seed, threads))
    TABLE.write_text(table())
    shutil.rmtree(RUNS / row.name / f"seed{seed}")


def check_again(row: Row, seed: int, threads: int) -> bool:
    """Trains a stored run once more; whether its headline figures fall within 3 s.d. of the stored ones."""
    runs = stored_runs(row)
    stored = next((run for run in runs if run["seed"] == seed), None)
    if stored is None:
        sys.exit(f"{row.name}/seed{seed} has no stored result to check: ./run quality {row.name}/seed{seed} measures it.")
    if stored["config_sha256"] != provenance.sha256(row.config):
        sys.exit(f"{row.config} has changed since {row.name}/seed{seed} was measured: measure it again instead of checking it.")
    folder = RUNS / row.name / f"check{seed}"
    again, ranks = train(row, seed, threads, folder=folder)
    before = quality_ranks.load(row.ranks(seed)) if row.ranks(seed).exists() else None
    lines = [quality_ranks.compare(name, stored, again, runs, before, quality_ranks.from_rows(ranks)) for name in row.data.headline]
    print("\n".join(f"{row.name}/seed{seed} {line}" for _, line in lines))
    shutil.rmtree(folder)
    return all(is_good for is_good, _ in lines)


def recount() -> bool:
    """Whether every stored figure is what the stored ranks of the users say."""
    is_good = True
    for row in ROWS.values():
        for run in stored_runs(row):
            path = row.ranks(run["seed"])
            name = f"{row.name}/seed{run['seed']}"
            if not path.exists():
                print(f"{name}: no ranks are stored")
                continue
            wrong = quality_ranks.differences(quality_ranks.load(path), run["test"])
            is_good &= not wrong
            print(f"{name}: {'; '.join(wrong) if wrong else 'its figures are those of its ranks'}")
    return is_good


def summary(row: Row) -> tuple[dict, str] | None:
    """The mean of each shown metric, and a line about the runs behind it; None where nothing has been measured."""
    runs = stored_runs(row)
    if not runs:
        return None
    last = row.data.headline[1]
    means = {name: statistics.mean(run["test"][name] for run in runs) for name in {*row.data.shown, *row.data.headline}}
    spread = f", s.d. of {last} {statistics.stdev(run['test'][last] for run in runs):.4f}" if len(runs) > 1 else ""
    interval = runs[0]["intervals"].get(last)
    about = f"{len(runs)} seed{'s' if len(runs) > 1 else ''}{spread}"
    if interval:
        about += f", users' 95 % interval of {last} [{interval[0]:.4f}, {interval[1]:.4f}]"
    return means, about + f", best epoch {', '.join(str(run['best_epoch']) for run in runs)}"


def compared(row: Row) -> str:
    """What others published; of a row of the defaults, its share of the last headline figure of the row that has settings of its own, over the seeds that both have."""
    tuned = row.tuned()
    if tuned is None:
        return row.published
    name = row.data.headline[1]
    own, others = ({run["seed"]: run["test"][name] for run in stored_runs(one)} for one in (row, tuned))
    both = own.keys() & others.keys()
    return f"{sum(own[seed] for seed in both) / sum(others[seed] for seed in both):.1%} of the {name} of {tuned.name}" if both else f"{tuned.name} is not measured yet"


def table() -> str:
    """docs/quality.md as Markdown."""
    lines = [
        "# Quality on public data",
        "",
        "Settings in `configs/`, chosen on the validation cases, the test asked once a seed; means over seeds. Written by `./run quality --table` from",
        "`bench/results/quality/`, which holds every run with its commit, hashes and intervals, and the rank of each user's target; `./run quality ROW` measures a row",
        "again, `./run quality ROW/seed1 --check` holds a run against the stored one.",
    ]
    for key, data in DATA_SETS.items():
        rows = [(row, summary(row)) for row in ROWS.values() if row.data is data]
        rows = [(row, found) for row, found in rows if found]
        if not rows:
            continue
        lines += ["", f"## {data.title}", "", f"{data.protocol[0].upper()}{data.protocol[1:]}.", ""]
        against = f"published {' / '.join(data.headline)}" if rows[0][0].tuned() is None else f"goal: {DEFAULTS_REACH:.0%} of what was tuned"
        lines.append("| row | " + " | ".join(data.shown) + f" | {against} | settings tried | runs |")
        lines.append("| --- |" + " --- |" * (len(data.shown) + 3))
        for row, (means, about) in rows:
            figures = " | ".join(f"{means[name]:.4f}" for name in data.shown)
            lines.append(f"| {row.name} | {figures} | {compared(row)} | {row.settings_tried()} | {about} |")
    return "\n".join(lines) + "\n"


def list_rows() -> None:
    for row in ROWS.values():
        found, (first, second) = summary(row), row.data.headline
        figures = f"{first} {found[0][first]:.4f}, {second} {found[0][second]:.4f} ({found[1]})" if found else "not measured yet"
        asked = f"at least {row.floor[0]} / {row.floor[1]}, " if any(row.floor) else ""
        others = f"published {row.published}" if row.tuned() is None else compared(row) if found else f"to reach {DEFAULTS_REACH:.0%} of {row.tuned().name}"
        print(f"{row.name:27} {figures}; {asked}{others}")


def parse_row(text: str) -> tuple[Row, int | None]:
    """`beauty/sasrec` or `beauty/sasrec/seed1`, also with ROW= in front: the row, and the seed if one is named."""
    name, _, seed = text.removeprefix("ROW=").partition("/seed")
    if name not in ROWS or (seed and not seed.isdigit()):
        raise argparse.ArgumentTypeError(f"there is no row '{text}'; rows are {', '.join(ROWS)}, each with /seedN behind it or not")
    return ROWS[name], int(seed) if seed else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run quality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", nargs="?", type=parse_row, metavar="ROW[/seedN]", help="see the list that ./run quality prints")
    parser.add_argument("--seeds", default="1,2,3", help="seeds to train a row with that names none (%(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="threads; 0: all cores")
    parser.add_argument("--table", action="store_true", help="write docs/quality.md from the stored results")
    parser.add_argument("--try", dest="overrides", metavar="SECTION.KEY=VALUE,...", help="train with other settings and write down what the validation cases say")
    parser.add_argument("--check", action="store_true", help="hold a row, or without one the stored figures, against what is stored")
    arguments = parser.parse_args()
    if arguments.table:
        TABLE.write_text(table())
        return
    if arguments.row is None:
        if arguments.check:
            sys.exit(not recount())
        list_rows()
        return
    row, seed = arguments.row
    if arguments.overrides:
        try_settings(row, seed or 1, arguments.threads, arguments.overrides.split(","))
        return
    seeds = [seed] if seed is not None else [int(text) for text in arguments.seeds.split(",")]
    if arguments.check:
        sys.exit(not all([check_again(row, seed, arguments.threads) for seed in seeds]))
    for seed in seeds:
        measure(row, seed, arguments.threads)


if __name__ == "__main__":
    main()
