"""Flags that say what is judged and where results go, the same in every command."""

import csv
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = pathlib.Path(os.environ.get("RECHUB_BUILD", ROOT / "build")) / "rechub"


def run(*arguments, code=0):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """60 users buy 8 of 25 things at 4 moments, some of them again; a row stands there twice."""
    folder = tmp_path_factory.mktemp("flags")
    draw = random.Random(3)
    with open(folder / "log.csv", "w") as log:
        log.write("user,item,time\n0,1,0\n0,1,0\n")
        for user in range(60):
            for step in range(8):
                log.write(f"{user},{draw.randrange(25)},{1_600_000_000 + step // 2 * 86400}\n")
    printed = run("train", "--data", folder / "log.csv", "--model", "youtube_dnn", "--out", folder / "bundle", "--epochs", 3, "--set", "model.dim=8", "--threads", 1)
    (folder / "printed.txt").write_text(printed.stdout + printed.stderr)
    return folder


def test_checks_are_printed_before_training(folder):
    printed = (folder / "printed.txt").read_text()
    for part in ("duplicates: ", "ties in time: ", "before 1990: 2 events", "repeat consumption: ", "none: future, users with one event, "):
        assert part in printed, part
    assert printed.index("ties in time") < printed.index("epoch 1:")


def judged(folder, *flags):
    run("evaluate", folder / "bundle", "--json", folder / "judged.json", "--bootstrap", 0, *flags)
    return json.loads((folder / "judged.json").read_text())


def test_short_flags_for_seen_items(folder):
    assert judged(folder)["protocol"]["seen"] == "kept"   # the data has repeat consumption
    assert judged(folder, "--exclude-seen") == judged(folder, "--seen", "exclude")
    assert judged(folder, "--exclude-seen")["protocol"]["seen"] == "excluded"
    assert judged(folder, "--keep-seen") == judged(folder)
    assert "cannot be meant together" in run("evaluate", folder / "bundle", "--keep-seen", "--exclude-seen", code=2).stderr
    assert "cannot be meant together" in run("recommend", folder / "bundle", "--user", 1, "--keep-seen", "--seen", "exclude", code=2).stderr
    history = {line.split(",")[1] for line in (folder / "log.csv").read_text().splitlines() if line.startswith("1,")}
    listed = {row.split()[1] for row in run("recommend", folder / "bundle", "--user", 1, "--exclude-seen", "--k", 25).stdout.splitlines()[1:]}
    assert listed and not listed & history


def test_recommend_as_json(folder):
    run("recommend", folder / "bundle", "--user", 1, "--k", 4, "--json", folder / "one.json")
    run("recommend", folder / "bundle", "--user", 1, "--k", 4, "--out", folder / "one.csv")
    results = json.loads((folder / "one.json").read_text())["results"]
    rows = list(csv.DictReader(open(folder / "one.csv")))
    assert [result["user"] for result in results] == ["1"]
    assert [entry["item"] for entry in results[0]["items"]] == [row["item"] for row in rows]
    np.testing.assert_allclose([entry["score"] for entry in results[0]["items"]], [float(row["score"]) for row in rows], rtol=1e-5)
    (folder / "users.csv").write_text("user\n3\nnobody\n5\n")
    run("recommend", folder / "bundle", "--users", folder / "users.csv", "--k", 2, "--json", folder / "many.json")
    results = json.loads((folder / "many.json").read_text())["results"]
    assert [(result["user"], len(result["items"])) for result in results] == [("3", 2), ("nobody", 2), ("5", 2)]
    assert "give one of them" in run("recommend", folder / "bundle", "--user", 1, "--json", folder / "x.json", "--out", folder / "x.csv", code=2).stderr


def test_verify_as_json(folder):
    run("verify", folder / "bundle", "--json", folder / "verify.json")
    told = json.loads((folder / "verify.json").read_text())
    assert told["ok"] is True and told["faults"] == [] and told["model"] == "youtube_dnn"


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


