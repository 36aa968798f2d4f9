"""EASE of the program against the paper's equations in NumPy, on data written here, judged by a ranking written here."""

import json
import random
import subprocess

import numpy
import pytest

from test_commands import PROGRAM


@pytest.fixture(scope="module")
def histories():
    draw = random.Random(5)
    weights = [1 / (1 + item) for item in range(50)]
    result = []
    for _ in range(250):
        taste = draw.randrange(5)
        pool = [item for item in range(50) if item % 5 == taste or draw.random() < 0.2]
        chosen = list(dict.fromkeys(draw.choices(pool, [weights[item] for item in pool], k=12)))
        if len(chosen) >= 4:
            result.append(chosen)
    return result


def ease_ranks(histories, l2):
    """The rank of each user's last item among the items not in its history; 0 where no training event has it."""
    x = numpy.zeros((len(histories), 50))
    for user, items in enumerate(histories):
        x[user, items[:-2]] = 1
    p = numpy.linalg.inv(x.T @ x + l2 * numpy.eye(50))
    b = numpy.eye(50) - p @ numpy.diag(1 / numpy.diag(p))
    trained = x.sum(axis=0) > 0
    ranks = []
    for items in histories:
        seen, target = items[:-1], items[-1]
        scores = b[seen].sum(axis=0)
        rivals = [item for item in range(50) if item not in seen and item != target and trained[item]]
        ranks.append(1 + sum(scores[rivals] > scores[target]) if trained[target] else 0)
    return ranks


def test_ease_is_the_closed_form_of_the_paper(histories, tmp_path):
    data = tmp_path / "sequences.txt"
    data.write_text("".join(f"u{user} {' '.join(f'i{item}' for item in items)}\n" for user, items in enumerate(histories)))
    train = ["train", "--data", data, "--format", "sequences", "--model", "youtube_dnn", "--out", tmp_path / "bundle", "--epochs", "1", "--quiet"]
    subprocess.run([PROGRAM, *map(str, train)], check=True, capture_output=True)
    judge = ["evaluate", tmp_path / "bundle", "--baselines", "ease", "--k", "1,5,10", "--bootstrap", "0", "--seen", "exclude", "--json", tmp_path / "result.json"]
    subprocess.run([PROGRAM, *map(str, judge)], check=True, capture_output=True)
    metrics = json.loads((tmp_path / "result.json").read_text())["others"]["ease"]["metrics"]
    ranks = ease_ranks(histories, 100)
    for k in (1, 5, 10):
        assert metrics[f"Hit@{k}"] == pytest.approx(sum(0 < rank <= k for rank in ranks) / len(ranks), abs=1e-9)
        assert metrics[f"NDCG@{k}"] == pytest.approx(sum(1 / numpy.log2(1 + rank) for rank in ranks if 0 < rank <= k) / len(ranks), abs=1e-9)
    assert 0.1 < metrics["Hit@10"] < 1


def test_ease_says_what_memory_it_would_need(histories, tmp_path):
    data = tmp_path / "sequences.txt"
    data.write_text("".join(f"u{user} {' '.join(f'i{item}' for item in items)}\n" for user, items in enumerate(histories)))
    train = ["train", "--data", data, "--format", "sequences", "--model", "youtube_dnn", "--out", tmp_path / "bundle", "--epochs", "1", "--quiet"]
    subprocess.run([PROGRAM, *map(str, train)], check=True, capture_output=True)
    refused = subprocess.run([PROGRAM, "evaluate", tmp_path / "bundle", "--baselines", "ease", "--max-ram", "64K"], capture_output=True, text=True)
    assert refused.returncode == 3
    assert "ease needs" in refused.stderr and "max_ram" in refused.stderr
