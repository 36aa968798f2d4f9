"""Metrics of predictions and of lists. The engine's exact evaluation is MatchTrainer.evaluate and rechub.evaluate; these judge lists and scores from anywhere.

The metrics of lists return texts by name, as {"NDCG": ["NDCG@5: 0.1234"]}, rounded to four places; `y_true` and `y_pred` are dicts from a user to a list of items, best first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

Lists = Mapping[Any, Sequence[Any]]
Texts = dict[str, list[str]]
_NAMES = ("NDCG", "MRR", "Recall", "Hit", "Precision")


def auc_score(y_true: Any, y_pred: Any) -> float:
    """Area under the ROC curve: how often a row of label 1 scores above one of label 0, ties counting a half.

    y_true: labels [rows], wanted above 0. y_pred: scores [rows], any scale. Raises ValueError where they differ in shape, are empty, or a kind of label is missing.
    """
    labels, scores = _pair(y_true, y_pred)
    wanted = labels > 0
    if wanted.all() or not wanted.any():
        raise ValueError("auc_score needs rows of both labels")
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]  # mean rank of ties, from 1
    positives = int(wanted.sum())
    return float((ranks[wanted].sum() - positives * (positives + 1) / 2) / (positives * (len(labels) - positives)))


def get_user_pred(y_true: Any, y_pred: Any, users: Iterable[Any]) -> dict[Any, dict[str, list[Any]]]:
    """Labels and scores by user: {user: {"y_true": [...], "y_pred": [...]}}, each in the order of the rows. All three arguments [rows]."""
    by_user: dict[Any, dict[str, list[Any]]] = {}
    for label, score, user in zip(y_true, y_pred, users):
        rows = by_user.setdefault(user, {"y_true": [], "y_pred": []})
        rows["y_true"].append(label)
        rows["y_pred"].append(score)
    return by_user


def gauc_score(y_true: Any, y_pred: Any, users: Any, weights: Mapping[Any, float] | None = None) -> float:
    """Mean of the users' AUC, weighted by `weights` or by their rows: from 0 to 1, .5 by chance.

    y_true, y_pred, users: labels, scores and user ids [rows]. Raises ValueError where they differ in length and for a user whose rows have one label only, KeyError for one that
    `weights` lacks.
    """
    if not len(y_true) == len(y_pred) == len(users):
        raise ValueError(f"y_true, y_pred and users should have one length, got {len(y_true)}, {len(y_pred)} and {len(users)}")
    total = share = 0.0
    for user, rows in get_user_pred(y_true, y_pred, users).items():
        weight = len(rows["y_true"]) if weights is None else weights[user]
        total += auc_score(rows["y_true"], rows["y_pred"]) * weight
        share += weight
    return total / share


def log_loss(y_true: Any, y_pred: Any) -> float:
    """Mean binary cross-entropy of probabilities; those of 0 and 1 count as 1e-15 away from them. In nats; y_true: labels 0 or 1 [rows].

    Raises ValueError where the two differ in shape or are empty.
    """
    labels, scores = _pair(y_true, y_pred)
    scores = np.clip(scores, 1e-15, 1 - 1e-15)
    return float(-(labels * np.log(scores) + (1 - labels) * np.log1p(-scores)).mean())


def topk_metrics(y_true: Lists, y_pred: Lists, topKs: Sequence[int] | None = None) -> Texts:
    """NDCG, MRR, Recall, Hit and Precision at each K (5 unless given) over the users of y_true.

    Hit is the share of all wanted items that stand in their user's list (not of users with a hit, which MatchTrainer.evaluate calls Hit). A user without wanted items counts 0
    in the other means. Lists shorter than K count as they are. ValueError where the users of y_true and y_pred differ, and for a K below 1.
    """
    cuts = _cuts(topKs)
    missing = [user for user in y_true if user not in y_pred]
    if missing or len(y_true) != len(y_pred):
        raise ValueError(f"y_true and y_pred should have the same users; y_pred lacks {missing[0]!r}" if missing else "y_pred has users that y_true has not")
    out: Texts = {name: [] for name in _NAMES}
    for k in cuts:
        sums = dict.fromkeys(_NAMES, 0.0)
        num_wanted = found = 0
        for user, wanted in y_true.items():
            if len(wanted) == 0:
                continue
            is_wanted = set(wanted)
            hits = np.array([item in is_wanted for item in y_pred[user][:k]], dtype=bool)
            gains = 1 / np.log2(np.arange(2, k + 2))
            num_hits = int(hits.sum())
            num_wanted += len(wanted)
            found += num_hits
            sums["MRR"] += 1 / (1 + int(hits.argmax())) if num_hits else 0
            sums["Recall"] += num_hits / len(wanted)
            sums["Precision"] += num_hits / k
            sums["NDCG"] += gains[: len(hits)][hits].sum() / gains[: len(wanted)].sum()
        for name in _NAMES:
            value = (found / num_wanted if num_wanted else 0.0) if name == "Hit" else (sums[name] / len(y_true) if y_true else 0.0)
            out[name].append(f"{name}@{k}: {round(float(value), 4)}")
    return out


def ndcg_score(y_true: Lists, y_pred: Lists, topKs: Sequence[int] | None = None) -> list[str]:
    """Mean over users of DCG@K by the DCG of the best list there is, as ["NDCG@5: 0.1234"], a text for each K (5 unless given). Gains are binary, 1 / log2(rank + 1).

    y_true, y_pred: dicts from a user to his wanted items and to his list, best first. Raises ValueError where their users differ and for a K below 1.
    """
    return topk_metrics(y_true, y_pred, topKs)["NDCG"]


def hit_score(y_true: Lists, y_pred: Lists, topKs: Sequence[int] | None = None) -> list[str]:
    """Share of all wanted items that stand in their user's list of K, from 0 to 1, as ["Hit@5: 0.1234"]: not of users with a hit. Arguments and errors as ndcg_score."""
    return topk_metrics(y_true, y_pred, topKs)["Hit"]


