"""The program as its users run it: train, resume, evaluate, recommend, verify, and what it says to bad input."""

import csv
import hashlib
import json
import math
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import pytest
from safetensors.numpy import load_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("RECHUB_PROGRAM", str(ROOT / "build" / "rechub"))
MODELS = ["comirec_dr", "comirec_sa", "dssm", "facebook_dssm", "gru4rec", "mind", "narm", "sasrec", "sine", "stamp", "youtube_dnn", "youtube_sbc"]


def run(*arguments, code=0):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """300 users who walk a ring of 60 items, with a little noise: the next item can be learnt."""
    draw = random.Random(1)
    path = tmp_path_factory.mktemp("data") / "sequences.txt"
    with open(path, "w") as out:
        for user in range(300):
            item = draw.randrange(60)
            items = []
            for _ in range(draw.randrange(5, 15)):
                items.append(item + 1000)
                item = (item + 1) % 60 if draw.random() < 0.95 else draw.randrange(60)
            out.write(" ".join(map(str, [f"u{user}", *items])) + "\n")
    return path


def train(data, out, model="sasrec", *more):
    return ["train", "--data", data, "--format", "sequences", "--model", model, "--out", out, "--batch-size", 32, "--set", "model.dim=16", "--set", "model.max_length=10", *more]