@pytest.mark.parametrize("kind", ["data set", "bundle"])
def test_verify_names_every_damaged_file(folder, tmp_path, kind):
    copy = tmp_path / "copy"
    if kind == "bundle":
        shutil.copytree(folder / "bundle", copy)
        damaged = ["weights.safetensors", "data/item_ids.arrow", "metrics.json"]
    else:
        run("prepare", "--interactions", folder / "log.csv", "--out", copy)
        damaged = ["events.arrow", "item_ids.arrow", "user_ids.arrow"]
    assert str(copy) in run("verify", copy, "--json", tmp_path / "good.json").stdout
    assert json.loads((tmp_path / "good.json").read_text())["ok"] is True
    for name in damaged[:2]:
        flip(copy / name)
    (copy / damaged[2]).unlink()
    failed = run("verify", copy, "--json", tmp_path / "bad.json", code=3)
    told = json.loads((tmp_path / "bad.json").read_text())
    assert told["ok"] is False and len(told["faults"]) == 3
    for name in damaged:
        assert sum(name in fault for fault in told["faults"]) == 1 and name in failed.stderr
    flip(copy / "manifest.json")
    run("verify", copy, "--json", tmp_path / "worse.json", code=3)
    assert "manifest.json" in json.loads((tmp_path / "worse.json").read_text())["faults"][0]
    run("verify", tmp_path / "nothing", code=4)


@pytest.mark.parametrize("name", ["weights.safetensors", "item_vectors.safetensors", "data/events.arrow", "data/item_ids.arrow"])
def test_nothing_is_told_from_a_damaged_bundle(folder, tmp_path, name):
    copy = tmp_path / "copy"
    shutil.copytree(folder / "bundle", copy)
    flip(copy / name)
    for command in (["evaluate", copy], ["recommend", copy, "--user", 1], ["export", copy, "--to", "embeddings", "--out", tmp_path / "out"]):
        failed = run(*command, code=3)
        assert f"{copy}/{name} is damaged" in failed.stderr and not failed.stdout
    assert not (tmp_path / "out").exists()


def test_the_unknown_item_is_the_mean_of_the_items(folder):
    weights = load_file(folder / "bundle" / "weights.safetensors")
    tables = [name for name, values in weights.items() if name.startswith("item.id")]
    assert tables
    for name in tables:
        np.testing.assert_allclose(weights[name][1], weights[name][2:].mean(axis=0), atol=1e-6)
    vectors = load_file(folder / "bundle" / "item_vectors.safetensors")["item_vectors"]
    np.testing.assert_allclose(vectors[1], vectors[2:].mean(axis=0), atol=1e-6)


def peak_private_bytes(process):
    """The most private memory a process holds while it runs, sampled."""
    peak = 0
    while process.poll() is None:
        try:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            break
        found = re.search(r"RssAnon:\s+(\d+) kB", status)
        peak = max(peak, int(found.group(1)) * 1024 if found else 0)
        time.sleep(0.005)
    return peak


def test_training_says_how_memory_is_planned_and_keeps_to_it(folder):
    draw = random.Random(4)
    (folder / "long.txt").write_text("".join(f"{user} {' '.join(str(draw.randrange(20_000)) for _ in range(40))}\n" for user in range(3000)))
    run("prepare", "--interactions", folder / "long.txt", "--format", "sequences", "--out", folder / "long")
    command = [PROGRAM, "train", "--data", folder / "long", "--model", "sasrec", "--epochs", "1", "--threads", "1", "--loss", "sampled_softmax", "--max-ram"]
    process = subprocess.Popen([*command, "2G", "--out", folder / "enough"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    peak = peak_private_bytes(process)
    told = process.stderr.read()
    assert process.wait() == 0, told
    planned = float(re.search(r"memory plan for 2.00G: .* ([0-9.]+)M in all beside the mapped data", told).group(1)) * 2**20
    assert peak <= planned <= 4 * peak, f"planned {planned / 1e6:.0f} MB, held {peak / 1e6:.0f} MB"
    assert "queues" not in told
    queued = ["--contrastive-weight", "0.1", "--contrastive-queue", "100000", "--contrastive-temperature", "0.1"]
    told = run(*command[1:], "2G", "--out", folder / "queued", *queued).stderr
    # Vectors of 64 floats with an id, and the weights, 20,002 rows of 64 floats and little else, once more.
    found = float(re.search(r"([0-9.]+)M queues and slow weights", told).group(1)) * 2**20
    assert found == pytest.approx(100_000 * (64 * 4 + 8) + 20_002 * 64 * 4, rel=0.05)
    refused = run(*command[1:], "60M", "--out", folder / "little", code=3)
    assert "is too little to train in" in refused.stderr and not (folder / "little").exists()
