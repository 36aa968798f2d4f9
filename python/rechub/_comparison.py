"""Several models on one data set, with a report page."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rechub._data import Tables, as_names
from rechub._evaluation import place_of_metric
from rechub._runtime import command, quiet_results
from rechub._words import option_words

if TYPE_CHECKING:
    import pandas as pd


def compare(
    events: Any, models: str | Sequence[str] = "all", *, out: str | os.PathLike[str], user_features: Any = None, item_features: Any = None, verbose: bool = True, **options: Any
) -> pd.DataFrame:
    """Trains and judges several models on one data set, as `rechub compare` does, and writes OUT/index.html: tables with intervals and paired differences, learning curves,
    overlap and fusion of the lists.

    Args:
        events, user_features, item_features: as those of Recommender.fit.
        models: "all" or names as "sasrec", "gru4rec" (`rechub info --models`).
        out: directory of the report and the bundles (OUT/models/NAME); one that is there is gone on with.
        options: as `rechub compare --help` lists them: baselines=[...], epochs=20, user_col=..., ...

    Returns a DataFrame with a row a model, best first, and a column a metric, those of ranking (NDCG, Recall, Hit, MRR, Precision) first.
    Models that cannot be trained on these data are left out, with a warning.

    Raises:
        ValueError: data or options that do not fit, an unknown model or baseline, an `out` that holds models of other settings or data (overwrite=True trains them again).
        PathNotFoundError: a file that is not there.
    """
    wanted = ",".join(as_names(models, "models", "the name of a model"))
    with Tables() as tables, quiet_results():
        words = ["compare", "--models", wanted, "--out", os.fspath(out), "--data", tables.path(events, "events")]
        words += option_words(tables, options, user_features=user_features, item_features=item_features)
        command(words + ([] if verbose else ["--quiet"]))
    return read_report(pathlib.Path(out))


def read_report(out: pathlib.Path) -> pd.DataFrame:
    """The metrics of OUT/report.json."""
    import pandas as pd

    report = json.loads((out / "report.json").read_text())
    rows = {one["name"]: one["metrics"] for one in report["models"]}
    metrics = sorted({metric for row in rows.values() for metric in row}, key=place_of_metric)
    frame = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=metrics).rename_axis("model")
    return frame.sort_values(report["metric"], ascending=False)