def mrr_score(y_true: Lists, y_pred: Lists, topKs: Sequence[int] | None = None) -> list[str]:
    """Mean over users of 1 / rank of the first wanted item in the list of K, 0 where there is none, as ["MRR@5: 0.1234"]. Arguments and errors as ndcg_score."""
    return topk_metrics(y_true, y_pred, topKs)["MRR"]


def recall_score(y_true: Lists, y_pred: Lists, topKs: Sequence[int] | None = None) -> list[str]:
    """Mean over users of the share of a user's wanted items in the list of K, from 0 to 1, as ["Recall@5: 0.1234"]. Arguments and errors as ndcg_score."""
    return topk_metrics(y_true, y_pred, topKs)["Recall"]


def precision_score(y_true: Lists, y_pred: Lists, topKs: Sequence[int] | None = None) -> list[str]:
    """Mean over users of the share of the K places with a wanted item, from 0 to 1, as ["Precision@5: 0.1234"]. Arguments and errors as ndcg_score."""
    return topk_metrics(y_true, y_pred, topKs)["Precision"]


def diversity_score(y_pred: Lists, item_embeddings: Any, topKs: Sequence[int] | None = None) -> Texts:
    """Mean distance (1 - cosine) of two items of a list, over the users whose list has two with a vector. As {"Diversity": ["Diversity@5: 0.1234"]}, from 0 to 2.

    item_embeddings: a dict from item to vector [dim], or an array [items, dim] by item. 0 where no list has two. ValueError for a K below 1.
    """
    out: Texts = {"Diversity": []}
    for k in _cuts(topKs):
        means = []
        for items in y_pred.values():
            has_vector = (lambda item: item in item_embeddings) if isinstance(item_embeddings, Mapping) else (lambda item: 0 <= item < len(item_embeddings))
            vectors = np.array([np.asarray(item_embeddings[item], dtype=np.float64) for item in items[:k] if has_vector(item)])
            if len(vectors) < 2:
                continue
            vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-10)
            means.append((1 - vectors @ vectors.T)[np.triu_indices(len(vectors), 1)].mean())
        out["Diversity"].append(f"Diversity@{k}: {round(float(np.mean(means)), 4) if means else 0.0}")
    return out


def coverage_score(y_pred: Lists, all_items: Collection[Any], topKs: Sequence[int] | None = None) -> Texts:
    """Share of all items that stand in some list of K, as {"Coverage": ["Coverage@5: 0.1234"]}. ValueError for a K below 1, ZeroDivisionError without items."""
    return {"Coverage": [f"Coverage@{k}: {round(len({item for items in y_pred.values() for item in items[:k]}) / len(all_items), 4)}" for k in _cuts(topKs)]}


def novelty_score(y_pred: Lists, item_popularity: Mapping[Any, float], topKs: Sequence[int] | None = None) -> Texts:
    """Mean over users of the mean -log2 of the popularity (share of events, above 0 to 1; 1e-10 where unknown) of a list's items, in bits.

    As {"Novelty": ["Novelty@5: 0.1234"]}; lists without items do not count. ValueError for a K below 1.
    """
    out: Texts = {"Novelty": []}
    for k in _cuts(topKs):
        means = [np.mean([-np.log2(max(item_popularity.get(item, 1e-10), 1e-10)) for item in items[:k]]) for items in y_pred.values() if len(items) > 0]
        out["Novelty"].append(f"Novelty@{k}: {round(float(np.mean(means)), 4) if means else 0.0}")
    return out


def _cuts(topKs: Sequence[int] | None) -> list[int]:
    if topKs is None:
        return [5]
    if not isinstance(topKs, (tuple, list)) or any(k < 1 for k in topKs):
        raise ValueError(f"topKs should be a list of whole numbers of 1 or more, got {topKs!r}")
    return list(topKs)


def _pair(y_true: Any, y_pred: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    labels, scores = np.asarray(y_true, dtype=np.float64), np.asarray(y_pred, dtype=np.float64)
    if labels.shape != scores.shape or labels.ndim != 1 or labels.size == 0:
        raise ValueError(f"y_true and y_pred should be one number a row each, got {labels.shape} and {scores.shape}")
    return labels, scores
