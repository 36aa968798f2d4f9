"""Runs a built benchmark; --keep stores what it measured under bench/results/ (every repetition, the command, the commit, the machine), from which docs/speed.md is written.

    ./run bench NAME [ARGS]          ARGS go to the program (Google Benchmark's flags; `prepare` has its own)
    ./run bench NAME --keep [ARGS]   five repetitions of each arm, kept
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import provenance

RESULTS = provenance.ROOT / "bench/results"
TABLE = provenance.ROOT / "docs/speed.md"
REPETITIONS = 5
SHOWN = {"best_ms": "best ms", "GFLOP/s": "GFLOP/s", "GB/s": "GB/s", "of_limit": "of the limit", "of_torch": "of LibTorch"}


def prints_json(name: str) -> bool:
    """Whether the program prints one JSON object instead of being a Google Benchmark, as those are that bench/CMakeLists.txt makes by rechub_bench."""
    return f"rechub_bench({name}_bench " not in (provenance.ROOT / "bench/CMakeLists.txt").read_text()


def measure(name: str, arguments: list[str]) -> dict:
    """What the program measured: its own object, or a list of repetitions an arm."""
    program = [str(provenance.ROOT / f"build/bench/{name}_bench")]
    if (provenance.ROOT / f"bench/{name}_bench.py").exists():
        python = provenance.ROOT / ".venv/rivals/bin/python"  # of benchmarks with NAME_rivals.py
        program = [str(python) if (provenance.ROOT / f"bench/{name}_rivals.py").exists() else sys.executable, str(provenance.ROOT / f"bench/{name}_bench.py")]
    if prints_json(name):
        return json.loads(subprocess.run([*program, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout)
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        flags = [f"--benchmark_repetitions={REPETITIONS}", "--benchmark_enable_random_interleaving=false", f"--benchmark_out={out.name}"]
        subprocess.run([*program, *flags, *arguments], check=True)
        rows = [row for row in json.load(out)["benchmarks"] if row["run_type"] == "iteration"]
    arms = {}
    for row in rows:
        arms.setdefault(row["run_name"], []).append({"milliseconds": row["real_time"], **{counter: row[counter] for counter in SHOWN if counter in row}})
    return {"arms": arms}


def keep(name: str, arguments: list[str]) -> None:
    load = os.getloadavg()[0]
    record = {
        "command": " ".join(["./run bench", name, "--keep", *arguments]),
        "commit": provenance.commit(),
        "machine": provenance.machine(),
        "load_average_before": load,
        "repetitions": 1 if prints_json(name) else REPETITIONS,
        **measure(name, arguments),
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    TABLE.write_text(table())


def arm_lines(arms: dict) -> list[str]:
    """A Markdown table of the arms: the best time of all repetitions; ratios are those of the last, which compares the best of every arm so far."""
    counters = [counter for counter in SHOWN if any(counter in runs[0] for runs in arms.values())]
    lines = ["| arm | median ms | " + " | ".join(SHOWN[counter] for counter in counters) + " |", "| --- |" + " --- |" * (len(counters) + 1)]
    for arm, runs in arms.items():
        cells = []
        for counter in counters:
            values = [run[counter] for run in runs if counter in run]
            chosen = None if not values else min(values) if counter == "best_ms" else values[-1] if counter.startswith("of_") else max(values)
            cells.append("" if chosen is None else f"{chosen:.2f}" if counter.startswith("of_") else f"{chosen:.4g}")
        lines.append(f"| {arm.removesuffix('/manual_time')} | {statistics.median(run['milliseconds'] for run in runs):.4g} | " + " | ".join(cells) + " |")
    return lines


MOST_COLUMNS = 8


def flat(name: str, value) -> dict:
    """What is nested, by names joined with dots; lists of figures stay whole."""
    inner = value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, list) and any(isinstance(part, dict) for part in value) else None
    if inner is None:
        return {name: value}
    return {key: figure for part, below in inner.items() for key, figure in flat(f"{name}.{part}" if name else str(part), below).items()}


def fact_lines(record: dict) -> list[str]:
    """A Markdown table of an object's figures: a row an inner object where they share their figures, else one a figure."""
    rows = {name: flat("", value) for name, value in record.items() if isinstance(value, dict)}
    columns = list(dict.fromkeys(column for row in rows.values() for column in row if not column.endswith("sha256")))
    if len(rows) == len(record) and len(columns) <= MOST_COLUMNS:
        lines = ["| | " + " | ".join(columns) + " |", "| --- |" + " --- |" * len(columns)]
        return lines + [f"| {name} | " + " | ".join(shown(row[column]) if column in row else "" for column in columns) + " |" for name, row in rows.items()]
    figures = flat("", dict(sorted(record.items())))
    return ["| figure | value |", "| --- | --- |", *(f"| {name} | {shown(value)} |" for name, value in figures.items())]


def shown(figure) -> str:
    if isinstance(figure, float):
        return f"{figure:,.4g}"
    if isinstance(figure, list):
        return ", ".join(map(shown, figure))
    return f"{figure:,}" if isinstance(figure, int) and not isinstance(figure, bool) else str(figure)


def table() -> str:
    """docs/speed.md as Markdown."""
    lines = [
        "# Speed",
        "",
        "Every figure was measured in one run with what it is compared to: stock LibTorch on the same work, and the machine's own limit",
        "(a large product of matrices by LibTorch's BLAS, or reading the same bytes). A share above 1 says that our kernel is faster than that BLAS on this processor.",
        "Written by `./run bench NAME --keep` from `bench/results/`, where all repetitions are.",
    ]
    for path in sorted(RESULTS.glob("*.json")):
        record = json.loads(path.read_text())
        machine = record["machine"]
        where = f"{machine['cores']} cores, {machine['isa']}, load before {record['load_average_before']:.2f}"
        source = f"`{record['command']}` at {record['commit']}; {where}."
        lines += ["", f"## {path.stem}", "", source, ""]
        about = {"command", "commit", "machine", "load_average_before", "repetitions"}
        facts = {key: value for key, value in record.items() if key not in about}
        lines += arm_lines(record["arms"]) if "arms" in record else fact_lines(facts)
    return "\n".join(lines) + "\n"


def main() -> None:
    name, *arguments = sys.argv[1:]
    if "--keep" in arguments:
        arguments.remove("--keep")
        keep(name, arguments)
    elif prints_json(name):
        print(json.dumps(measure(name, arguments), indent=1))
    else:
        subprocess.run([str(provenance.ROOT / f"build/bench/{name}_bench"), *arguments], check=True)


if __name__ == "__main__":
    main()
