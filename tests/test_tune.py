"""rechub tune: finds better settings than bad ones, records every trial, goes on where it stood, and writes a config that train takes."""

import json
import signal
import subprocess
import time

import pytest

from test_commands import PROGRAM, run
from test_compare import data  # noqa: F401


def command(data, out, *more, trials=6):
    small = ["--epochs", 9, "--patience", 0, "--batch-size", 32, "--set", "model.dim=16", "--first-rung", 1, "--quiet"]
    return ["tune", "--data", data, "--format", "sequences", "--model", "youtube_dnn", "--trials", trials, "--out", out, *small, *more]


def trials_of(out):
    return [json.loads(line) for line in (out / "trials.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def study(data, tmp_path_factory):  # noqa: F811
    out = tmp_path_factory.mktemp("tune") / "study"
    run(*command(data, out, "--search", "optimizer.learning_rate=1e-6:3e-2:log", "model.dropout=0.0:0.5"))
    return out


def test_every_trial_is_recorded(study):
    trials = trials_of(study)
    assert [trial["trial"] for trial in trials] == list(range(6))
    assert trials[0]["settings"] == []
    for trial in trials[1:]:
        names = [setting.split("=")[0] for setting in trial["settings"]]
        assert names == ["optimizer.learning_rate", "model.dropout"]
        assert 1e-6 <= float(trial["settings"][0].split("=")[1]) <= 3e-2
    assert len({tuple(trial["settings"]) for trial in trials}) == 6
    assert not list(study.glob("trial-*"))


def test_weak_trials_stop_at_a_rung(study):
    trials = trials_of(study)
    assert {trial["state"] for trial in trials} <= {"finished", "stopped"}
    stopped = [trial for trial in trials if trial["state"] == "stopped"]
    assert stopped and all(trial["epochs"] in (1, 3) for trial in stopped)
    for number, trial in enumerate(trials):
        for rung, value in trial["rungs"].items():
            better = sum(other["rungs"].get(rung, -1) > value for other in trials[:number])
            earlier = sum(rung in other["rungs"] for other in trials[:number])
            goes_on = better < max(1, (earlier + 1) // 3)
            assert goes_on == (trial["epochs"] > int(rung))


def test_the_best_settings_train_to_the_same_figure(study, data, tmp_path):  # noqa: F811
    best = max(trials_of(study), key=lambda trial: trial["value"])
    assert best["value"] >= trials_of(study)[0]["value"]
    run("train", "--data", data, "--config", study / "best.toml", "--out", tmp_path / "bundle", "--json", tmp_path / "metrics.json")
    trained = json.loads((tmp_path / "metrics.json").read_text())
    assert trained["training"]["best_metric"] == pytest.approx(best["value"], abs=1e-9)
    config = json.loads((tmp_path / "bundle" / "config.json").read_text())
    assert config["run"]["model"]["dim"] == 16 and config["model"] == "youtube_dnn"


def test_more_trials_go_on_and_another_search_is_refused(study, data):  # noqa: F811
    before = trials_of(study)
    search = ["--search", "optimizer.learning_rate=1e-6:3e-2:log", "model.dropout=0.0:0.5"]
    run(*command(data, study, *search, trials=7))
    assert trials_of(study)[:6] == before and len(trials_of(study)) == 7
    refused = run(*command(data, study, "--search", "model.dropout=0.0:0.9"), code=2)
    assert "space" in refused.stderr


def test_a_killed_search_ends_like_one_that_was_not(study, data, tmp_path):  # noqa: F811
    out = tmp_path / "killed"
    arguments = [PROGRAM, *map(str, command(data, out, "--search", "optimizer.learning_rate=1e-6:3e-2:log", "model.dropout=0.0:0.5", "--checkpoint-steps", "3"))]
    for wanted in (1, 3):
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline and not (
            (out / "trials.jsonl").exists() and len(trials_of(out)) >= wanted and list(out.glob("trial-*.training/checkpoints/step-*"))
        ):
            time.sleep(0.003)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(arguments, check=True, capture_output=True)
    keep = lambda trial: {key: value for key, value in trial.items() if key != "seconds"}  # noqa: E731
    assert [keep(trial) for trial in trials_of(out)] == [keep(trial) for trial in trials_of(study)][:6]


def test_main_settings_are_searched_unless_fixed(data, tmp_path):  # noqa: F811
    run(*command(data, tmp_path / "main", "--learning-rate", 0.01, trials=2))
    names = [setting.split("=")[0] for setting in trials_of(tmp_path / "main")[1]["settings"]]
    assert "model.dropout" in names and "optimizer.learning_rate" not in names and "model.dim" not in names and "training.batch_size" not in names


def test_wrong_usage(data, tmp_path):  # noqa: F811
    assert "LOW:HIGH" in run(*command(data, tmp_path / "x", "--search", "model.dropout"), code=2).stderr
    assert "droput" in run(*command(data, tmp_path / "x", "--search", "model.droput=0.0:0.5"), code=2).stderr
    assert "sasrec" in run("tune", "--data", data, "--model", "sasrek", "--out", tmp_path / "x", code=2).stderr
