"""The complete pipeline of Torch-RecHub's document against Torch-RecHub 0.9: time to train, to embed and to query, and HR@10 of both, on MovieLens-1M.

    ./run bench torch_rechub [ROUNDS] [EPOCHS] [ROWS]        default: 3 rounds, 10 epochs, all rows

Prints JSON with all rounds and their medians. Both run the same code (bench/torch_rechub_rivals.py) with the same settings: the document's, but for the epochs. A rating of 4 or
more is a click. Of each user the last click is the test's, a tenth of the other rows are to judge by, the rest trains. Ages, genders and the first genre are the document's
columns. `HR@10` is of the document's Annoy index, in which seen items stand; `HR@10_unseen_exact` leaves them out and searches exactly. The arms take turns. The second arm of
Torch-RecHub has a worker a core in place of the document's eight. Seeds: RecHub's is fixed, Torch-RecHub's is its process's.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import provenance

PYTHON = provenance.ROOT / ".venv/bin/python"
RIVALS = provenance.ROOT / ".venv/rivals/bin/python"
CORES = len(os.sched_getaffinity(0))
ARMS = {"rechub": (PYTHON, "rechub", 8), "torch_rechub": (RIVALS, "torch_rechub", 8), "torch_rechub a worker a core": (RIVALS, "torch_rechub", CORES)}


def write_rows(out: pathlib.Path, max_rows: int) -> None:
    """MovieLens-1M as the document's columns. In the environment that has pandas and pyarrow."""
    import numpy
    import pandas

    data = provenance.data_directory() / "ml1m"
    if not data.exists():
        sys.exit(f"MovieLens-1M is not at {data}: set RECHUB_DATA to the folder that holds it.")
    events = pandas.read_parquet(data / "interactions.parquet")
    users = pandas.read_csv(data / "users.dat", sep="::", engine="python", names=["user_id", "gender", "age", "occupation", "zip"], encoding="latin-1")
    items = pandas.read_csv(data / "movies.dat", sep="::", engine="python", names=["item_id", "title", "genres"], encoding="latin-1")
    events = events.rename(columns={"movie_id": "item_id", "pos": "time"})
    events["user_id"] += 1  # as users.dat has them
    events["label"] = (events["rating"] >= 4).astype("float32")
    events = events.sort_values(["user_id", "time"], kind="stable").reset_index(drop=True)
    if 0 < max_rows < len(events):
        events = events[events["user_id"].isin(events["user_id"].drop_duplicates().head(max_rows * events["user_id"].nunique() // len(events)))]
    items["category"] = items["genres"].str.split("|").str[0].astype("category").cat.codes.astype(int)
    users["gender"] = (users["gender"] == "F").astype(int)
    rows = events.merge(users[["user_id", "age", "gender"]], on="user_id").merge(items[["item_id", "category"]], on="item_id").sort_values(["user_id", "time"], kind="stable")
    is_last_click = ~rows[rows["label"] > 0].duplicated("user_id", keep="last")
    test = rows.loc[is_last_click[is_last_click].index]
    rest = rows.drop(index=test.index).reset_index(drop=True)
    is_valid = numpy.random.default_rng(1).random(len(rest)) < 0.1
    known = rows[["item_id", "category"]].drop_duplicates("item_id")
    arrays = {}
    for name, part, columns in (
        ("train", rest[~is_valid], ("user_id", "age", "gender", "item_id", "category", "label")),
        ("valid", rest[is_valid], ("user_id", "age", "gender", "item_id", "category", "label")),
        ("test", test, ("user_id", "age", "gender", "item_id")),
        ("item", known, ("item_id", "category")),
    ):
        for column in columns:
            arrays[f"{name}_{column}"] = part[column].to_numpy().astype("float32" if column in ("age", "label") else "int64")
    numpy.savez(out, **arrays)


def measure(arm: str, rows: pathlib.Path, epochs: int) -> dict:
    python, package, num_workers = ARMS[arm]
    script = provenance.ROOT / "bench/torch_rechub_rivals.py"
    environment = {**os.environ, "PYTHONPATH": str(provenance.ROOT / "build/python"), "OMP_WAIT_POLICY": "passive"}
    command = [python, script, package, rows, str(epochs), str(num_workers)]
    return json.loads(subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout)


def main() -> None:
    if sys.argv[1:2] == ["rows"]:
        write_rows(pathlib.Path(sys.argv[2]), int(sys.argv[3]))
        return
    rounds, epochs, max_rows = (int(sys.argv[place]) if len(sys.argv) > place else default for place, default in ((1, 3), (2, 10), (3, 0)))
    with tempfile.TemporaryDirectory(prefix="rechub-pipeline-") as directory:
        rows = pathlib.Path(directory) / "rows.npz"
        subprocess.run([PYTHON, __file__, "rows", rows, str(max_rows)], check=True)
        measured = {arm: [] for arm in ARMS}
        for _ in range(rounds):
            for arm in ARMS:
                measured[arm].append(measure(arm, rows, epochs))
    result = {"epochs": epochs, "rows": max_rows, "cores": CORES}
    for arm, runs in measured.items():
        result[arm] = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        result[arm]["rounds"] = runs
    print(json.dumps(result))


if __name__ == "__main__":
    main()
