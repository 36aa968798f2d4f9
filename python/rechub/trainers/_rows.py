"""Whatever MatchTrainer is given rows in, as loaders of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rechub._runtime import engine
from rechub.models.matching import MatchModel
from rechub.utils.data import DataLoader, PredictDataset, TorchDataset, make_dataloader

FORMS = "a loader of MatchDataGenerator or make_dataloader, or a torch DataLoader"


def as_loader(rows: Any, model: MatchModel, what: str) -> DataLoader:
    """A loader whose columns are those the model reads. ValueError for other things, and for a feature whose column holds no numbers."""
    loader = rows if isinstance(rows, DataLoader) else _from_torch(rows, what)
    if model.target_column is not None:
        loader = _with_target(loader, model)
    loader.columns.check_readable([*model.user_features, *model.item_features])
    return loader


def _from_torch(rows: Any, what: str) -> DataLoader:
    dataset = getattr(rows, "dataset", None)
    batch_size, num_workers = getattr(rows, "batch_size", None) or 256, getattr(rows, "num_workers", 0)
    if isinstance(dataset, TorchDataset):
        return make_dataloader(dataset.x, dataset.y, batch_size, num_workers)
    if isinstance(dataset, PredictDataset):
        return make_dataloader(dataset.x, None, batch_size, num_workers)
    if isinstance(rows, (str, bytes, Mapping)) or not hasattr(rows, "__iter__"):
        raise ValueError(f"{what}: expected {FORMS}; got {type(rows).__name__}")
    columns: dict[str, list[Any]] = {}
    labels: list[Any] = []
    num_batches = 0
    for batch in rows:
        x, y = batch if isinstance(batch, (tuple, list)) and len(batch) == 2 else (batch, None)
        if not isinstance(x, Mapping):
            raise ValueError(f"{what}: a batch should be a dict of columns, or a pair of one and labels; got {type(x).__name__}")
        for name, values in x.items():
            columns.setdefault(name, []).append(np.asarray(values))
        if y is not None:
            labels.append(np.asarray(y))
        num_batches += 1
    for name, parts in columns.items():
        if len(parts) != num_batches:
            raise ValueError(f"{what}: {len(parts)} of {num_batches} batches have a column '{name}'")
    return make_dataloader({name: _joined(parts) for name, parts in columns.items()}, np.concatenate(labels) if labels else None, batch_size, num_workers)


def _joined(parts: list[np.ndarray[Any, Any]]) -> Any:
    """Batches one behind the other; lists that were padded batch by batch to a width each stay lists."""
    if len({part.shape[1:] for part in parts}) == 1:
        return np.concatenate(parts)
    return [row for part in parts for row in part]


def _with_target(loader: DataLoader, model: MatchModel) -> DataLoader:
    """The rows with a column of the item, for a model whose data has none: labels that are items, or one item for each event of the list."""
    item, target = model.item_features[0].name, model.target_column
    if target == "y":
        if item in loader.x or loader.y is None:
            return loader
        return _rebuilt({**loader.x, item: loader.y}, loader, model)
    seen, wanted = loader.x.get(model.history), loader.x.get(target or "")
    if seen is None or wanted is None or getattr(wanted, "ndim", 2) == 1 and not _holds_lists(wanted):
        return loader
    return _rebuilt(_one_row_an_event(_rows(seen), _rows(wanted), model, loader), loader, model)


def _holds_lists(values: Any) -> bool:
    return len(values) > 0 and hasattr(values[0], "__len__")


def _rows(values: Any) -> list[Any]:
    return [np.asarray(row) for row in (values.detach().cpu().numpy() if hasattr(values, "detach") else values)]


def _one_row_an_event(seen: list[Any], wanted: list[Any], model: MatchModel, loader: DataLoader) -> dict[str, Any]:
    """Each event's target with the events before it and itself, as long as the model reads them."""
    history: list[Any] = []
    targets: list[int] = []
    rows: list[int] = []
    longest = int(model._handle.max_length)
    for row, (events, items) in enumerate(zip(seen, wanted)):
        if len(events) != len(items):
            raise ValueError(f"{model.target_column}, row {row}: {model.history} has {len(events)} events, {model.target_column} {len(items)}: it needs one for each")
        for place in np.flatnonzero(items):
            history.append(events[max(0, place + 1 - longest) : place + 1])
            targets.append(items[place])
            rows.append(row)
    others = {name: np.asarray(values)[rows] for name, values in loader.x.items() if name in {one.name for one in model.user_features} - {model.history}}
    return {**others, model.history: history, model.item_features[0].name: np.array(targets, dtype=np.int64)}


def _rebuilt(x: dict[str, Any], loader: DataLoader, model: MatchModel) -> DataLoader:
    rows = make_dataloader(x, None, loader.batch_size, loader.num_workers)
    items = loader.catalogue
    if items is not None and all(feature.name in items for feature in model.item_features):
        generator = engine().MatchDataGenerator(rows.columns.usable())
        handles = generator.generate_dataloader(items.usable(), items.usable(), loader.batch_size, loader.num_workers)
        rows = DataLoader(rows.columns, None, handles[0], loader.batch_size, loader.num_workers, items)
    return rows
