"""The harness behind ./run quality, on a small data set: it goes on after a kill, its figures are those of its ranks, and a check finds what does not repeat."""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import numpy
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
import quality  # noqa: E402
import quality_data  # noqa: E402
import quality_ranks  # noqa: E402

SETTINGS = """[train]
model = "sasrec"
[model]
dim = 16
max_length = 10
dropout = 0.1
[training]
epochs = 8
batch_size = 16
checkpoint_steps = 5
[optimizer]
learning_rate = 0.01
[prepare]
format = "sequences"
"""

# What a process of its own does that measures the row of the test.
MEASURE = """import pathlib, sys
sys.path[:0] = [{bench!r}, {tests!r}]
import test_quality
test_quality.place(pathlib.Path({folder!r}), setattr)
test_quality.quality.measure(test_quality.quality.ROWS["ring/sasrec"], 1, 1)
"""


def place(folder, set_attribute):
    """Points the harness at `folder` and gives it a row on a ring of 40 items that 200 users walk."""
    os.environ["RECHUB_DATA"] = str(folder)
    set_attribute(quality, "RESULTS", folder / "results")
    set_attribute(quality, "RUNS", folder / "runs")
    set_attribute(quality, "CONFIGS", folder / "configs")
    set_attribute(quality, "TABLE", folder / "quality.md")
    quality.DATA_SETS["ring"] = quality_data.DataSet("A ring", ("ring.txt",), quality_data.LEAVE_ONE_OUT)
    quality.ROWS["ring/sasrec"] = quality.Row("ring/sasrec", 1, (0, 0), "none")


@pytest.fixture
def row(tmp_path, monkeypatch):
    draw = random.Random(1)
    with open(tmp_path / "ring.txt", "w") as out:
        for user in range(200):
            start = draw.randrange(40)
            steps = [(start + step) % 40 if draw.random() < 0.9 else draw.randrange(40) for step in range(draw.randrange(5, 12))]
            out.write(" ".join(map(str, [f"u{user}", *steps])) + "\n")
    (tmp_path / "configs/ring").mkdir(parents=True)
    (tmp_path / "configs/ring/sasrec.toml").write_text(SETTINGS)
    monkeypatch.setenv("RECHUB_DATA", str(tmp_path))
    place(tmp_path, monkeypatch.setattr)
    yield quality.ROWS["ring/sasrec"]
    del quality.ROWS["ring/sasrec"], quality.DATA_SETS["ring"]


def runs_of(row):
    return json.loads(row.result.read_text())["runs"]


def test_a_result_is_kept_with_its_ranks_and_checked_by_them(row, capfd):
    quality.measure(row, 1, 1)
    run = runs_of(row)[0]
    assert run["test"]["Hit@10"] > 0.5 and run["seed"] == 1 and run["epochs"] == 8
    ranks = numpy.load(row.ranks(1))
    assert len(ranks) == 200 and numpy.mean((ranks > 0) & (ranks <= 20)) == pytest.approx(run["test"]["Hit@10"])
    assert quality.recount() and "ring/sasrec/seed1: its figures are those of its ranks" in capfd.readouterr().out
    assert "| ring/sasrec |" in quality.TABLE.read_text() and "## A ring" in quality.TABLE.read_text()
    assert quality.check_again(row, 1, 1)

    record = json.loads(row.result.read_text())
    record["runs"][0]["test"]["NDCG@10"] += 0.3
    row.result.write_text(json.dumps(record))
    capfd.readouterr()
    assert not quality.recount() and "NDCG@10 is" in capfd.readouterr().out
    assert not quality.check_again(row, 1, 1) and "NOT within 3 x" in capfd.readouterr().out


def test_another_seed_joins_and_other_settings_replace(row):
    quality.measure(row, 1, 1)
    quality.measure(row, 2, 1)
    assert [run["seed"] for run in runs_of(row)] == [1, 2]
    assert "2 seeds, s.d. of NDCG@10" in quality.table()
    row.config.write_text(SETTINGS.replace("epochs = 8", "epochs = 2"))
    quality.measure(row, 2, 1)
    assert [(run["seed"], run["epochs"]) for run in runs_of(row)] == [(2, 2)]
    assert not row.ranks(1).exists() and row.ranks(2).exists()


def test_a_trial_counts_and_asks_validation_alone(row, capfd):
    quality.try_settings(row, 1, 1, ["model.dropout=0.3", "training.epochs=2"])
    trial = json.loads(row.trials.read_text())
    assert trial["overrides"] == ["model.dropout=0.3", "training.epochs=2"] and trial["epochs"] == 2
    assert "NDCG@10" in trial["valid"] and "test" not in trial
    assert row.settings_tried() == 2 and not row.result.exists()


def test_a_killed_run_goes_on_to_the_same_result(row, tmp_path):
    row.config.write_text(SETTINGS.replace("epochs = 8", "epochs = 40"))  # time enough to be killed
    quality.measure(row, 1, 1)
    straight = runs_of(row)[0]["test"]
    row.result.unlink()
    script = MEASURE.format(bench=str(ROOT / "bench"), tests=str(ROOT / "tests"), folder=str(tmp_path))
    checkpoints = tmp_path / "runs/ring/sasrec/seed1/bundle.training/checkpoints"
    process = subprocess.Popen([sys.executable, "-c", script], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(checkpoints.glob("step-*")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list(checkpoints.glob("step-*")), "the run was over before it could be killed"
    again = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert "training starts anew" not in again.stderr
    assert runs_of(row)[0]["test"] == straight


@pytest.mark.parametrize(
    "metric, expected",
    [("Hit@2", [1, 1, 0, 0]), ("MRR@2", [1, 1 / 1.5, 0, 0]), ("NDCG@3", [1, 1 / numpy.log2(2.5), 0.5, 0]), ("Precision@2", [0.5, 0.5, 0, 0]), ("Recall@3", [1, 1, 1, 0])],
)
def test_metrics_of_ranks_by_hand(metric, expected):
    """Ranks 1, 1.5 and 3, and a target that was never seen in training."""
    doubled = quality_ranks.from_rows([{"rank": "1"}, {"rank": "1.5"}, {"rank": "3"}, {"rank": ""}])
    assert doubled.tolist() == [2, 3, 6, 0]
    assert quality_ranks.case_values(doubled, metric) == pytest.approx(expected)


def test_a_row_is_named_as_the_issue_names_it():
    assert quality.parse_row("ROW=beauty/sasrec/seed1") == (quality.ROWS["beauty/sasrec"], 1)
    assert quality.parse_row("beauty/sasrec") == (quality.ROWS["beauty/sasrec"], None)
    with pytest.raises(Exception, match="there is no row 'beauty/sasrek'"):
        quality.parse_row("beauty/sasrek")
