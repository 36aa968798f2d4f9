"""Keywords, and lists of things: one thing by itself is a list of one, what cannot be meant is refused in words, and no text is taken apart."""

import json
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import rechub
from rechub import plots
from rechub._server import Server
from rechub.utils.data import ParquetIterableDataset, make_dataloader
from seed_data import SMALL, sasrec, trainer


@pytest.fixture(scope="module")
def other(columns):
    return rechub.STAMP(**SMALL).fit(columns, verbose=False)


def refused(call, says, kind=ValueError):
    with pytest.raises(kind) as caught:
        call()
    assert says in str(caught.value)


# Keywords of fit


def test_flags_of_train_are_keywords(columns):
    fit = lambda **options: rechub.STAMP(**SMALL).fit(columns, verbose=False, **options)  # noqa: E731
    drawn = [fit(split="users:0.8,0.1,0.1", split_seed=seed, device="cpu").metrics_["test"]["metrics"] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert fit(keep_seen=True).metrics_["test"]["protocol"]["seen"] == fit(seen="keep").metrics_["test"]["protocol"]["seen"] == "kept"
    found = fit(exclude_seen=True, k=[3], bootstrap=0).metrics_["test"]
    assert found["protocol"]["seen"] == "excluded" and "Hit@3" in found["metrics"] and found["intervals"] == {}
    refused(lambda: fit(device="cuda"), "device 'cuda': this build runs on the cpu only")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"devise": "cpu"}, "fit has no 'devise'; did you mean device?"),
        ({"item_coll": "item"}, "fit has no 'item_coll'; did you mean item_col?"),
        ({"epochs": 3}, "fit has no 'epochs': it is a setting of the model, STAMP(epochs=...)"),
        ({"json": "x.json"}, "fit has no 'json'; help(fit) lists its keywords"),
    ],
)
def test_a_keyword_that_is_none_is_refused_as_one(columns, options, says):
    refused(lambda: rechub.STAMP(**SMALL).fit(columns, verbose=False, **options), says, TypeError)


# One or several


def test_one_thing_stands_for_a_list_of_one(model, other, columns):
    pd.testing.assert_frame_equal(model.evaluate(baselines="popularity").to_frame(), model.evaluate(baselines=["popularity"]).to_frame())
    for one in (other, other.bundle_, str(other.bundle_)):
        (found,) = model.evaluate(against=one).others.values()
        assert found.metrics == other.evaluate().metrics
    frozen = [rechub.STAMP(**SMALL).fit(columns, init_from=other, freeze=given, verbose=False).item_vectors() for given in ("item*", ["item*"])]
    np.testing.assert_array_equal(*frozen)
    called = []
    rechub.STAMP(**SMALL).fit(columns, callbacks=called.append, verbose=False)
    assert len(called) == SMALL["epochs"]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda model: model.evaluate(against=3), "against: expected a fitted model or the path of a bundle, or a list of them; got 3"),
        (lambda model: model.evaluate(against=[model, 3]), "against, place 1 (from 0): expected a fitted model or the path of a bundle, got 3"),
        (lambda model: model.evaluate(against={"a": 3}), "against: expected a fitted model or the path of a bundle, got 3"),
        (lambda model: model.evaluate(baselines=3), "baselines: expected a recommender's name, or a list of them; got 3"),
        (lambda model: rechub.evaluate(3), "model: expected a fitted model or the path of a bundle, got 3"),
        (lambda model: rechub.STAMP().fit({}, callbacks=3), "callbacks: expected a function of an epoch's line, or a list of them; got 3"),
        (lambda model: rechub.STAMP().fit({}, callbacks="x"), "callbacks: expected a function of an epoch's line, or a list of them; got 'x'"),
        (lambda model: rechub.STAMP().fit({}, freeze=3), "freeze: expected a name of parameters, as 'item.*', or a list of them; got 3"),
        (lambda model: rechub.STAMP().fit({}, init_from=3), "init_from: expected a fitted model or the path of a bundle, got 3"),
        (lambda model: rechub.STAMP().fit({}, init_from=rechub.STAMP()), "this STAMP has learnt nothing yet"),
        (lambda model: rechub.compare({}, [3], out="x"), "models, place 0 (from 0): expected the name of a model, got 3"),
        (lambda model: Server(3), "bundles: expected the path of a bundle, or a list of them; got 3"),
        (lambda model: ParquetIterableDataset("*", columns=3), "columns: expected the name of a column, or a list of them; got 3"),
        (lambda model: model.recommend("u1", filter_seen="x"), "filter_seen should be True, False or None, got 'x'"),
        (lambda model: model.recommend("u1", filter_seen=3), "filter_seen should be True, False or None, got 3"),
        (lambda model: model.recommend(history="abc"), "history: expected a list of item ids, oldest first; got 'abc'"),
        (lambda model: model.recommend(history=1001), "history: expected a list of item ids, oldest first; got 1001"),
        (lambda model: model.recommend(history=[[1001], "abc"]), "history 1 (from 0): expected a list of item ids, oldest first; got 'abc'"),
        (lambda model: model.recommend(features="abc"), "features: expected values by name, as {'age': 31}, or a list of them; got 'abc'"),
        (lambda model: plots.learning_curves("a.bundle"), "models: expected a fitted model (rechub.load opens a bundle), or a list of them; got 'a.bundle'"),
        (lambda model: plots.learning_curves({"a": "a.bundle"}), "models['a']: expected a fitted model (rechub.load opens a bundle), got 'a.bundle'"),
        (lambda model: plots.list_overlap({"a": "a.bundle"}), "models['a']: expected a fitted model (rechub.load opens a bundle), got 'a.bundle'"),
        (lambda model: plots.item_map("a.bundle"), "model: expected a fitted model (rechub.load opens a bundle), got 'a.bundle'"),
        (lambda model: plots.popularity([rechub.STAMP()], []), "this STAMP has learnt nothing yet"),
        (lambda model: plots.metric_bars(model), "found: expected what evaluate returns, got SASRec("),
    ],
)
def test_what_cannot_be_meant_is_refused(model, call, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(lambda: call(model), says)
    assert list(tmp_path.iterdir()) == []


def test_a_history_of_unknown_items_is_told(model):
    with pytest.warns(UserWarning, match=re.escape("1 of 1 histories (numbered from 0) hold no item of the catalogue and get no recommendations: 0. Ask")) as caught:
        assert len(model.recommend(history=[999999], k=2)) == 0
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=re.escape("2 of 3 histories hold no item of the catalogue and get no recommendations: 'a', 'c'. Ask")):
        assert set(model.recommend(["a", "b", "c"], history=[[], [1001], ["x"]], k=2)["user"]) == {"b"}
    with pytest.warns(UserWarning, match=re.escape("1 of 2 histories hold no item of the catalogue and get the vectors of somebody of whom nothing is known: 'b'. Ask")):
        model.user_vectors(["a", "b"], history=[[999999, 1001], ["x"]])


