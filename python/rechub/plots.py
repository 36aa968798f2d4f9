"""Plots of fitted models for notebooks and reports. Each draws on `ax`, or on a new figure, and returns its axes.

All raise ImportError without matplotlib, ValueError for what is no fitted model, and NotFittedError for one that has learnt nothing yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rechub._data import one_or_several
from rechub._recommender import Recommender

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from rechub._evaluation import Evaluation

Models = Recommender | Sequence[Recommender] | Mapping[str, Recommender]


_OF_TRAINING = ("train_loss", "seconds", "events_per_second", "learning_rate", "evaluation_seconds")  # in a model's history_; all others are metrics on the validation cases


def learning_curves(models: Models, metric: str | None = None, *, ax: Axes | None = None) -> Axes:
    """The metric on the validation cases, or a figure of training, after each epoch, with a dot where the weights that were kept come from.

    metric: one of the model's history_ ("train_loss", "NDCG@10", ...); None: the one that chose the weights. ValueError for one that is not among them, and where training was
        ended in the first epoch.
    """
    named = _named(models)
    ax = _axes(ax)
    from matplotlib.ticker import MaxNLocator

    for name, model in named.items():
        if not model.history_:
            raise ValueError(f"{name} ended in the first epoch: its history is empty")
        shown = metric or model.get_params()["metric"]
        points = [(epoch["epoch"], epoch[shown]) for epoch in model.history_ if shown in epoch]
        if not points:
            raise ValueError(f"the history of {name} has no {shown}; it has {', '.join(key for key in model.history_[0] if key != 'epoch')}")
        epochs, values = zip(*points)
        (line,) = ax.plot(epochs, values, label=name)
        kept = model.metrics_["training"]["best_epoch"]
        if kept in epochs:
            ax.plot([kept], [values[epochs.index(kept)]], "o", color=line.get_color())
        ax.set_ylabel(shown if shown in _OF_TRAINING else f"{shown} on the validation cases")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("epoch")
    ax.legend(frameon=False)
    return ax


def metric_bars(found: Evaluation, metric: str = "NDCG@10", *, ax: Axes | None = None) -> Axes:
    """A metric of a model and of those it was judged beside (baselines, against), best on top, with their 95 % intervals over users.

    Raises ValueError for what is no evaluation, KeyError for a metric that it has not."""
    from rechub._evaluation import Evaluation

    if not isinstance(found, Evaluation):
        raise ValueError(f"found: expected what evaluate returns, got {found!r}")
    rows = sorted([(one[metric], one.intervals.get(metric), name) for name, one in {found.name: found, **found.others}.items()], key=lambda row: row[0])
    ax = _axes(ax, height=0.8 + 0.4 * len(rows))
    for place, (value, interval, name) in enumerate(rows):
        ax.barh(place, value, color="tab:blue" if name == found.name else "0.75", height=0.7)
        if interval is not None:
            ax.plot(interval, [place, place], color="black", linewidth=1.2)
        ax.annotate(f" {value:.3f}", (interval[1] if interval is not None else value, place), va="center", fontsize="small")
    ax.set_yticks(range(len(rows)), [name for _, _, name in rows])
    ax.set_xlabel(metric)
    ax.margins(x=0.12)
    return ax


def item_map(model: Recommender, groups: Mapping[Any, str] | pd.Series[Any] | None = None, *, method: str = "pca", largest: int = 8, ax: Axes | None = None) -> Axes:
    """The catalogue in two dimensions, an item a dot: what lies close together is similar to the model.

    Args:
        groups: a name by item id, for the colours; the `largest` groups have one of their own, the others are grey.
        method: "pca": the two directions in which the vectors differ most, a linear view that keeps large distances; "tsne" (scikit-learn): neighbours stay together,
            but distances between clusters and their sizes mean nothing. ValueError for another.
    """
    model = _model(model, "model")
    vectors = model.item_vectors()
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    if method == "pca":
        centred = vectors - vectors.mean(axis=0)
        left, size, _ = np.linalg.svd(centred, full_matrices=False)
        places = left[:, :2] * size[:2]
        axes = [f"{100 * share:.0f} % of the variance" for share in size[:2] ** 2 / (size**2).sum()]
    elif method == "tsne":
        from sklearn.manifold import TSNE

        places = TSNE(init="pca", perplexity=min(30, (len(vectors) - 1) / 3), random_state=1).fit_transform(vectors)
        axes = ["", ""]
    else:
        raise ValueError(f"method must be pca or tsne, got '{method}'")
    ax = _axes(ax)
    found = dict(groups.items()) if groups is not None else {}
    names = np.array([str(found.get(item, "")) for item in model.item_ids().tolist()])
    counts = {name: int((names == name).sum()) for name in np.unique(names) if name}
    shown = sorted(counts, key=lambda name: -counts[name])[:largest]
    others = ~np.isin(names, shown)
    ax.scatter(places[others, 0], places[others, 1], s=6, color="0.8", label="others" if shown and others.any() else None, linewidths=0)
    for name in shown:
        ax.scatter(places[names == name, 0], places[names == name, 1], s=8, label=f"{name} ({counts[name]})", linewidths=0)
    ax.set(xlabel=axes[0], ylabel=axes[1], xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    if shown:
        ax.legend(frameon=False, markerscale=2.5, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def list_overlap(models: Models | Mapping[str, Recommender | pd.DataFrame], users: Any = None, k: int = 10, *, ax: Axes | None = None, **options: Any) -> Axes:
    """How many of the first k items two models' lists have in common, in percent, as the mean over users.

    Frames as `recommend` gives them may stand beside models; options: those of recommend.
    """
    lists = {}
    for name, one in _named(models, has_lists=True).items():
        frame = one.recommend(users, k, **options) if isinstance(one, Recommender) else one[one["rank"] <= k]
        lists[name] = {user: set(items) for user, items in frame.groupby("user")["item"]}
    shares = np.array([[100 * np.mean([len(one[user] & other.get(user, set())) / len(one[user]) for user in one]) for other in lists.values()] for one in lists.values()])
    ax = _axes(ax)
    ax.imshow(shares, vmin=0, vmax=100, cmap="Blues")
    for row, values in enumerate(shares):
        for column, value in enumerate(values):
            ax.text(column, row, f"{value:.0f}", ha="center", va="center", color="white" if value > 60 else "black")
    ax.set_xticks(range(len(lists)), list(lists), rotation=30, ha="right")
    ax.set_yticks(range(len(lists)), list(lists))
    ax.set_title(f"common items of the first {k}, %", fontsize="medium")
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return ax


def popularity(models: Models, events: Any, users: Any = None, k: int = 10, *, ax: Axes | None = None, **options: Any) -> Axes:
    """What share of the recommendations the most popular part of the catalogue makes, beside its share of the events.

    A curve above the grey one shows popular items more than they are used. events: the item of each event (a column of the log); options: those of recommend.
    """
    import pandas as pd

    named = _named(models)
    ax = _axes(ax)
    for name, model in named.items():
        counts = pd.Series(np.asarray(events)).value_counts().reindex(model.item_ids(), fill_value=0).sort_values(ascending=False)
        shown = model.recommend(users, k, **options)["item"].value_counts().reindex(counts.index, fill_value=0)
        part = 100 * np.arange(1, len(counts) + 1) / len(counts)
        if not ax.lines:
            ax.plot(part, 100 * counts.cumsum() / counts.sum(), color="0.6", linewidth=3, label="events")
        ax.plot(part, 100 * shown.cumsum() / shown.sum(), label=f"{name} ({(shown > 0).sum():,} different items)")
    ax.set(xlabel="most popular part of the catalogue, %", ylabel=f"share of the first {k}, %", xlim=(0, 100), ylim=(0, 101))
    ax.legend(frameon=False, loc="lower right")
    return ax


def _axes(ax: Axes | None, height: float = 4) -> Axes:
    if ax is None:
        try:
            from matplotlib import pyplot
        except ImportError as error:
            raise ImportError("rechub.plots needs matplotlib: pip install matplotlib") from error
        _, ax = pyplot.subplots(figsize=(6.4, height), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


_MODEL = "a fitted model (rechub.load opens a bundle)"


def _model(one: Any, argument: str) -> Recommender:
    if not isinstance(one, Recommender):
        raise ValueError(f"{argument}: expected {_MODEL}, got {one!r}")
    one._fitted()
    return one


def _named(models: Any, has_lists: bool = False) -> dict[str, Any]:
    """By name; those of one class are told apart by their settings."""
    if isinstance(models, Mapping):
        return {name: one if has_lists and hasattr(one, "groupby") else _model(one, f"models['{name}']") for name, one in models.items()}
    several = one_or_several(models, lambda one: isinstance(one, Recommender), "models", _MODEL)
    for one in several:
        one._fitted()
    names = [type(one).__name__ for one in several]
    return {name if names.count(name) == 1 else repr(one): one for name, one in zip(names, several)}
