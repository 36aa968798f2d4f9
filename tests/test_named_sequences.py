"""Several sequences a user: what people watch follows from what they searched for, and a model that reads the searches knows it."""

import csv
import json
import os
import pathlib
import random
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = pathlib.Path(os.environ.get("RECHUB_BUILD", ROOT / "build")) / "rechub"


def run(*arguments, code=0):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """300 users watch 40 films in no order at all; a moment before film N they search for "word N" and put film N into a cart."""
    draw = random.Random(5)
    folder = tmp_path_factory.mktemp("data")
    files = {name: open(folder / f"{name}.csv", "w") for name in ("watches", "searches", "carts", "users")}
    files["watches"].write("user,film,time\n")
    files["searches"].write("user,query,time\n")
    files["carts"].write("user,film,time,shop\n")
    files["users"].write("user,age,city\n")
    for user in range(300):
        files["users"].write(f"u{user},{draw.randrange(18, 80)}.5,{draw.choice(['Rome', 'Oslo'])}\n")
        for step in range(draw.randrange(4, 9)):
            film, time = draw.randrange(40), 1000 * step + draw.randrange(500)
            files["watches"].write(f"u{user},{film},{time}\n")
            files["searches"].write(f"u{user},word {film},{time - 1}\n")
            files["carts"].write(f"u{user},{film},{time - 1},a\n")
    for file in files.values():
        file.close()
    return folder


def train(data, out, *more):
    return run("train", "--data", data / "watches.csv", "--item-col", "film", "--model", "youtube_dnn", "--out", out, "--batch-size", 32, "--epochs", 15, "--learning-rate", 0.01,
               "--set", "model.dim=16", "--set", "model.max_length=1", "--set", "model.dropout=0", "--seen", "keep", "--threads", 1, *more)


def hits(bundle, tmp_path):
    run("evaluate", bundle, "--seen", "keep", "--k", 1, "--bootstrap", 0, "--json", tmp_path / "result.json")
    return json.loads((tmp_path / "result.json").read_text())["metrics"]["Hit@1"]


@pytest.fixture(scope="module")
def bundle(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundle") / "searches"
    printed = train(data, out, "--sequences", f"searches={data / 'searches.csv'}", "--user-features", data / "users.csv")
    assert "sequence searches: " in printed.stderr + printed.stdout
    return out


def test_youtube_dnn_reads_both_sequences(data, bundle, tmp_path):
    train(data, tmp_path / "alone")
    assert hits(tmp_path / "alone", tmp_path) < 0.15
    assert hits(bundle, tmp_path) > 0.9
    run("verify", bundle)
    assert "sequences searches (" in run("info", bundle).stdout


@pytest.mark.parametrize("loss", ["softmax", "sampled_softmax"])
def test_a_sequence_of_items_shares_their_vectors(data, tmp_path, loss):
    train(data, tmp_path / "carts", "--sequences", f"carts={data / 'carts.csv'}", "--loss", loss, "--num-negatives", 200)
    assert hits(tmp_path / "carts", tmp_path) > 0.9


def top(bundle, tmp_path, *lines):
    (tmp_path / "users.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    run("recommend", bundle, "--users", tmp_path / "users.jsonl", "--k", 3, "--seen", "keep", "--out", tmp_path / "out.csv")
    rows = list(csv.DictReader(open(tmp_path / "out.csv")))
    assert len(rows) == 3 * len(lines)
    return [[row["item"] for row in rows[start:start + 3]] for start in range(0, len(rows), 3)], [float(row["score"]) for row in rows]


def test_requests_bring_histories_features_and_sequences(data, bundle, tmp_path):
    lists, _ = top(bundle, tmp_path, {"user": "x", "sequences": {"searches": ["word 3", "word 7"]}}, {"user": "u1", "history": [5], "sequences": {"searches": ["word 9"]}},
                   {"user": "u1", "sequences": {"searches": ["word 9"]}}, {"user": "u1"})
    assert [items[0] for items in lists[:3]] == ["7", "9", "9"]
    last = [row["query"] for row in csv.DictReader(open(data / "searches.csv")) if row["user"] == "u1"][-1]
    assert f"word {lists[3][0]}" == last
    ages = [{"user": "x", "history": [1], "features": {"age": age, "city": city}} for age in (20, 70) for city in ("Rome", "Oslo", None)]
    _, scores = top(bundle, tmp_path, *ages)
    assert len({tuple(scores[start:start + 3]) for start in range(0, 18, 3)}) == 6
    of_u1 = next(row for row in csv.DictReader(open(data / "users.csv")) if row["user"] == "u1")
    _, known = top(bundle, tmp_path, {"user": "u1"})
    _, said = top(bundle, tmp_path, {"user": "u1", "features": {"age": float(of_u1["age"]), "city": of_u1["city"]}})
    assert known == said


def test_values_that_training_never_saw_are_told_of(bundle, tmp_path):
    lines = [{"user": "u1", "features": {"city": city, "age": 30}, "sequences": {"searches": ["word 3"]}} for city in ("Rome", "Paris", None, "Lima")]
    lines[0]["sequences"]["searches"].insert(0, "word 99")
    (tmp_path / "users.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    warned = [line for line in run("recommend", bundle, "--users", tmp_path / "users.jsonl", "--k", 3).stderr.splitlines() if "never saw" in line]
    told = [f"{count} of the requests give '{name}' a value that training never saw: it counts as unknown" for name, count in (("city", 2), ("searches", 1))]
    assert [line.split(": ", 1)[1] for line in warned] == told


@pytest.mark.parametrize("line, code, message", [
    ('{"user": "u1", "features": {"agee": 3}}', 2, "users.jsonl, line 1: unknown user or context feature 'agee' (did you mean age?)"),
    ('{"user": "u1", "features": {"age": "old"}}', 3, 'users.jsonl, line 1: "age" must be a number, found "old"'),
    ('{"user": "u1", "features": [3]}', 3, '"features" must be an object of names and values, found [3]'),
    ('{"user": "u1", "sequences": {"searches": "cats"}}', 3, '"searches" must be a list of values, oldest first, found "cats"'),
    ('{"user": "u1", "sequences": {"watches": []}}', 2, "unknown sequence 'watches'"),
    ('{"user": 1.5}', 3, "an id must be a text or a whole number of 64 bits, found 1.5"),
    ('{"user": "u1"', 3, "users.jsonl, line 1"),
])
def test_requests_that_cannot_be_understood(bundle, tmp_path, line, code, message):
    (tmp_path / "users.jsonl").write_text(line + "\n")
    failed = run("recommend", bundle, "--users", tmp_path / "users.jsonl", "--out", tmp_path / "out.csv", code=code)
    assert message in failed.stderr
    assert not (tmp_path / "out.csv").exists()
