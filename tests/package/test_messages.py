"""Messages speak of what was called: arguments, the data and paths of one's own, never of flags or of folders inside."""

import errno
import pickle
import re

import pytest

import rechub
from rechub import datasets
from rechub.utils.data import ParquetIterableDataset
from rechub.utils.quantization import quantize_model
from seed_data import SMALL, sasrec


@pytest.mark.parametrize(
    "call",
    [
        lambda: rechub.load("/nowhere"),
        lambda: rechub.load("/tmp"),
        lambda: rechub.evaluate("/nowhere"),
        lambda: rechub.STAMP(**SMALL).fit("/nowhere.csv", verbose=False),
        lambda: rechub.run("recommend", "/nowhere", "--user", "u1"),
        lambda: datasets.atomic("/nowhere"),
        lambda: ParquetIterableDataset("/nowhere.parquet"),
        lambda: sasrec().load("/nowhere"),
        lambda: quantize_model("/nowhere.onnx", "/nowhere/small.onnx"),
    ],
)
def test_a_path_that_is_not_there_is_a_missing_file(call):
    for kind in (FileNotFoundError, KeyError):
        with pytest.raises(kind, match="^(cannot open )?(/nowhere|/tmp)") as caught:
            call()
        assert isinstance(caught.value, rechub.PathNotFoundError) and caught.value.errno == errno.ENOENT
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_an_id_or_name_that_is_not_there_is_no_missing_file(model):
    for call, says in (
        (lambda: model.similar_items("x"), "there is no item 'x'"),
        (lambda: rechub.run("recommend", model.bundle_, "--user", "nobody"), "there is no user 'nobody'"),
        (lambda: sasrec().load_state_dict({"x": [1.0]}), "the model has no tensor x"),
    ):
        with pytest.raises(rechub.NotFoundError, match=f"^{says}") as caught:
            call()
        assert not isinstance(caught.value, OSError)


@pytest.mark.parametrize(
    ("rows", "options", "says"),
    [
        (1, {}, "split 'leave-one-out' leaves nothing to judge (leave-one-out needs 3 events of a user; users in the data: 1, most events of one: 1)"),
        (1, {"split": "time:0.8,0.1,0.1"}, "split 'time:0.8,0.1,0.1' leaves nothing to train on (events in the data: 1, users: 1)"),
    ],
)
def test_too_little_data_is_told_of_the_data(columns, rows, options, says):
    with pytest.raises(ValueError) as caught:
        rechub.STAMP(**SMALL).fit({name: values[:rows] for name, values in columns.items()}, verbose=False, **options)
    assert str(caught.value) == says


def test_a_feature_of_data_without_any_says_what_to_do(model):
    with pytest.raises(ValueError, match=re.escape("diversity_feature: there is no item feature 'colour', as the data set has no sparse one: prepare or fit with a table of them")):
        model.recommend("u1", diversity=0.1, diversity_feature="colour")
