"""Metrics, rows and sampling, against what Torch-RecHub 0.9 itself gives (make_torch_rechub_values.py), scikit-learn, and values by hand."""

import json
import pathlib

import numpy as np
import pandas as pd
import pytest

from rechub.basic import metric
from rechub.utils import data, match

VALUES = json.loads(pathlib.Path(__file__).with_name("torch_rechub_values.json").read_text())


# Metrics


def test_metrics_are_torch_rechubs_and_scikit_learns():
    from sklearn.metrics import log_loss, roc_auc_score

    theirs = VALUES["metrics"]
    popularity = {int(item): share for item, share in theirs["popularity"].items()}
    assert metric.topk_metrics(theirs["wanted"], theirs["lists"], topKs=[1, 5, 10]) == theirs["topk"]
    assert metric.diversity_score(theirs["lists"], np.array(theirs["vectors"]), topKs=[3, 10]) == theirs["diversity"]
    assert metric.diversity_score(theirs["lists"], dict(enumerate(theirs["vectors"])), topKs=[3, 10]) == theirs["diversity"]
    assert metric.coverage_score(theirs["lists"], range(30), topKs=[1, 5]) == theirs["coverage"]
    assert metric.novelty_score(theirs["lists"], popularity, topKs=[5]) == theirs["novelty"]
    labels, scores = theirs["labels"], np.array(theirs["scores"])
    assert metric.auc_score(labels, scores) == pytest.approx(theirs["auc"]) == pytest.approx(roc_auc_score(labels, scores))
    assert metric.gauc_score(labels, scores, theirs["users"]) == pytest.approx(theirs["gauc"])
    clipped = np.clip(scores, 0.05, 0.95)
    assert metric.log_loss(labels, clipped) == pytest.approx(theirs["log_loss"]) == pytest.approx(log_loss(labels, clipped))
    for name in ("NDCG", "Hit", "MRR", "Recall", "Precision"):
        one = getattr(metric, f"{name.lower()}_score")
        assert one(theirs["wanted"], theirs["lists"], [5]) == theirs["topk"][name][1:2]


def test_metrics_by_hand_and_at_the_edges():
    found = metric.topk_metrics({"a": [1, 2], "b": []}, {"a": [2], "b": [5]}, topKs=[3])  # a short list, a user without wanted items
    dcg = 1 / (1 + 1 / np.log2(3))
    assert found == {"NDCG": [f"NDCG@3: {round(dcg / 2, 4)}"], "MRR": ["MRR@3: 0.5"], "Recall": ["Recall@3: 0.25"], "Hit": ["Hit@3: 0.5"], "Precision": ["Precision@3: 0.1667"]}
    assert metric.log_loss([1, 0], [1.0, 0.0]) == pytest.approx(0, abs=1e-12)
    with pytest.raises(ValueError, match="y_pred lacks 'b'"):
        metric.topk_metrics({"a": [1], "b": [1]}, {"a": [1], "c": [1]})
    with pytest.raises(ValueError, match="rows of both labels"):
        metric.auc_score([1, 1], [0.1, 0.2])


# Rows


def test_rows_are_torch_rechubs():
    theirs = VALUES["rows"]
    log = pd.DataFrame(theirs["log"])
    before = log.copy()
    train, test = match.generate_seq_feature_match(log, "user", "item", "time", item_attribute_cols=["cate"], min_item=3)
    pd.testing.assert_frame_equal(log, before)
    assert sorted(train.drop(columns="label").values.tolist()) == theirs["train"]
    assert sorted(test.values.tolist()) == theirs["test"]
    assert train["label"].tolist() == [1] * len(train)
    profile = pd.DataFrame({"user": range(1, 9), "age": range(20, 28)})
    items = log[["item", "cate"]].drop_duplicates("item")
    made = match.gen_model_input(test.sort_values("user"), profile, "user", items, "item", 5)
    assert {name: values.tolist() for name, values in made.items()} == theirs["input"]