# Columns


def test_what_is_wrong_in_a_table_is_named(columns):
    frame = pd.DataFrame(columns)
    fit = lambda events, **options: rechub.STAMP(**SMALL).fit(events, verbose=False, **options)  # noqa: E731
    gap = frame.astype({"item": float})
    gap.loc[7, "item"] = np.nan
    for events in (gap, {name: gap[name].to_numpy() for name in gap}, pa.table(gap)):
        refused(lambda: fit(events), "events, row 7 (from 0), column 'item': the id is empty (--max-bad-rows N leaves out up to N such rows)")
    twice = pd.concat([frame, frame[["item"]]], axis=1)
    refused(lambda: fit(twice), "events: two columns are called 'item'; rename one")
    refused(lambda: fit(frame, item_features=pd.DataFrame([[1, 2, 3]], columns=["item", "a", "a"])), "item_features: two columns are called 'a'; rename one")
    refused(lambda: fit(frame.rename(columns={"user": "who"})), "events: no column looks like the user; name it with --user-col")
    late = frame.astype({"time": object})
    late.loc[3, "time"] = "soon"
    refused(lambda: fit(late), "events, column 'time', row 3 (from 0): expected a number as in the rows before, got 'soon'")
    refused(lambda: fit({name: late[name].tolist() for name in late}), "events, row 3 (from 0), column 'time': expected a time")
    refused(lambda: fit({**columns, "item": [{"id": 1}, *columns["item"][1:]]}), "events, column 'item', row 0 (from 0): expected a number, a text or a time, got {'id': 1}")
    refused(lambda: fit({"user": "a", "item": 1, "time": 2}), "events, column 'user': expected a value a row, got 'a'")
    masked = np.ma.masked_array(frame["item"], mask=np.arange(len(frame)) == 4)
    refused(lambda: fit({**columns, "item": masked}), "events, column 'item', row 4 (from 0): the entry is masked")


def test_sequences_may_be_tables(columns):
    searches = pd.DataFrame({"user": columns["user"], "time": columns["time"], "words": [f"w{item % 7}" for item in columns["item"]]})
    towers = rechub.DSSM(**SMALL).fit(columns, sequences={"searches": searches}, verbose=False)
    assert "searches" in str(json.loads(towers._fitted().opened.manifest)["sequences"])


def test_masked_entries_are_no_values(walks):
    x = walks[0]
    masked = np.ma.masked_array(x["item_id"], mask=np.arange(len(x["item_id"])) == 3)
    refused(lambda: trainer(sasrec()).predict(make_dataloader({**x, "item_id": masked})), "item_id, row 3 (from 0): the entry is masked")
    lists = [*x["user_history"][:5], np.ma.masked_array([1, 2], mask=[False, True])]
    refused(lambda: make_dataloader({"user_history": lists}), "user_history, row 5")
    refused(lambda: make_dataloader({"item_id": x["item_id"]}, np.ma.masked_array(np.ones(len(masked)), mask=masked.mask)), "y, row 3 (from 0): the entry is masked")
    unmasked = np.ma.masked_array(x["item_id"], mask=False)
    np.testing.assert_array_equal(make_dataloader({"item_id": unmasked}).x["item_id"], x["item_id"])


def test_tables_of_the_matching_api_name_doubled_columns():
    for table in (pd.DataFrame([[1, 2]], columns=["a", "a"]), pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])):
        refused(lambda: make_dataloader(table), "x: two columns are called 'a'; rename one")


@pytest.mark.parametrize("mode", [None, "users", 3])
def test_modes_are_user_and_item(walks, mode):
    one = trainer(sasrec())
    refused(lambda: one.inference_embedding(one.model, mode, make_dataloader(walks[0])), f'mode should be "user" or "item", got {mode!r}')
