"""The multi-interest models as their users run them: training with either reduction, several vectors a user, how far they collapse, and lists that vary in a category."""

import csv
import json
import random

import pytest

from test_commands import run

CATEGORIES = 3


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """200 users who walk a ring of 40 items, each item of one of three categories."""
    draw = random.Random(2)
    root = tmp_path_factory.mktemp("data")
    with open(root / "clicks.csv", "w") as out:
        out.write("user,item,time\n")
        for user in range(200):
            item = draw.randrange(40)
            for step in range(draw.randrange(5, 14)):
                out.write(f"{user},{item + 100},{step}\n")
                item = (item + 1) % 40 if draw.random() < 0.9 else draw.randrange(40)
    with open(root / "items.csv", "w") as out:
        out.write("item,category\n" + "".join(f"{item + 100},c{item % CATEGORIES}\n" for item in range(40)))
    run("prepare", "--interactions", root / "clicks.csv", "--item-features", root / "items.csv", "--out", root / "prepared")
    return root / "prepared"


def train(data, out, model, *more):
    run("train", "--data", data, "--model", model, "--out", out, "--batch-size", 32, "--set", "model.dim=16", "--set", "model.max_length=10", "--set", "model.dropout=0.1", *more)
    return out


@pytest.fixture(scope="module")
def bundle(data, tmp_path_factory):
    return train(data, tmp_path_factory.mktemp("bundle") / "comirec_sa", "comirec_sa", "--epochs", 15, "--learning-rate", 0.01)


def test_evaluate_tells_how_far_interests_collapse(bundle, data, tmp_path):
    printed = run("evaluate", bundle, "--json", tmp_path / "result.json").stdout
    interests = json.loads((tmp_path / "result.json").read_text())["interests"]
    assert interests["per_user"] == 4 and interests["mean_active"] == 4 and -1 <= interests["mean_cosine"] <= 1
    assert f"4 interests a user, 4.0 of them active; mean cosine of two: {interests['mean_cosine']:.3f}" in printed
    mind = train(data, tmp_path / "mind", "mind", "--epochs", 1)
    run("evaluate", mind, "--json", tmp_path / "mind.json")
    interests = json.loads((tmp_path / "mind.json").read_text())["interests"]
    assert interests["per_user"] == 4 and 1 < interests["mean_active"] <= 3     # ten events at most: log2 10 = 3
    one = train(data, tmp_path / "sine", "sine", "--epochs", 1)
    run("evaluate", one, "--json", tmp_path / "sine.json")
    assert "interests" not in json.loads((tmp_path / "sine.json").read_text())


def recommended(bundle, out, *more):
    run("recommend", bundle, "--user", "7", "--k", 9, "--out", out, *more)
    rows = list(csv.DictReader(open(out)))
    return [(int(row["item"]), float(row["score"])) for row in rows]


def test_a_list_can_vary_in_a_category(bundle, tmp_path):
    plain = recommended(bundle, tmp_path / "plain.csv")
    diverse = recommended(bundle, tmp_path / "diverse.csv", "--diversity", 1e9, "--diversity-feature", "category", "--diversity-pool", 40)
    categories = [(item - 100) % CATEGORIES for item, _ in diverse]
    assert all(set(categories[i:i + 3]) == {0, 1, 2} for i in (0, 3, 6))
    for category in range(CATEGORIES):                          # inside a category the best come first
        scores = [score for item, score in diverse if (item - 100) % CATEGORIES == category]
        assert scores == sorted(scores, reverse=True)
    assert diverse[0][0] == plain[0][0] and diverse[0][1] == pytest.approx(plain[0][1], rel=1e-5)
    little = recommended(bundle, tmp_path / "little.csv", "--diversity", 1e-9, "--diversity-feature", "category")
    assert [item for item, _ in little] == [item for item, _ in plain]
    assert recommended(bundle, tmp_path / "none.csv", "--diversity", 0, "--diversity-feature", "category") == plain


@pytest.mark.parametrize(
    "options, message",
    [
        (["--diversity", 1], "--diversity needs --diversity-feature"),
        (["--diversity", -1, "--diversity-feature", "category"], "--diversity must be 0 or more"),
        (["--diversity", 1, "--diversity-feature", "categorie"], "did you mean category?"),
        (["--diversity", 1, "--diversity-feature", "category", "--diversity-pool", 3], "--diversity-pool must be at least --k"),
    ],
)
def test_wrong_wishes_for_variety_are_refused(bundle, options, message):
    assert message in run("recommend", bundle, "--user", "7", "--k", 9, *options, code=2).stderr


def test_the_reduction_is_an_option_of_training(data, tmp_path):
    weights = {}
    for name, options in {"own": [], "attention": ["--reduction", "label_attention"], "hard": ["--reduction", "max"], "mean": ["--reduction-power", 0]}.items():
        weights[name] = (train(data, tmp_path / name, "mind", "--epochs", 1, *options) / "weights.safetensors").read_bytes()
    assert weights["own"] == weights["attention"]
    assert len({weights["own"], weights["hard"], weights["mean"]}) == 3
    refused = run("train", "--data", data, "--model", "mind", "--out", tmp_path / "no", "--reduction", "median", code=2)
    assert "reduction should be max or label_attention, got 'median'" in refused.stderr


@pytest.mark.parametrize("options, message", [("n_interest=0", "n_interest should be from 1 to 1024"), ("num_heads=3", "num_heads should divide dim")])
def test_models_that_cannot_be_are_refused_before_training(data, tmp_path, options, message):
    refused = run("train", "--data", data, "--model", "comirec_dr", "--out", tmp_path / "no", "--set", f"model.{options}", code=2)
    assert message in refused.stderr