@pytest.mark.parametrize(("mode", "neg_ratio"), [(0, 3), (1, 0), (2, 4)])
def test_negatives_stand_where_the_mode_has_them(mode, neg_ratio):
    log = pd.DataFrame(VALUES["rows"]["log"])
    train, test = match.generate_seq_feature_match(log, "user", "item", "time", mode=mode, neg_ratio=neg_ratio, sample_method=1)
    positives = len(VALUES["rows"]["train"])
    if mode == 0:
        assert train["label"].sum() == positives and len(train) == 4 * positives
        key = lambda frame: sorted((user, tuple(history)) for user, history in zip(frame["user"], frame["hist_item"]))  # noqa: E731
        assert key(train[train.label == 0]) == sorted(key(train[train.label == 1]) * 3)
    else:
        shapes = {np.shape(value) for value in train["neg_items"]}
        assert len(train) == positives and shapes == ({()} if mode == 1 else {(4,)})
    assert len(test) == 8
    with pytest.raises(ValueError, match="neg_ratio should be 1 or more in mode 2, got 0"):
        match.generate_seq_feature_match(log, "user", "item", "time", mode=2)


def test_methods_draw_by_their_formulas():
    counts = {"a": 90, "b": 30, "c": 9, "d": 1}
    by = np.array(list(counts.values()), dtype=float)
    ranks = np.arange(4)
    weights = [np.ones(4), by**0.75, np.log(by + 1) + 1e-6, (np.log(ranks + 2) - np.log(ranks + 1)) / np.log(5)]
    for method, weight in enumerate(weights):
        np.random.seed(method)
        drawn = match.negative_sample(counts, 40_000, method)
        shares = [np.mean(drawn == item) for item in counts]
        np.testing.assert_allclose(shares, weight / weight.sum(), atol=0.01, err_msg=str(method))
    with pytest.raises(ValueError, match="method_id should be 0, 1, 2 or 3, got 4"):
        match.negative_sample(counts, 1, 4)


def test_negatives_of_the_batch():
    import torch

    scores = torch.tensor(VALUES["rows"]["scores"])
    assert match.inbatch_negative_sampling(scores, neg_ratio=2, hard_negative=True).tolist() == VALUES["rows"]["hard"]
    assert match.gather_inbatch_logits(scores, torch.tensor([[1, 2], [2, 0], [0, 3], [1, 2]])).tolist() == VALUES["rows"]["gathered"]
    generator = torch.Generator().manual_seed(0)
    drawn = torch.stack([match.inbatch_negative_sampling(scores, 2, generator=generator) for _ in range(3000)])  # [3000, 4, 2]
    for row in range(4):
        assert all(len(set(pair)) == 2 for pair in drawn[:100, row].tolist())
        shares = [(drawn[:, row] == other).any(1).float().mean().item() for other in range(4)]
        np.testing.assert_allclose(shares, [0 if other == row else 2 / 3 for other in range(4)], atol=0.03)
    assert match.inbatch_negative_sampling(scores).shape == (4, 3)
    with pytest.raises(ValueError, match="two rows or more"):
        match.inbatch_negative_sampling(scores[:1, :1])


def test_padding():
    assert data.pad_sequences([[1, 2, 3], [], [4]], maxlen=2, padding="post", truncating="post").tolist() == VALUES["rows"]["padded"]
    assert data.pad_sequences([[1, 2, 3], [], [4]], maxlen=2).tolist() == [[2, 3], [0, 0], [0, 4]]
    assert data.pad_sequences([[1, 2, 3], [4]], value=9).tolist() == [[1, 2, 3], [9, 9, 4]]
    assert data.array_replace_with_dict(np.array([[1, 3], [3, 2]]), {1: 10, 2: 20, 3: 30}).tolist() == [[10, 30], [30, 20]]
    assert {name: values.tolist() for name, values in data.df_to_dict(pd.DataFrame({"a": [1, 2], "b": [[1, 2], [3, 4]]})).items()} == {"a": [1, 2], "b": [[1, 2], [3, 4]]}