@pytest.fixture(scope="module")
def bundle(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundle") / "sasrec"
    run(*train(data, out, "sasrec", "--epochs", 40, "--learning-rate", 0.01, "--set", "model.dropout=0.1", "--json", out.parent / "metrics.json"))
    return out


def weights_hash(bundle):
    return hashlib.sha256((bundle / "weights.safetensors").read_bytes()).hexdigest()


def test_learns_the_ring_and_reports_it(bundle):
    metrics = json.loads((bundle.parent / "metrics.json").read_text())["test"]
    assert metrics["metrics"]["Hit@10"] > 0.8
    protocol = metrics["protocol"]
    assert protocol["split"] == "test" and protocol["seen"] in ("excluded", "kept") and protocol["users"] == 300
    lines = [json.loads(line) for line in (bundle / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == list(range(1, len(lines) + 1))
    assert {"train_loss", "seconds", "events_per_second", "NDCG@10"} <= set(lines[0])
    assert lines[-1]["train_loss"] < lines[0]["train_loss"]


def test_evaluate_repeats_the_figures_of_training(bundle, tmp_path):
    run("evaluate", bundle, "--json", tmp_path / "again.json")
    again = json.loads((tmp_path / "again.json").read_text())
    trained = json.loads((bundle.parent / "metrics.json").read_text())["test"]
    assert again["metrics"] == trained["metrics"]
    assert "others" not in again


def test_evaluate_compares_bundles_and_baselines_user_by_user(bundle, data, tmp_path):
    other = tmp_path / "weak.bundle"
    run(*train(data, other, "youtube_dnn", "--epochs", 1))
    printed = run("evaluate", bundle, "--json", tmp_path / "result.json", "--against", other, "--baselines", "popularity,item_knn", "--k", "10")
    others = json.loads((tmp_path / "result.json").read_text())["others"]
    assert set(others) == {"weak.bundle", "popularity", "item_knn"}
    mine = json.loads((tmp_path / "result.json").read_text())["metrics"]["NDCG@10"]
    for name, row in others.items():
        difference, low, high = row["difference"]["NDCG@10"]
        assert difference == pytest.approx(mine - row["metrics"]["NDCG@10"], abs=1e-6)
        assert low <= difference <= high
        assert f"sasrec - {name}: NDCG@10 {difference:+.4f} [{low:+.4f}, {high:+.4f}]" in printed.stdout
    run("evaluate", other, "--json", tmp_path / "alone.json", "--k", "10")
    assert others["weak.bundle"]["metrics"] == json.loads((tmp_path / "alone.json").read_text())["metrics"]


def test_evaluate_writes_the_rank_of_every_target(bundle, data, tmp_path):
    run("evaluate", bundle, "--json", tmp_path / "result.json", "--ranks", tmp_path / "ranks.csv")
    rows = list(csv.DictReader(open(tmp_path / "ranks.csv")))
    assert [(row["user"], row["item"]) for row in rows] == [(line.split()[0], line.split()[-1]) for line in open(data)]
    ranks = [float(row["rank"]) for row in rows]
    metrics = json.loads((tmp_path / "result.json").read_text())["metrics"]
    assert metrics["Hit@10"] == pytest.approx(sum(rank <= 10 for rank in ranks) / len(ranks))
    assert metrics["NDCG@10"] == pytest.approx(sum(1 / math.log2(1 + rank) for rank in ranks if rank <= 10) / len(ranks))
    run("evaluate", bundle, "--ranks", tmp_path / "no" / "ranks.csv", code=3)


def test_bundles_of_different_data_are_not_compared(bundle, tmp_path):
    (tmp_path / "other.txt").write_text("".join(f"{user} {' '.join(str(user + step) for step in range(5))}\n" for user in range(1, 30)))
    run(*train(tmp_path / "other.txt", tmp_path / "other", "youtube_dnn", "--epochs", 1))
    failed = run("evaluate", bundle, "--against", tmp_path / "other", code=2)
    assert "different data" in failed.stderr


def names_in(directory):
    """Of a directory that may go away meanwhile."""
    try:
        return {name for name in os.listdir(directory) if name.startswith("step-")}
    except FileNotFoundError:
        return set()


def kill_and_resume(command, checkpoints, draw):
    """Runs the command, kills it at random times until it has ended by itself; returns how often it was killed."""
    kills = 0
    for attempt in range(100):
        process = subprocess.Popen([PROGRAM, *map(str, command), *(["--resume"] if attempt else [])], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        last = names_in(checkpoints)
        wanted = draw.randrange(1, 4) if kills < 3 else 10**9
        while process.poll() is None and time.monotonic() < deadline and wanted > 0:
            now = names_in(checkpoints)
            if now != last:
                wanted -= 1
                last = now
            time.sleep(0.002)
        if process.poll() is not None:
            assert process.returncode == 0, process.stderr.read().decode()
            return kills
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
    raise AssertionError("the run never ended")


SIDE_BY_SIDE = ["--batching", "session_parallel", "--loss", "sampled_softmax", "--sampler", "in_batch"]


@pytest.mark.parametrize("model, batching", [*((model, []) for model in MODELS), ("gru4rec", SIDE_BY_SIDE)], ids=[*MODELS, "gru4rec-session_parallel"])
def test_a_killed_run_resumes_to_the_same_bits(data, tmp_path, model, batching):
    options = ["--epochs", 6, "--checkpoint-steps", 7, "--patience", 0, "--learning-rate", 0.01, *batching]
    run(*train(data, tmp_path / "straight", model, *options, "--num-workers", 0))
    expected = weights_hash(tmp_path / "straight")
    draw = random.Random(model)
    total = 0
    for workers in (0, 2, 4):
        out = tmp_path / f"killed{workers}"
        command = train(data, out, model, *options, "--num-workers", workers)
        total += kill_and_resume(command, pathlib.Path(f"{out}.training/checkpoints"), draw)
        assert weights_hash(out) == expected
        assert [json.loads(line)["epoch"] for line in (out / "metrics.jsonl").read_text().splitlines()] == [1, 2, 3, 4, 5, 6]
        assert not pathlib.Path(f"{out}.training").exists()
    assert total > 0


PAIRS = [
    ("sampled_softmax", "uniform"),
    ("sampled_softmax", "popularity"),
    ("sampled_softmax", "in_batch"),
    ("corrected_softmax", "mixed"),
    ("scaled_softmax", "uniform"),
    ("bpr", "uniform"),
    ("bpr_max", "popularity"),
    ("top1_max", "in_batch_streaming"),
    ("hinge", "hard"),
    ("bce", "popularity"),
    ("gbce", "uniform"),
    ("sampled_softmax", "queue"),
]


@pytest.mark.parametrize("loss,sampler", PAIRS)
@pytest.mark.parametrize("model", MODELS)
def test_any_loss_with_any_model(data, tmp_path, model, loss, sampler):
    step = ["--learning-rate", 0.01] if model == "stamp" else []  # its products of two tanh start so near 0 that a small step shows nothing in two epochs
    run(*train(data, tmp_path / "out", model, "--epochs", 2, "--loss", loss, "--sampler", sampler, "--num-negatives", 20, *step))
    first, last = (json.loads(line)["train_loss"] for line in (tmp_path / "out" / "metrics.jsonl").read_text().splitlines())
    assert last < first


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """The ring again, with what was shown and skipped, and for how long what was taken was watched: longer for later items."""
    draw = random.Random(2)
    path = tmp_path_factory.mktemp("watched") / "log.csv"
    with open(path, "w") as out:
        out.write("user,item,time,kind,watched\n")
        for user in range(120):
            item = draw.randrange(60)
            for step in range(0, 16, 2):
                out.write(f"{user},{(item + 30) % 60},{step},shown,0\n{user},{item},{step + 1},taken,{item / 60 + draw.random() / 10}\n")
                item = (item + 1) % 60
    return [path, "--format", "csv", "--event-type-col", "kind", "--target-events", "taken", "--history-cols", "watched"]


def epochs_of(bundle):
    return [json.loads(line) for line in (bundle / "metrics.jsonl").read_text().splitlines()]


def test_negatives_from_the_data_and_several_objectives(watched, tmp_path):
    common = ["train", "--data", *watched, "--batch-size", 32, "--set", "model.dim=16", "--learning-rate", 0.01, "--epochs", 10, "--patience", 0]
    run(*common, "--model", "gru4rec", "--out", tmp_path / "shown", "--loss", "hinge", "--hard-negatives", 1, "--hard-source", "shown", "--num-negatives", 8)
    lines = epochs_of(tmp_path / "shown")
    assert lines[-1]["train_loss"] < lines[0]["train_loss"] / 2
    run(*common, "--model", "youtube_dnn", "--out", tmp_path / "plain")
    run(*common, "--model", "youtube_dnn", "--out", tmp_path / "both", "--objectives", "watched:mse:1")
    added = epochs_of(tmp_path / "both")[0]["train_loss"] - epochs_of(tmp_path / "plain")[0]["train_loss"]
    assert added > 0.4  # near the variance, 1, at first; that it is learnt, objectives_test shows
    run("verify", tmp_path / "both")
    assert b"objective." not in (tmp_path / "both" / "weights.safetensors").read_bytes()
    failed = run(*common, "--model", "youtube_dnn", "--out", tmp_path / "none", "--objectives", "watchd:mse:1", code=2)
    assert "did you mean watched" in failed.stderr


@pytest.mark.parametrize(
    "options,message",
    [
        (["--sampler", "uniform"], "loss softmax is over the whole catalogue and has no use for sampler uniform"),
        (["--hard-negatives", 2], "no use for hard_negatives"),
        (["--loss", "hinge", "--hard-negatives", 1, "--hard-source", "shown"], "events of weight 0, and this data set has none"),
        (["--loss", "hinge", "--hard-negatives", 1, "--hard-source", "mined"], "mined from rank 101 on, but there are 60 items"),
        (["--contrastive-weight", 1, "--views", "crop,drop"], "unknown view 'drop'"),
        (["--loss", "hinge", "--margin", -1], "margin should be 0 or more, got -1"),
        (["--loss", "bpr", "--num-negatives", 0], "num_negatives should be from 1 to 1000000, got 0"),
        (["--loss", "bpr", "--sampler", "none"], "loss bpr needs a sampler of negatives"),
        (["--set", "model.learn_temperature=true", "--set", "model.temperature=200"], "a temperature that is learnt begins between 0.01 and 100, got 200"),
        (["--set", "model.temperature=0"], "temperature should be above 0, got 0"),
        (["--set", "model.similarity=cosin"], "similarity should be dot or cosine, got 'cosin'"),
        (["--set", "model.dropout=1"], "dropout should be from 0 to below 1, got 1"),
        (["--set", "model.max_length=0"], "max_length should be from 1 to 100000, got 0"),
        (["--set", "model.dim=1000000"], "dim should be from 1 to 16384, got 1000000"),
    ],
)
def test_losses_and_samplers_that_do_not_fit_are_refused(data, tmp_path, options, message):
    failed = run(*train(data, tmp_path / "out", "sasrec", *options), code=2)
    assert message in failed.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--loss", "sampled_softmax", "--sampler", "queue", "--queue-size", 50],
        ["--loss", "hinge", "--sampler", "hard", "--hard-source", "mined", "--mine-from", 5, "--mine-to", 30],
        ["--loss", "corrected_softmax", "--sampler", "in_batch_streaming", "--streaming-buckets", 20, "--streaming-hashes", 2],
        ["--contrastive-weight", 0.1, "--set", "model.learn_temperature=true"],
    ],
    ids=["queue", "mined", "streaming", "contrastive"],
)
def test_what_samplers_remember_survives_a_kill(data, tmp_path, options):
    options = [*options, "--epochs", 5, "--checkpoint-steps", 7, "--patience", 0, "--learning-rate", 0.01]
    run(*train(data, tmp_path / "straight", "dssm", *options, "--num-workers", 0))
    command = train(data, tmp_path / "killed", "dssm", *options)
    assert kill_and_resume(command, tmp_path / "killed.training" / "checkpoints", random.Random(1)) > 0
    assert weights_hash(tmp_path / "killed") == weights_hash(tmp_path / "straight")


def test_a_learnt_temperature_is_kept_in_the_bundle(data, tmp_path):
    out = tmp_path / "out"
    done = run(*train(data, out, "dssm", "--epochs", 3, "--learning-rate", 0.01, "--set", "model.learn_temperature=true", "--set", "model.temperature=0.5"))
    assert "from 0.5000" in done.stdout + done.stderr
    assert b'"log_temperature"' in (out / "weights.safetensors").read_bytes()
    run("verify", out)
    run("recommend", out, "--user", "u1", "--k", 3, "--seen", "keep", "--out", tmp_path / "out.csv")
    scores = [float(row["score"]) for row in csv.DictReader(open(tmp_path / "out.csv"))]
    assert len(scores) == 3 and all(-1.0001 <= score <= 1.0001 for score in scores)  # cosines, before the temperature


def test_recommend_for_users_histories_and_items(bundle, data, tmp_path):
    users = tmp_path / "users.jsonl"
    users.write_text('{"user": "u1"}\n{"user": "stranger", "history": [1000, 1001, 1002]}\n')
    for ending in ("csv", "jsonl"):
        run("recommend", bundle, "--users", users, "--k", 7, "--out", tmp_path / f"out.{ending}", "--seen", "exclude")
    rows = list(csv.DictReader(open(tmp_path / "out.csv")))
    assert [json.loads(line)["item"] for line in open(tmp_path / "out.jsonl")] == [row["item"] for row in rows]
    assert [row["rank"] for row in rows] == [str(i) for i in range(1, 8)] * 2
    scores = [float(row["score"]) for row in rows[:7]]
    assert scores == sorted(scores, reverse=True)
    assert "1003" in [row["item"] for row in rows[7:10]]     # the next item of the ring
    seen = next(line.split()[1:] for line in open(data) if line.startswith("u1 "))
    assert not set(seen) & {row["item"] for row in rows[:7]}
    assert "1004" in run("recommend", bundle, "--history", "1001,1002,1003", "--k", 3).stdout
    similar = run("recommend", bundle, "--item", "1005", "--k", 5).stdout.split("\n")
    assert len([line for line in similar if line.startswith("  ")]) == 5
    assert run("recommend", bundle, "--user", "nobody", code=4).stderr.count("nobody") == 1


def test_allow_and_deny_still_fill_the_list(bundle, tmp_path):
    allow = tmp_path / "allow.txt"
    allow.write_text("".join(f"{1000 + i}\n" for i in range(0, 60, 2)))
    deny = tmp_path / "deny.txt"
    deny.write_text("1004\n1006\n")
    run("recommend", bundle, "--user", "u3", "--k", 10, "--seen", "keep", "--allow", allow, "--deny", deny, "--out", tmp_path / "out.csv")
    items = [int(row["item"]) for row in csv.DictReader(open(tmp_path / "out.csv"))]
    assert len(items) == 10 and all(item % 2 == 0 and item not in (1004, 1006) for item in items)


def test_verify_finds_any_flipped_byte(bundle, tmp_path):
    run("verify", bundle)
    draw = random.Random(3)
    files = [path for path in sorted(bundle.rglob("*")) if path.is_file()]
    for number in range(12):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(bundle, copy)
        target = copy / files[number % len(files)].relative_to(bundle)
        content = bytearray(target.read_bytes())
        if not content:
            continue
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        target.write_bytes(content)
        run("verify", copy, code=3)
    truncated = tmp_path / "truncated"
    shutil.copytree(bundle, truncated)
    weights = truncated / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert "weights.safetensors" in run("verify", truncated, code=3).stderr
    run("evaluate", truncated, code=3)


def exploding(data, out, *more):
    """A run whose weights grow by themselves, faster with each step."""
    return train(data, out, "youtube_dnn", "--epochs", 5, "--optimizer", "sgd", "--patience", 0, *more)


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(data, tmp_path):
    checkpoints = tmp_path / "out.training" / "checkpoints"
    done = run(*exploding(data, tmp_path / "out", "--learning-rate", 30, "--checkpoint-steps", 1), code=3)
    assert re.search(r"step [0-9]+: ", done.stderr) and "the last checkpoint is kept" in done.stderr
    assert re.search(r"is not finite either|the largest, .* is in [a-z_]+[.]|the update leaves .* in the weight [a-z_]+[.]|the gradient of [a-z_]+[.]", done.stderr)
    assert not (tmp_path / "out").exists()
    kept = sorted(checkpoints.glob("step-*"))
    assert len(kept) == 2
    for path in kept:
        weights = load_file(path / "weights.safetensors").values()
        assert all(math.isfinite(value) and value < 1e19 for value in (abs(tensor).max() for tensor in weights if tensor.size))


@pytest.mark.parametrize("rate", [1e12, 1e30])
def test_weights_that_cannot_be_judged_are_named(data, tmp_path, rate):
    """One step an epoch: the loss before it is finite, and validation comes first behind it."""
    done = run(*train(data, tmp_path / "out", "sasrec", "--batch-size", 1000, "--learning-rate", rate), code=3)
    assert re.search(r"step 0: .* [a-z_]+[.][a-z0-9_.]+", done.stderr) and "the last checkpoint is kept" in done.stderr


@pytest.mark.parametrize("rate", [10, 100, 1000, 1e5])
def test_no_way_to_blow_up_is_an_internal_error(data, tmp_path, rate):
    run(*exploding(data, tmp_path / "out", "--learning-rate", rate), code=3)


@pytest.mark.parametrize("own, spins", [({}, "1000"), ({"GOMP_SPINCOUNT": "77"}, "77"), ({"OMP_WAIT_POLICY": "passive"}, "0")])
def test_waiting_threads_spin_briefly_unless_told_otherwise(own, spins):
    clean = {name: value for name, value in os.environ.items() if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    done = subprocess.run([PROGRAM, "--version"], env={**clean, **own, "OMP_DISPLAY_ENV": "verbose"}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and f"GOMP_SPINCOUNT = '{spins}'" in done.stderr


def test_what_it_says_to_wrong_usage(data, tmp_path, bundle):
    assert "sasrec" in run(*train(data, tmp_path / "x", "sasrek"), code=2).stderr
    assert "learning-rate" in run(*train(data, tmp_path / "x", "sasrec", "--learning-rat", 1), code=2).stderr
    assert "dropout" in run(*train(data, tmp_path / "x", "sasrec", "--set", "model.droput=1"), code=2).stderr
    run(*train(tmp_path / "nothing.csv", tmp_path / "x"), code=4)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    run(*train(data, tmp_path / "full"), code=2)
    run(*train(data, tmp_path / "full", "sasrec", "--overwrite"), code=2)
    assert (tmp_path / "full" / "file").read_text() == "mine"
    # A bundle of another version is a bundle, and may be replaced.
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "manifest.json").write_text(re.sub(r'"version": \d+', '"version": 1', (bundle / "manifest.json").read_text(), count=1))
    assert "this is version 1 of rechub-bundle" in run("evaluate", tmp_path / "old", code=3).stderr
    run(*train(data, tmp_path / "old", "sasrec", "--overwrite", "--epochs", 1))
    run("info", tmp_path / "old")
    run("evaluate", tmp_path / "full", code=4)
    run("recommend", bundle, "--user", "u1", "--k", 0, code=2)
    assert not (tmp_path / "x").exists()
