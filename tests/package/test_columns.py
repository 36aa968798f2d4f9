"""Columns in odd clothes: what trainers and batches make of them, and what is said to those that cannot be read."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, SequentialSampler, SubsetRandomSampler

from rechub.basic.features import SequenceFeature
from rechub.models.matching import SASRec
from rechub.trainers._rows import as_loader
from rechub.utils._columns import as_arrays, as_rows
from rechub.utils.data import PredictDataset, TorchDataset, make_dataloader
from seed_data import sasrec, trainer


# Rows of torch's loaders


@pytest.mark.parametrize(
    ("settings", "rows"),
    [
        ({"sampler": SubsetRandomSampler(range(100))}, range(100)),
        ({"sampler": SequentialSampler(range(70))}, range(70)),
        ({"sampler": range(5, 50)}, range(5, 50)),
        ({"batch_size": 64, "drop_last": True}, range(384)),
        ({"batch_sampler": BatchSampler(range(90), 30, False)}, range(90)),
        ({"sampler": RandomSampler(range(400), num_samples=30)}, None),
        ({"sampler": RandomSampler(range(400), replacement=True)}, None),
        ({"shuffle": True}, range(400)),
        ({}, range(400)),
    ],
)
def test_a_sampler_of_torch_is_heeded(walks, settings, rows):
    x = {**walks[0], "place": np.arange(400)}
    loader = as_loader(DataLoader(TorchDataset(x, np.arange(400.0)), **settings), sasrec(), "rows")
    found = np.asarray(loader.x["place"])
    np.testing.assert_array_equal(loader.y, found)
    np.testing.assert_array_equal(np.asarray(loader.x["item_id"]), walks[0]["item_id"][found])
    if rows is not None:
        assert sorted(found) == list(rows)
    elif settings["sampler"].replacement:
        assert len(set(found)) < len(found) == 400
    else:
        assert len(set(found)) == 30


def test_what_a_loader_makes_of_rows_is_what_is_read(walks):
    class Doubled(TorchDataset):
        def __getitem__(self, index):
            return {"place": 2 * self.x["place"][index]}, self.y[index]

    x = {"place": np.arange(6)}
    collate = lambda rows: {"place": torch.tensor([2 * row["place"] for row in rows])}  # noqa: E731
    for loader in (DataLoader(Doubled(x, np.ones(6))), DataLoader(PredictDataset(x), collate_fn=collate)):
        assert np.asarray(as_loader(loader, sasrec(), "rows").x["place"]).tolist() == [0, 2, 4, 6, 8, 10]


def test_answers_stand_in_the_order_of_the_loader(walks):
    x = walks[0]
    one = trainer(sasrec())
    rows = [torch.manual_seed(3), list(RandomSampler(range(400), generator=torch.Generator().manual_seed(3)))][1]
    shuffled = lambda data: DataLoader(data, batch_size=64, sampler=RandomSampler(range(400), generator=torch.Generator().manual_seed(3)))  # noqa: E731
    scores, vectors = one.predict(make_dataloader(x)), one.inference_embedding(one.model, "user", make_dataloader(x))
    np.testing.assert_allclose(one.predict(shuffled(TorchDataset(x, np.ones(400)))), scores[rows], rtol=1e-5)
    np.testing.assert_allclose(one.inference_embedding(one.model, "user", shuffled(PredictDataset(x))), vectors[rows], rtol=1e-4, atol=1e-6)


# Batches


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0.5, 1.5], [2.5]], [[0.5, 1.5], [2.5, 0]]),
        (pd.Series([[0.5], [1.5, 2.5]]), [[0.5, 0], [1.5, 2.5]]),
        (np.array([3, 4], dtype=object), [3, 4]),
        (np.array([3, 4], dtype=">i8"), [3, 4]),
        (np.array([[1.5, 2], [3, 4]], dtype=">f4"), [[1.5, 2], [3, 4]]),
        (pd.Series([3, 4], index=[7, 8]), [3, 4]),
        (pa.chunked_array([[[1]], [[2, 3]]]), [[1, 0], [2, 3]]),
        ((3, 4), [3, 4]),
    ],
)
def test_batches_hold_what_was_given(values, expected):
    (batch,) = make_dataloader({"c": values}, batch_size=2)
    assert batch["c"].tolist() == expected


def test_labels_may_be_big_endian():
    ((_, labels),) = make_dataloader({"c": [1, 2]}, np.array([0.25, 1], dtype=">f8"))
    assert labels.tolist() == [0.25, 1]


# The list form of SASRec


@pytest.mark.parametrize("form", ["pandas", "arrow", "torch", "lists"])
def test_a_target_for_each_event_in_every_form(form):
    seen, wanted = [[0, 1, 2], [0, 0, 5]], [[0, 2, 3], [0, 0, 6]]
    columns = {
        "pandas": pd.DataFrame({"seq": seen, "pos": wanted}, index=[10, 11]),
        "arrow": pa.table({"seq": seen, "pos": wanted}),
        "torch": {"seq": torch.tensor(seen), "pos": torch.tensor(wanted)},
        "lists": {"seq": seen, "pos": wanted},
    }[form]
    model = SASRec([SequenceFeature(name, 8, 4) for name in ("seq", "pos", "neg")], num_blocks=1)
    loader = as_loader(make_dataloader(columns), model, "rows")
    assert np.asarray(loader.x["pos"]).tolist() == [2, 3, 6]
    assert [[item for item in row if item] for row in as_rows(as_arrays(loader.x["seq"], "seq"))] == [[1], [1, 2], [5]]
    trainer(model, n_epoch=1, validation_share=0).fit(make_dataloader(columns))


# What cannot be read


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (pa.array([[1], [2, None]]), "c, row 1: there is no value"),
        (pa.array([[1], [2], [3, None]]).slice(1), "c, row 1: there is no value"),
        (pa.array([[1, 2], [3, None]], pa.list_(pa.int64(), 2)), "c, row 1: there is no value"),
        (pa.array([[[1], [2]]], pa.list_(pa.list_(pa.int64()), 2)), "c: expected one number or one list a row, got lists of lists"),
        (pa.array([[[1], [2]]], pa.list_(pa.list_(pa.int64(), 1), 2)), "c: expected one number or one list a row, got lists of lists"),
        (pa.array([[[1], [2]]]), "c: expected one number or one list a row, got lists of lists"),
        (pa.array([["a"]]), "c: expected numbers, got string"),
        (torch.ones(2, dtype=torch.bfloat16), "c: NumPy cannot hold this tensor of torch.bfloat16"),
        (torch.ones(2, 2).to_sparse(), "c: NumPy cannot hold this tensor of torch.float32, torch.sparse_coo"),
    ],
)
def test_what_cannot_be_read_is_named(values, says):
    with pytest.raises(ValueError) as caught:
        make_dataloader({"c": values})
    assert says in str(caught.value)


def test_a_slice_of_arrow_is_read_by_itself():
    lists = pa.array([[None], [1, 2], [], [3]])
    numbers, offsets = as_arrays(lists.slice(1), "c")
    assert numbers.tolist() == [1, 2, 3] and offsets.tolist() == [0, 2, 2, 3]
    fixed = pa.array([[9, None], [1, 2]], pa.list_(pa.int64(), 2))
    assert as_arrays(fixed.slice(1), "c").tolist() == [[1, 2]]
