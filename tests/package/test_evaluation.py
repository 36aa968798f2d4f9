"""Models judged: by themselves, side by side, and what is printed of it."""

import pandas as pd
import pytest

import rechub
from seed_data import SMALL


def test_evaluation(model):
    found = model.evaluate(baselines=["popularity"], k=[20, 5, 10])
    assert set(found) >= {"NDCG@5", "NDCG@10"} and found.protocol["users"] == 300
    low, high = found.intervals["NDCG@10"]
    assert low <= found["NDCG@10"] <= high
    assert found["NDCG@10"] > found.others["popularity"]["NDCG@10"]
    assert found.others["popularity"].difference["NDCG@10"][1] > 0
    assert found.to_frame().shape[0] == 2 and "<table" in found._repr_html_()
    assert [metric for metric in found if metric.startswith("NDCG")] == ["NDCG@5", "NDCG@10", "NDCG@20"] and list(found.to_frame().columns) == list(found)
    assert found["NDCG@10"] == pytest.approx(model.metrics_["test"]["metrics"]["NDCG@10"])


def test_a_printed_evaluation_has_intervals_and_the_whole_protocol(model, capsys):
    rechub.run("evaluate", model.bundle_, "--k", "20,5,10")
    protocol = capsys.readouterr().out.splitlines()[-1]
    assert protocol.startswith("leave-one-out, test, full ranking of 60 items, seen items kept, 300 users, ")
    found = model.evaluate(k=[20, 5, 10])
    lines = str(found).splitlines()
    assert lines[0].split() == ["SASRec"] and [line.split()[0] for line in lines[1:-1]] == list(found) and lines[-1] == protocol
    low, high = found.intervals["Hit@20"]
    assert f"{found['Hit@20']:.4f} [{low:.4f}, {high:.4f}]" in next(line for line in lines if line.startswith("Hit@20"))
    assert f"<p>{protocol}</p>" in found._repr_html_()
    assert "[" not in str(model.evaluate(bootstrap=0))
    both = str(model.evaluate(baselines=["popularity"], bootstrap=0)).splitlines()
    assert both[0].split() == ["SASRec", "popularity"] and [line.split(",")[0] for line in both[-2:]] == ["SASRec: leave-one-out", "popularity: leave-one-out"]


def test_models_judged_side_by_side_keep_their_names(model, columns):
    others = [rechub.SASRec(**SMALL).fit(columns, verbose=False), rechub.STAMP(**SMALL).fit(columns, verbose=False)]
    found = model.evaluate(against=others, bootstrap=0)
    assert list(found.others) == ["SASRec 2", "STAMP"]
    for other, one in zip(others, found.others.values()):
        assert one["NDCG@10"] == pytest.approx(other.metrics_["test"]["metrics"]["NDCG@10"])
    named = model.evaluate(against={"short": others[0], "stamp 1.5": others[1].bundle_}, bootstrap=0)
    assert {name: one["NDCG@10"] for name, one in named.others.items()} == {"short": found.others["SASRec 2"]["NDCG@10"], "stamp 1.5": found.others["STAMP"]["NDCG@10"]}
    with pytest.raises(ValueError, match="neither comma nor slash"):
        model.evaluate(against={"a,b": others[0]})


def test_compare(columns, tmp_path):
    frame = rechub.compare(pd.DataFrame(columns), ["sasrec", "stamp"], out=tmp_path / "report", epochs=2, verbose=False, baselines=["popularity"])
    assert set(frame.index) == {"sasrec", "stamp", "popularity"} and frame["NDCG@10"].is_monotonic_decreasing
    assert [metric for metric in frame if metric.startswith("Hit")] == ["Hit@5", "Hit@10", "Hit@20", "Hit@50"]
    names = list(dict.fromkeys(metric.partition("@")[0] for metric in frame))
    assert names[:5] == ["NDCG", "Recall", "Hit", "MRR", "Precision"] and "Coverage" in names[5:] and names[5:] == sorted(names[5:])
    assert (tmp_path / "report/index.html").exists()
