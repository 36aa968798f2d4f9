"""`evaluate` on other data than the bundle's: other users, test sessions, and what it says to data that do not fit."""

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


def ring_sessions(path, draw, count, items=30, first_item=0):
    """Sessions that walk a ring: the next item follows from the last one."""
    sessions = []
    for _ in range(count):
        start = draw.randrange(items)
        sessions.append([first_item + (start + step) % items for step in range(draw.randrange(2, 8))])
    path.write_text("".join(" ".join(map(str, session)) + "\n" for session in sessions))
    return sessions


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("other")


@pytest.fixture(scope="module")
def sessions(folder):
    draw = random.Random(7)
    ring_sessions(folder / "train.txt", draw, 600)
    return ring_sessions(folder / "test.txt", draw, 150)


@pytest.fixture(scope="module")
def session_bundle(folder, sessions):
    run("train", "--data", folder / "train.txt", "--format", "sessions", "--test", folder / "test.txt", "--split", "sessions", "--model", "gru4rec", "--out", folder / "gru4rec",
        "--epochs", 12, "--learning-rate", 0.01, "--batch-size", 32, "--set", "model.dim=16", "--set", "model.hidden_size=16", "--seen", "keep", "--k", "1,5", "--threads", 1,
        "--json", folder / "trained.json")
    return folder / "gru4rec"


def judge(bundle, folder, *more):
    printed = run("evaluate", bundle, "--seen", "keep", "--k", "1,5", "--json", folder / "judged.json", *more)
    return json.loads((folder / "judged.json").read_text()), printed


def test_test_sessions_ask_for_every_next_event(session_bundle, folder, sessions):
    trained = json.loads((folder / "trained.json").read_text())["test"]
    assert trained["protocol"]["cases"] == sum(len(session) - 1 for session in sessions)
    assert trained["metrics"]["Hit@1"] > 0.9


def test_the_same_sessions_from_a_file_are_judged_the_same(session_bundle, folder):
    trained = json.loads((folder / "trained.json").read_text())["test"]
    alone, printed = judge(session_bundle, folder, "--test", folder / "test.txt", "--format", "sessions", "--k", "1,5,10")
    assert alone["metrics"] == trained["metrics"] and alone["protocol"]["cases"] == trained["protocol"]["cases"]
    assert "test sessions (prefixes)" in printed.stdout
    both, _ = judge(session_bundle, folder, "--data", folder / "train.txt", "--format", "sessions", "--test", folder / "test.txt", "--k", "1,5,10")
    assert both["metrics"] == trained["metrics"]
    valid, _ = judge(session_bundle, folder, "--data", folder / "train.txt", "--format", "sessions", "--test", folder / "test.txt", "--split", "valid", "--k", "1,5,10")
    assert valid["metrics"] == json.loads((folder / "trained.json").read_text())["valid"]["metrics"]


def test_last_asks_for_the_last_event_only(session_bundle, folder, sessions):
    last, _ = judge(session_bundle, folder, "--test", folder / "test.txt", "--format", "sessions", "--test-targets", "last")
    assert last["protocol"]["cases"] == last["protocol"]["targets"] == len(sessions)


def test_items_that_the_model_does_not_know_are_misses(session_bundle, folder):
    (folder / "new.txt").write_text("1 2 3\n5 900 7\n901 902 901\n")
    judged, printed = judge(session_bundle, folder, "--data", folder / "new.txt", "--format", "sessions", "--bootstrap", 0)
    assert judged["protocol"]["cases"] == 6 and judged["protocol"]["cold_targets"] == 3
    assert "4 of 9 events are of items that the model does not know" in printed.stderr
    assert judged["metrics"]["Hit@5"] <= 3 / 6


@pytest.fixture(scope="module")
def user_bundle(folder):
    draw = random.Random(9)
    for name, first_user, count in (("log", 0, 300), ("others", 1000, 80)):
        with open(folder / f"{name}.csv", "w") as log, open(folder / f"{name}_users.csv", "w") as users:
            log.write("person,film,when,device\n")
            users.write("person,side\n")
            for user in range(first_user, first_user + count):
                side = draw.randrange(2)   # says which half of the films a user watches
                users.write(f"{user},{'left' if side else 'right'}\n")
                for step in range(6):
                    log.write(f"{user},{draw.randrange(20) + 20 * side},{step + 1},{'tv' if draw.random() < 0.5 else 'phone'}\n")
    run("train", "--data", folder / "log.csv", "--user-col", "person", "--item-col", "film", "--time-col", "when", "--history-cols", "device", "--user-features",
        folder / "log_users.csv", "--model", "youtube_dnn", "--out", folder / "people", "--epochs", 8, "--learning-rate", 0.01, "--batch-size", 32, "--set", "model.dim=16",
        "--set", "model.user_id=true", "--seen", "keep", "--threads", 1)
    return folder / "people"


def test_other_users_are_strangers_with_features(user_bundle, folder):
    judged, printed = judge(user_bundle, folder, "--data", folder / "others.csv", "--user-features", folder / "others_users.csv", "--k", "20")
    assert judged["protocol"]["users"] == 80
    # Half of the films are the user's own, in any order: all of them stand in the top 20.
    assert judged["metrics"]["Hit@20"] > 0.9
    assert "unknown in all rows" not in printed.stderr
    _, printed = judge(user_bundle, folder, "--data", folder / "others.csv")
    assert "the feature side is not in the data: it is unknown in all rows" in printed.stderr


def test_the_bundles_own_data_give_its_own_figures(user_bundle, folder):
    own, _ = judge(user_bundle, folder)
    again, _ = judge(user_bundle, folder, "--data", folder / "log.csv", "--user-features", folder / "log_users.csv")
    assert again == own
    run("prepare", "--interactions", folder / "log.csv", "--user-col", "person", "--item-col", "film", "--time-col", "when", "--history-cols", "device", "--user-features",
        folder / "log_users.csv", "--out", folder / "prepared")
    assert judge(user_bundle, folder, "--data", folder / "prepared")[0] == own


def test_what_does_not_fit_is_said(user_bundle, session_bundle, folder):
    (folder / "strange.csv").write_text("person,film,when,device\n1,x,1,tv\n1,y,2,tv\n1,z,3,tv\n")
    assert "none of the items of" in run("evaluate", user_bundle, "--data", folder / "strange.csv", code=3).stderr
    assert "no such file" in run("evaluate", user_bundle, "--data", folder / "strang.csv", code=4).stderr
    assert "--baselines are fitted on the bundle's own data" in run("evaluate", user_bundle, "--data", folder / "others.csv", "--baselines", "popularity", code=2).stderr
    (folder / "empty.txt").write_text("")
    run("evaluate", session_bundle, "--test", folder / "empty.txt", "--format", "sessions", code=3)
    assert not list(pathlib.Path(os.environ.get("TMPDIR", "/tmp")).glob("rechub_??????/dataset"))
