"""`rechub experiment report`: arms compared by what their users did."""

import json

import pytest

from test_commands import run


def write_exposures(path, arms, share=0.5):
    """One line a user; the arm of each is what `arms` says."""
    with open(path, "w") as out:
        for user, arm in enumerate(arms):
            out.write(json.dumps({"time": 1000.25 + user, "user": f"u{user}", "experiment": "diversity", "arm": arm, "share": share}) + "\n")
    return path


@pytest.fixture
def exposures(tmp_path):
    return write_exposures(tmp_path / "exposures.jsonl", ["plain", "varied"] * 200)


@pytest.fixture
def outcomes(tmp_path):
    """Of the plain arm every fourth user buys for 2, of the varied every second for 3; and all bought something before they were shown anything."""
    path = tmp_path / "outcomes.csv"
    with open(path, "w") as out:
        out.write("user,time,price,other\n")
        for user in range(400):
            out.write(f"u{user},{999 + user},100,1\n")
            plain = user % 2 == 0
            if user // 2 % (4 if plain else 2) == 0:
                out.write(f"u{user},{1000 + user},{2 if plain else 3},1\n")
        out.write("stranger,2000,7,1\n")
    return path


def test_arms_are_compared(exposures, outcomes, tmp_path):
    done = run("experiment", "report", "--exposures", exposures, "--outcomes", outcomes, "--metric", "price,other", "--json", tmp_path / "report.json")
    experiment = json.loads((tmp_path / "report.json").read_text())["experiments"][0]
    assert experiment["users"] == 400 and experiment["control"] == "plain"
    assert experiment["sample_ratio"]["mismatch"] is False and experiment["sample_ratio"]["p"] == 1
    means = {metric["name"]: [arm["mean"] for arm in metric["arms"]] for metric in experiment["metrics"]}
    expected = {"conversion": [0.25, 0.5], "outcomes": [0.25, 0.5], "price": [0.5, 1.5], "other": [0.25, 0.5]}
    assert means == {name: pytest.approx(values) for name, values in expected.items()}
    varied = experiment["metrics"][2]["arms"][1]
    assert varied["difference"] == pytest.approx(1) and varied["relative"] == pytest.approx(2) and varied["p"] < 1e-12
    assert varied["difference_interval"][0] < 1 < varied["difference_interval"][1]
    assert "varied" in done.stdout and "(+200.00 %)" in done.stdout and "MISMATCH" not in done.stdout


def test_a_wrong_split_is_said(outcomes, tmp_path):
    exposures = write_exposures(tmp_path / "lost.jsonl", ["plain"] * 250 + ["varied"] * 150)
    assert "SAMPLE RATIO MISMATCH: chi-square 25.00" in run("experiment", "report", "--exposures", exposures, "--outcomes", outcomes).stdout


def test_several_files_are_one_log(outcomes, tmp_path):
    first = write_exposures(tmp_path / "a.jsonl", ["plain"] * 10)
    second = write_exposures(tmp_path / "b.jsonl", ["varied"] * 5)
    assert "15 exposures" in (text := run("experiment", "report", "--exposures", first, second, "--outcomes", outcomes, "--control", "varied").stdout)
    assert "5 users were shown several arms" in text and "control varied" in text


@pytest.mark.parametrize("change, code, message", [
    (["report", "--exposures", "none.jsonl"], 4, "there is no such file"),
    (["report", "--metric", "prize"], 2, "did you mean price"),
    (["report", "--control", "other"], 2, "nobody was shown arm other"),
    (["report", "--user-col", "who"], 3, "who"),
    (["reprot"], 2, "expected 'rechub experiment report'"),
    ([], 2, "expected 'rechub experiment report'"),
])
def test_mistakes(change, code, message, exposures, outcomes):
    arguments = change if not change or change[0] != "report" else ["report", "--exposures", exposures, "--outcomes", outcomes, *change[1:]]
    assert message in run("experiment", *arguments, code=code).stderr
