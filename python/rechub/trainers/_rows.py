"""Whatever MatchTrainer is given rows in, as loaders of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rechub._data import as_array
from rechub._runtime import engine
from rechub.models.matching import MatchModel
from rechub.utils._columns import Array, as_arrays, as_rows
from rechub.utils.data import DataLoader, PredictDataset, TorchDataset, make_dataloader

FORMS = "a loader of MatchDataGenerator or make_dataloader, or a torch DataLoader"


def as_loader(rows: Any, model: MatchModel, what: str, is_ordered: bool = False) -> DataLoader:
    """A loader whose columns are those the model reads; `is_ordered`: its rows stand in the order of `rows`. ValueError for other things, and for a feature whose column holds no
    numbers."""
    loader = rows if isinstance(rows, DataLoader) else _from_torch(rows, what, is_ordered)
    if model.target_column is not None:
        loader = _with_target(loader, model)
    loader.columns.check_readable([*model.user_features, *model.item_features])
    return loader


def _from_torch(rows: Any, what: str, is_ordered: bool) -> DataLoader:
    dataset: Any = getattr(rows, "dataset", None)
    batch_size, num_workers = getattr(rows, "batch_size", None) or 256, getattr(rows, "num_workers", 0)
    if type(dataset) in (TorchDataset, PredictDataset) and _gives_every_row(rows, is_ordered):
        return make_dataloader(dataset.x, getattr(dataset, "y", None), batch_size, num_workers)
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
            columns.setdefault(name, []).append(as_array(values, f"{what}: {name}"))
        if y is not None:
            labels.append(as_array(y, f"{what}: y"))
        num_batches += 1
    for name, parts in columns.items():
        if len(parts) != num_batches:
            raise ValueError(f"{what}: {len(parts)} of {num_batches} batches have a column '{name}'")
    return make_dataloader({name: _joined(parts) for name, parts in columns.items()}, np.concatenate(labels) if labels else None, batch_size, num_workers)


def _gives_every_row(rows: Any, is_ordered: bool) -> bool:
    """Whether a torch DataLoader goes through its whole data set, each row once and as it is, so that the columns can be read instead. A trainer draws its own order."""
    import torch.utils.data as torch_data

    if not isinstance(rows, torch_data.DataLoader) or rows.drop_last or rows.collate_fn is not torch_data.default_collate:
        return False
    if rows.batch_sampler is not None and rows.batch_size is None:  # batches of its own
        return False
    sampler: Any = rows.sampler
    is_known = type(sampler) is torch_data.SequentialSampler or not is_ordered and type(sampler) is torch_data.RandomSampler and not sampler.replacement
    return is_known and len(sampler) == len(rows.dataset)  # type: ignore[arg-type]


def _joined(parts: list[Array]) -> Any:
    """Batches one behind the other; lists that were padded batch by batch to a width each stay lists."""
    if len({part.shape[1:] for part in parts}) == 1:
        return np.concatenate(parts)
    return [row for part in parts for row in part]


def _with_target(loader: DataLoader, model: MatchModel) -> DataLoader:
    """The rows with a column of the item, for a model whose data has none: labels that are items, or one item for each event of the list."""
    item, target = model.item_features[0].name, str(model.target_column)
    if target == "y":
        if item in loader.x or loader.y is None:
            return loader
        return _rebuilt({**loader.x, item: loader.y}, loader, model)
    seen, wanted = loader.x.get(model.history), loader.x.get(target)
    if seen is None or wanted is None:
        return loader
    lists = [as_arrays(seen, model.history), as_arrays(wanted, target)]
    if any(isinstance(one, np.ndarray) and one.ndim == 1 for one in lists):
        return loader
    return _rebuilt(_one_row_an_event(as_rows(lists[0]), as_rows(lists[1]), model), loader, model)


def _one_row_an_event(seen: list[Any], wanted: list[Any], model: MatchModel) -> dict[str, Any]:
    """Each event's target with the events before it and itself, as long as the model reads them."""
    history: list[Any] = []
    targets: list[Any] = []
    longest = int(model._handle.max_length)
    for row, (events, items) in enumerate(zip(seen, wanted)):
        if len(events) != len(items):
            raise ValueError(f"{model.target_column}, row {row}: {model.history} has {len(events)} events, {model.target_column} {len(items)}: it needs one for each")
        for place in np.flatnonzero(items):
            history.append(events[max(0, place + 1 - longest) : place + 1])
            targets.append(items[place])
    return {model.history: history, model.item_features[0].name: np.array(targets)}


def _rebuilt(x: dict[str, Any], loader: DataLoader, model: MatchModel) -> DataLoader:
    rows = make_dataloader(x, None, loader.batch_size, loader.num_workers)
    items = loader.catalogue
    if items is not None and all(feature.name in items for feature in model.item_features):
        generator = engine().MatchDataGenerator(rows.columns.usable())
        handles = generator.generate_dataloader(items.usable(), items.usable(), loader.batch_size, loader.num_workers)
        rows = DataLoader(rows.columns, None, handles[0], loader.batch_size, loader.num_workers, items)
    return rows
