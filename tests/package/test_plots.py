"""What the plots show, read back from their axes."""

import subprocess
import sys

import matplotlib
import numpy as np
import pandas as pd
import pytest
from source_tree import ROOT

matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402

import rechub  # noqa: E402
from rechub import plots  # noqa: E402


@pytest.fixture(autouse=True)
def close():
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def other(columns):
    return rechub.STAMP(dim=16, epochs=3, batch_size=64, num_workers=0).fit(columns, verbose=False)


def test_learning_curves(model, other):
    ax = plots.learning_curves([model, other])
    curve, kept = ax.lines[0], ax.lines[1]
    assert curve.get_ydata().tolist() == [epoch["NDCG@10"] for epoch in model.history_]
    best = max(model.history_, key=lambda epoch: epoch["NDCG@10"])
    assert (kept.get_xdata()[0], kept.get_ydata()[0]) == (best["epoch"], best["NDCG@10"])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["SASRec", "STAMP"] and ax.get_ylabel() == "NDCG@10 on the validation cases"
    ax = plots.learning_curves({"mine": model}, "train_loss")
    assert ax.lines[0].get_ydata()[0] == model.history_[0]["train_loss"] and ax.get_ylabel() == "train_loss"
    assert {name for name in model.history_[0] if "@" not in name} == {"epoch", *plots._OF_TRAINING}
    with pytest.raises(ValueError, match="history of SASRec has no nonsense; it has"):
        plots.learning_curves(model, "nonsense")


def test_metric_bars(model, other):
    found = model.evaluate(against=[other], baselines=["popularity"])
    ax = plots.metric_bars(found, "MRR@10")
    shown = {text.get_text(): bar.get_width() for text, bar in zip(ax.get_yticklabels(), ax.patches)}
    assert shown == {"SASRec": found["MRR@10"], **{name: one["MRR@10"] for name, one in found.others.items()}}
    assert [bar.get_width() for bar in ax.patches] == sorted(shown.values())
    assert sorted(line.get_xdata().tolist() for line in ax.lines) == sorted([list(found.intervals["MRR@10"]), *(list(one.intervals["MRR@10"]) for one in found.others.values())])


def test_item_map_is_the_first_two_principal_components(model):
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import normalize

    groups = {item: ["odd", "even"][item % 2 == 0] if item < 1050 else "" for item in model.item_ids().tolist()}
    ax = plots.item_map(model, groups, largest=1)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["others", "even (25)"]
    expected = PCA(2).fit_transform(normalize(model.item_vectors()))
    shown = np.concatenate([dots.get_offsets() for dots in ax.collections])
    is_even = np.array([groups[item] == "even" for item in model.item_ids().tolist()])
    np.testing.assert_allclose(np.abs(shown), np.abs(np.concatenate([expected[~is_even], expected[is_even]])), atol=1e-5)
    assert len(plots.item_map(model, method="tsne").collections[0].get_offsets()) == 60
    with pytest.raises(ValueError, match="pca or tsne"):
        plots.item_map(model, method="umap")


def test_list_overlap_counts(model):
    def frame(lists):
        return pd.DataFrame([(user, item, 1.0, rank) for user, items in lists.items() for rank, item in enumerate(items, 1)], columns=["user", "item", "score", "rank"])

    one, two = frame({"a": [1, 2, 3], "b": [1, 2, 9]}), frame({"a": [2, 1, 7], "b": [3, 4, 9]})
    ax = plots.list_overlap({"one": one, "two": two}, k=2)
    np.testing.assert_allclose(ax.images[0].get_array(), [[100, 50], [50, 100]])
    ax = plots.list_overlap({"model": model, "same": model}, ["u1", "u2"], k=5)
    np.testing.assert_allclose(ax.images[0].get_array(), 100)


def test_popularity_curve(model):
    """Half of the events are of one item: the grey curve is at 50 % after the first of 60 items. What is recommended is one other item, so its curve jumps at that item's place."""
    events = [1000] * 59 + list(range(1001, 1060))
    ax = plots.popularity(model, events, ["u1", "u2"], k=1, allow=[1000], filter_seen=False)
    used, shown = (line.get_ydata() for line in ax.lines)
    assert used[0] == pytest.approx(50) and used[-1] == pytest.approx(100) and np.allclose(shown, 100)
    assert ax.lines[1].get_label() == "SASRec (1 different items)"
    ax = plots.popularity(model, events, k=3, allow=[1001, 1002, 1003], filter_seen=False)
    assert ax.lines[1].get_ydata()[0] == 0 and ax.lines[1].get_ydata()[-1] == pytest.approx(100)


def test_says_what_to_install(tmp_path):
    script = f"import sys; sys.path.insert(0, {str(ROOT / 'build/python')!r}); sys.modules['matplotlib'] = None\nfrom rechub import plots\nplots._axes(None)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "ImportError: rechub.plots needs matplotlib: pip install matplotlib" in done.stderr
