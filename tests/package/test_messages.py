"""Messages speak of what was called: arguments, the data and paths of one's own, never of flags or of folders inside."""

import errno
import pickle
import re
import tempfile
import warnings

import pandas as pd
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
        lambda: rechub.load(tempfile.mkdtemp()),
        lambda: rechub.evaluate("/nowhere"),
        lambda: rechub.STAMP(**SMALL).fit("/nowhere.csv", verbose=False),
        lambda: rechub.run("recommend", "/nowhere", "--user", "u1"),
        lambda: datasets.atomic("/nowhere"),
        lambda: ParquetIterableDataset("/nowhere.parquet"),
        lambda: ParquetIterableDataset(tempfile.mkdtemp()),
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


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda columns: rechub.SASRec(dim="x").fit(columns, verbose=False), 'dim must be a whole number, got "x"'),
        (lambda columns: rechub.SASRec(learning_rate="x").fit(columns, verbose=False), 'learning_rate must be a number, got "x"'),
        (lambda columns: rechub.STAMP(**SMALL).fit(columns, min_item_events="x", verbose=False), 'min_item_events must be a whole number, got "x"'),
        (lambda columns: rechub.STAMP(**SMALL).fit(columns, split_seed="x", verbose=False), 'split_seed must be a whole number, got "x"'),
        (lambda columns: rechub.compare(columns, ["stamp"], out="never", epochs="x", verbose=False), 'epochs must be a whole number, got "x"'),
    ],
)
def test_settings_are_called_by_their_keywords(columns, call, says):
    with pytest.raises(ValueError) as caught:
        call(columns)
    assert str(caught.value) == says
    with pytest.raises(ValueError, match="^--set model.dim must be a whole number"):  # of words that are given as such
        rechub.run("train", "--model", "stamp", "--data", "x", "--out", "never", "--set", "model.dim=x")


@pytest.mark.parametrize(
    ("options", "says"),
    [({"port": 99999}, "port must be from 0 to 65535, got 99999"), ({"port": 0, "hots": "x"}, "unknown flag --hots"), ({"port": 0, "channels": "nonsense=1"}, "nonsense")],
)
def test_a_service_that_does_not_start_says_why(model, options, says):
    with pytest.raises(ValueError, match=f"^the service did not start: .*{says}"):
        model.serve(**options)


def test_a_service_without_its_bundle_is_a_missing_file(capfd):
    with pytest.raises(FileNotFoundError, match="^the service did not start: /nowhere"):
        rechub.Server("/nowhere", port=0)
    assert "/nowhere" in capfd.readouterr().err


def test_a_service_without_a_file_of_its_own_is_a_missing_file(model):
    with pytest.raises(FileNotFoundError, match="^the service did not start: .*/nowhere.token"):
        model.serve(port=0, admin_token_file="/nowhere.token")


def test_values_that_training_never_saw_are_warned_of(columns):
    people = pd.DataFrame({"user": [f"u{i}" for i in range(300)], "city": ["Rome", "Oslo"] * 150})
    model = rechub.DSSM(**SMALL).fit(columns, user_features=people, verbose=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.recommend(history=[1001, 1002], features={"city": "Rome"})
    with pytest.warns(UserWarning, match="1 of the requests give 'city' a value that training never saw: it counts as unknown"):
        model.recommend(history=[1001, 1002], features={"city": "Paris"})


def test_a_loaded_model_fits_again_without_a_word(model, columns):
    again = rechub.load(model.bundle_)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again.set_params(epochs=1).fit(columns, verbose=False)
