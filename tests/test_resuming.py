"""Unfinished runs: what a checkpoint may be gone on with, what is never lost without being asked, and which weights a run ends with."""

import json
import signal
import subprocess
import time

import pytest

from test_commands import PROGRAM, data, run, train, weights_hash  # noqa: F401  (data is a fixture)

OPTIONS = ["--epochs", 40, "--checkpoint-steps", 5, "--patience", 0, "--seed", 3]


def killed(data, out, *more):
    """A run that was killed after some checkpoints; its folder of them."""
    command = train(data, out, "sasrec", *OPTIONS, *more)
    checkpoints = out.parent / (out.name + ".training") / "checkpoints"
    process = subprocess.Popen([PROGRAM, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if checkpoints.exists() and any(int(path.name.split("-")[1]) >= 15 for path in newest_first(checkpoints)):
            break
        time.sleep(0.005)
    assert process.poll() is None, "the run ended before it was killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    return checkpoints


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):  # noqa: F811
    out = tmp_path_factory.mktemp("whole") / "bundle"
    run(*train(data, out, "sasrec", *OPTIONS))
    return weights_hash(out)


def newest_first(checkpoints):
    return sorted((path for path in checkpoints.iterdir() if "." not in path.name), reverse=True)


def test_a_run_of_other_settings_or_data_is_not_gone_on_with(data, tmp_path, whole):  # noqa: F811
    out = tmp_path / "bundle"
    checkpoints = killed(data, out)
    before = [path.name for path in newest_first(checkpoints)]
    for more, said in [
        (["--seed", 7], "training.seed was 3, now 7"),
        (["--learning-rate", 0.5], "optimizer.learning_rate was 0.001, now 0.5"),
        (["--set", "model.dropout=0.4"], "model.dropout was 0.5, now 0.4"),
    ]:
        failed = run(*train(data, out, "sasrec", *OPTIONS, "--resume", *more), code=2)
        assert said in failed.stderr and "--overwrite instead of --resume" in failed.stderr
    other = tmp_path / "other.txt"
    other.write_text("".join(open(data).readlines()[1:]))
    assert "other data" in run(*train(other, out, "sasrec", *OPTIONS, "--resume"), code=2).stderr
    assert [path.name for path in newest_first(checkpoints)] == before
    # How long it trains and how it is prepared may differ.
    done = run(*train(data, out, "sasrec", *OPTIONS, "--resume", "--num-workers", 0, "--checkpoint-steps", 50))
    assert f"step {int(before[0].split('-')[1]) + 1}" in done.stdout + done.stderr
    assert weights_hash(out) == whole


def test_an_unfinished_run_is_not_lost_by_forgetting_resume(data, tmp_path, whole):  # noqa: F811
    out = tmp_path / "bundle"
    checkpoints = killed(data, out)
    failed = run(*train(data, out, "sasrec", *OPTIONS), code=2)
    assert "add --resume to go on with it, or --overwrite to begin anew" in failed.stderr
    assert newest_first(checkpoints)
    run(*train(data, out, "sasrec", *OPTIONS, "--overwrite"))
    assert weights_hash(out) == whole


def test_two_checkpoints_are_kept_and_the_older_serves_where_the_newest_is_damaged(data, tmp_path, whole):  # noqa: F811
    out = tmp_path / "bundle"
    checkpoints = killed(data, out)
    newest, older = newest_first(checkpoints)[:2]
    assert len(newest_first(checkpoints)) <= 3  # the third is removed as soon as the newest stands
    weights = bytearray((newest / "weights.safetensors").read_bytes())
    weights[len(weights) // 2] ^= 1
    (newest / "weights.safetensors").write_bytes(weights)
    done = run(*train(data, out, "sasrec", *OPTIONS, "--resume"))
    assert "checkpoint skipped" in done.stderr and f"step {int(older.name.split('-')[1]) + 1}" in done.stdout + done.stderr
    assert weights_hash(out) == whole


def test_where_no_checkpoint_is_whole_the_run_says_so_and_keeps_them(data, tmp_path):  # noqa: F811
    out = tmp_path / "bundle"
    checkpoints = killed(data, out)
    for path in newest_first(checkpoints):
        (path / "weights.safetensors").write_bytes(b"")
    assert "no checkpoint in it is whole" in run(*train(data, out, "sasrec", *OPTIONS, "--resume"), code=3).stderr
    assert newest_first(checkpoints)


def test_early_stopping_ends_with_the_best_weights(data, tmp_path):  # noqa: F811
    out = tmp_path / "bundle"
    run(*train(data, out, "sasrec", "--epochs", 200, "--patience", 3, "--learning-rate", 0.02, "--json", tmp_path / "metrics.json"))
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    course = [json.loads(line)["NDCG@10"] for line in (out / "metrics.jsonl").read_text().splitlines()]
    best = course.index(max(course)) + 1
    assert metrics["training"]["epochs"] == len(course) == best + 3 < 200
    assert metrics["training"]["best_epoch"] == best
    assert metrics["valid"]["metrics"]["NDCG@10"] == max(course) != course[-1]


def test_what_was_best_in_an_unfinished_run_becomes_a_bundle_by_fewer_epochs(data, tmp_path):  # noqa: F811
    out = tmp_path / "bundle"
    checkpoints = killed(data, out)
    over = json.loads((newest_first(checkpoints)[0] / "progress.json").read_text())
    assert over["epoch"] >= 1 and over["best_epoch"] >= 1
    run(*train(data, out, "sasrec", *OPTIONS, "--resume", "--epochs", over["epoch"], "--json", tmp_path / "metrics.json"))
    training = json.loads((tmp_path / "metrics.json").read_text())["training"]
    assert (training["epochs"], training["best_epoch"], training["best_metric"]) == (over["epoch"], over["best_epoch"], over["best_metric"])
    run("verify", out)
