"""How good a model is: exact ranking over the whole catalogue, with intervals over users and the protocol beside every figure."""

from __future__ import annotations

import html
import json
import os
import pathlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rechub._data import Tables, as_names, is_path, one_or_several
from rechub._recommender import Recommender
from rechub._runtime import command, quiet_results
from rechub._words import option_words

if TYPE_CHECKING:
    import pandas as pd


class Evaluation(Mapping[str, float]):
    """Metrics by name ("NDCG@10"), with `intervals` (95 %, by name), `protocol` and, where others were judged beside the model, `others`: their evaluations by name, with
    `difference`: by metric (model - other, low, high) over paired users.

    Metrics stand in the order of METRICS, others behind them, and of their cut-offs. Printed, they have their intervals and the protocol beside them."""

    def __init__(self, answer: dict[str, Any], name: str) -> None:
        self.name = name
        self.metrics: dict[str, float] = {metric: answer["metrics"][metric] for metric in sorted(answer["metrics"], key=place_of_metric)}
        self.intervals: dict[str, list[float]] = answer.get("intervals", {})
        self.protocol: dict[str, Any] = answer["protocol"]
        self.difference: dict[str, list[float]] = answer.get("difference", {})
        self.details = answer
        self.others = {other: Evaluation({"protocol": self.protocol, **found}, other) for other, found in answer.get("others", {}).items()}

    def __getitem__(self, metric: str) -> float:
        return self.metrics[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self.metrics)

    def __len__(self) -> int:
        return len(self.metrics)

    def to_frame(self) -> pd.DataFrame:
        """A row a model, a column a metric."""
        import pandas as pd

        return pd.DataFrame([one.metrics for one in (self, *self.others.values())], index=pd.Index([self.name, *self.others], name="model"))

    def __repr__(self) -> str:
        return "\n".join([self._table().to_string(), *self._protocols()])

    def _repr_html_(self) -> str:
        return self._table().to_html() + "".join(f"<p>{html.escape(line)}</p>" for line in self._protocols())

    def _table(self) -> pd.DataFrame:
        """A row a metric, a column a model, as texts with intervals."""
        import pandas as pd

        models = {one.name: one for one in (self, *self.others.values())}
        return pd.DataFrame({name: {metric: one._text(metric) for metric in self.metrics} for name, one in models.items()})

    def _text(self, metric: str) -> str:
        if metric not in self.metrics:
            return ""
        low, high = self.intervals.get(metric, (None, None))
        return f"{self.metrics[metric]:.4f}" + ("" if low is None else f" [{low:.4f}, {high:.4f}]")

    def _protocols(self) -> list[str]:
        """One line for all, or one a model, as ties are the models' own."""
        lines = {one.name: str(one.details["protocol_line"]) for one in (self, *self.others.values())}
        return [self.details["protocol_line"]] if len(set(lines.values())) == 1 else [f"{name}: {line}" for name, line in lines.items()]


METRICS = ("NDCG", "Recall", "Hit", "MRR", "Precision")  # of how well lists are ranked, the most telling first


def place_of_metric(metric: str) -> tuple[int, str, int]:
    """What metrics are sorted by: those of METRICS first, @5 before @10."""
    name, _, cutoff = metric.partition("@")
    return METRICS.index(name) if name in METRICS else len(METRICS), name, int(cutoff or 0)


def evaluate(
    model: Recommender | str | os.PathLike[str],
    data: Any = None,
    *,
    split: str = "test",
    baselines: str | Sequence[str] = (),
    against: Any = (),
    index: str = "",
    **options: Any,
) -> Evaluation:
    """Judges a fitted model, or a bundle, by exact full ranking.

    Args:
        data: judge on these events instead of the model's own: as events of fit.
        split: which cases: "valid" or "test".
        baselines: recommenders to judge beside it, one or several: "popularity", "item_knn", "own_favourites", "ease".
        against: another model or bundle of the same data, or several of them, compared user by user; a dict gives them names of your own.
        index: also judge what this index returns ("HNSW32").
        options: as `rechub evaluate --help` lists them: k=[10, 20], seen="keep", slices=True, beyond_accuracy=True, bootstrap=1000, ...

    Raises:
        ValueError: options or data that do not fit, an unknown baseline, a bundle of other data in `against`, nothing to judge.
        PathNotFoundError: a bundle or file that is not there.
        NotFittedError: a model that has learnt nothing yet.
    """
    name, bundle = _bundle_of(model, "model")
    baselines = as_names(baselines, "baselines", "a recommender's name")
    words = ["evaluate", bundle, "--split", split]
    words += [f"--baselines={one}" for one in baselines] + ([f"--index={index}"] if index else [])
    with tempfile.TemporaryDirectory(prefix="rechub-") as folder, Tables() as tables, quiet_results():
        answer = pathlib.Path(folder) / "evaluation.json"
        words += [f"--against={path}" for path in _links(folder, against, {name, *baselines})]
        if data is not None:
            words += ["--data", tables.path(data, "data")]
        command([*words, *option_words(tables, options), "--quiet", "--json", str(answer)])
        return Evaluation(json.loads(answer.read_text()), name)


def _links(folder: str, against: Any, taken: set[str]) -> list[str]:
    """Bundles under names that tell them apart: the program knows a bundle by its path, and those of fitted models are all called alike."""
    links = []
    several = against.items() if isinstance(against, Mapping) else ((None, one) for one in one_or_several(against, _is_model, "against", _MODEL))
    for given, other in several:
        name, path = _bundle_of(other, "against")
        wanted, number = str(given or name), 1
        if set(wanted) & set(",/"):
            raise ValueError(f"a name of against holds neither comma nor slash, got '{wanted}'")
        name = wanted
        while name in taken:
            number += 1
            name = f"{wanted} {number}"
        taken.add(name)
        links.append(os.path.join(folder, name))
        os.symlink(os.path.abspath(path), links[-1])
    return links


_MODEL = "a fitted model or the path of a bundle"


def _is_model(one: Any) -> bool:
    return isinstance(one, Recommender) or is_path(one)


def _bundle_of(model: Any, argument: str) -> tuple[str, str]:
    if not _is_model(model):
        raise ValueError(f"{argument}: expected {_MODEL}, got {model!r}")
    if isinstance(model, Recommender):
        model._fitted()
        return type(model).__name__, str(model.bundle_)
    path = pathlib.Path(model)
    return path.name.split(".")[0], str(path)
