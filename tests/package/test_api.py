"""The package as its users call it: fit, recommend, judge, save, pickle, and what it says to bad input."""

import json
import os
import pathlib
import pickle
import re
import signal
import subprocess
import sys
import time
import urllib.request
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import rechub
from source_tree import ROOT
from rechub._data import as_arrow
from rechub._runtime import engine
from seed_data import SMALL

PROGRAM = os.environ.get("RECHUB_PROGRAM", str(ROOT / "build/rechub"))


def weights_of(model):
    return (model.bundle_ / "weights.safetensors").read_bytes()


def test_learns_the_ring(model, columns):
    users = ["u1", "u2", "u3"]
    frame = model.recommend(users, k=5)
    assert list(frame.columns) == ["user", "item", "score", "rank"]
    assert frame.groupby("user", sort=False).size().to_dict() == {user: 5 for user in users}
    assert model.evaluate()["Hit@10"] > 0.9
    last = [item for user, item in zip(columns["user"], columns["item"]) if user == "u1"][-1]
    nexts = model.recommend("u1", k=3, filter_seen=False)["item"].tolist()
    assert 1000 + (last - 1000 + 1) % 60 in nexts


def test_recommends_what_the_program_does(model, tmp_path):
    users = tmp_path / "users.csv"
    users.write_text("user\n" + "\n".join(model.user_ids()) + "\n")
    subprocess.run([PROGRAM, "recommend", model.bundle_, "--users", users, "--k", "7", "--out", tmp_path / "out.parquet", "--quiet"], check=True)
    theirs = pd.read_parquet(tmp_path / "out.parquet")
    ours = model.recommend(k=7)
    assert ours["user"].tolist() == theirs["user"].astype(str).tolist()
    assert ours["item"].astype(str).tolist() == theirs["item"].astype(str).tolist()
    np.testing.assert_array_equal(ours["score"].to_numpy(), theirs["score"].to_numpy(dtype=np.float32))
    assert ours["rank"].tolist() == theirs["rank"].tolist()


def test_nobody_asks(model):
    assert model.recommend([]).empty and model.recommend(history=[[]], users=["u4"]).shape[0] == 10
    assert model.user_vectors([]).shape == (0, 1, 32) == model.user_vectors(features=[]).shape


def test_scores_are_products_of_the_vectors(model):
    frame = model.recommend(["u4"], k=3, filter_seen=False)
    vectors = {item: vector for item, vector in zip(model.item_ids(), model.item_vectors())}
    user = model.user_vectors(["u4"])[0]
    np.testing.assert_allclose(frame["score"], [np.max(user @ vectors[item]) for item in frame["item"]], rtol=1e-5)


@pytest.mark.parametrize("form", ["pandas", "polars", "arrow", "numpy", "torch", "lists", "csv", "parquet"])
def test_every_form_of_data_gives_the_same_model(columns, form, tmp_path):
    numbers = {"user": [int(user[1:]) for user in columns["user"]], "item": columns["item"], "time": columns["time"]}
    frame = pd.DataFrame(numbers)
    if form == "pandas":
        data = frame
    elif form == "polars":
        import polars

        data = polars.DataFrame(numbers)
    elif form == "arrow":
        data = pa.table(numbers)
    elif form == "numpy":
        data = {name: np.array(values) for name, values in numbers.items()}
    elif form == "torch":
        import torch

        data = {name: torch.tensor(values) for name, values in numbers.items()}
    elif form == "lists":
        data = numbers
    else:
        data = tmp_path / f"events.{form}"
        frame.to_csv(data, index=False) if form == "csv" else frame.to_parquet(data, index=False)
    made = rechub.SASRec(**SMALL).fit(data, threads=1, verbose=False)
    reference = rechub.SASRec(**SMALL).fit(frame, threads=1, verbose=False)
    assert weights_of(made) == weights_of(reference)
    assert made.user_ids().dtype == np.int64


def test_numbers_are_used_where_they_lie():
    values = np.arange(1000)
    for data in ({"user": values, "item": values}, pd.DataFrame({"user": values, "item": values}), pa.table({"user": values, "item": values})):
        table = as_arrow(data, "events")
        taken = engine().MemoryTable("events", table).addresses()
        column = pa.RecordBatchReader.from_stream(table).read_all().column("user")
        assert taken["user"] == column.chunk(0).buffers()[1].address
    assert engine().MemoryTable("events", as_arrow({"user": values, "item": values}, "events")).addresses()["user"] == values.ctypes.data
    import torch

    tensor = torch.arange(1000)
    assert engine().MemoryTable("events", as_arrow({"user": tensor, "item": tensor}, "events")).addresses()["user"] == tensor.data_ptr()


def test_features_and_named_columns(columns):
    events = pd.DataFrame({"who": columns["user"], "what": columns["item"], "when": columns["time"]})
    items = pd.DataFrame({"what": range(1000, 1060), "colour": ["red", "green", "blue"] * 20})
    people = pa.table({"who": [f"u{i}" for i in range(300)], "age": [float(20 + i % 50) for i in range(300)]})
    model = rechub.DSSM(**SMALL).fit(
        events, user_features=people, item_features=items, user_col="who", item_col="what", time_col="when", verbose=False
    )
    config = json.loads(model._fitted().opened.manifest)
    assert {feature["name"] for feature in config["features"]["item"]} == {"colour"}
    assert {feature["name"] for feature in config["features"]["user"]} == {"age"}
    young, old = (model.user_vectors(history=[1001, 1002], features={"age": age}) for age in (20, 69))
    assert np.abs(young - old).max() > 1e-4


def test_strangers_allow_deny_and_history(model):
    with pytest.warns(UserWarning) as warned:
        frame = model.recommend(["a", "u1", "b", "c", "u2", "d"], k=2)
    pd.testing.assert_frame_equal(frame, model.recommend(["u1", "u2"], k=2))
    assert len(warned) == 1 and str(warned[0].message).startswith("4 of 6 users are not in the data and get no recommendations: 'a', 'b', 'c', .... Ask with history=")
    assert warned[0].filename == __file__
    with pytest.warns(UserWarning, match="1 of 1 users are not in the data and get no recommendations: 'nobody'. Ask"):
        nothing = model.recommend("nobody")
    assert len(nothing) == 0 and list(nothing.columns) == ["user", "item", "score", "rank"]
    with pytest.warns(UserWarning, match="get the vectors of somebody"):
        vectors = model.user_vectors(["nobody", "u1"])
    np.testing.assert_array_equal(vectors[1:], model.user_vectors("u1"))
    by_history = model.recommend(history=[1010, 1011, 1012], k=3, filter_seen=True)
    assert 1013 in by_history["item"].tolist() and not {1010, 1011, 1012} & set(by_history["item"])
    two = model.recommend(["a", "b"], history=[[1010, 1011], [1030, 1031]], k=1, filter_seen=True)
    assert two["user"].tolist() == ["a", "b"] and two["item"].tolist() == [1012, 1032]
    assert model.recommend("u1", k=10, allow=[1001, 1002], filter_seen=False)["item"].isin([1001, 1002]).all()
    assert 1013 not in model.recommend(history=[1010, 1011, 1012], k=5, deny=[1013])["item"].tolist()


def test_similar_items(model):
    frame = model.similar_items([1005, 1006], k=4)
    assert list(frame.columns) == ["item", "similar_item", "score", "rank"] and len(frame) == 8
    assert not (frame["item"] == frame["similar_item"]).any()
    with pytest.raises(rechub.NotFoundError, match="there is no item 7: the data have 60 of them, as 10"):
        model.similar_items(7)


def test_save_load_and_pickle(model, tmp_path):
    model.save(tmp_path / "saved.bundle")
    with pytest.raises(FileExistsError, match="overwrite"):
        model.save(tmp_path / "saved.bundle")
    model.save(tmp_path / "saved.bundle", overwrite=True)
    expected = model.recommend(["u1"], k=5)
    for copy in (rechub.load(tmp_path / "saved.bundle"), rechub.SASRec.load(tmp_path / "saved.bundle"), pickle.loads(pickle.dumps(model))):
        pd.testing.assert_frame_equal(copy.recommend(["u1"], k=5), expected)
        assert copy.history_ == model.history_ and copy.dim == model.dim
    assert pickle.loads(pickle.dumps(model)).get_params() == model.get_params()
    with pytest.raises(ValueError, match="a bundle of SASRec, not of DSSM"):
        rechub.DSSM.load(tmp_path / "saved.bundle")
    subprocess.run([PROGRAM, "verify", tmp_path / "saved.bundle"], check=True, capture_output=True)
    with open(tmp_path / "saved.bundle/weights.safetensors", "r+b") as file:
        file.seek(500)
        file.write(b"\xff")
    with pytest.raises(ValueError, match="weights.safetensors"):
        rechub.load(tmp_path / "saved.bundle")
    with pytest.raises(rechub.NotFoundError, match="nowhere"):
        rechub.load(tmp_path / "nowhere")


def test_a_temporary_bundle_goes_with_its_model(columns):
    model = rechub.STAMP(**SMALL).fit(columns, verbose=False)
    bundle = model.bundle_
    copy = pickle.loads(pickle.dumps(model))
    assert bundle.exists()
    del model
    assert not bundle.exists() and copy.bundle_.exists()


def test_manners_of_scikit_learn():
    model = rechub.SASRec(dim=32, dropout=0.1)
    assert repr(model) == "SASRec(dim=32, dropout=0.1)"
    assert model.get_params()["dim"] == 32 and model.get_params()["learning_rate"] == 1e-3
    assert model.set_params(dim=64).dim == 64
    with pytest.raises(ValueError, match="SASRec has no setting 'width'"):
        model.set_params(width=3)
    from sklearn.base import clone

    assert clone(model).get_params() == model.get_params()
    with pytest.raises(ValueError, match="has learnt nothing yet"):
        model.recommend("u1")


def test_callbacks_see_epochs_and_may_stop(columns):
    seen = []
    model = rechub.GRU4Rec(**{**SMALL, "epochs": 50}).fit(columns, verbose=False, callbacks=lambda epoch: seen.append(epoch) or epoch["epoch"] == 3)
    assert [epoch["epoch"] for epoch in seen] == [1, 2, 3] == [epoch["epoch"] for epoch in model.history_]
    assert {"train_loss", "NDCG@10"} <= set(seen[0])
    with pytest.raises(ZeroDivisionError):
        rechub.GRU4Rec(**SMALL).fit(columns, verbose=False, callbacks=[lambda epoch: 1 / 0])

    def stop(epoch):
        raise ValueError("mine") from KeyError("why")

    with pytest.raises(ValueError, match="mine") as caught:
        rechub.GRU4Rec(**SMALL).fit(columns, verbose=False, callbacks=stop)
    assert isinstance(caught.value.__cause__, KeyError)


def test_goes_on_from_a_model(model, columns):
    again = rechub.SASRec(dim=32, epochs=1, batch_size=64).fit(columns, init_from=model, verbose=False)
    fresh = rechub.SASRec(dim=32, epochs=1, batch_size=64).fit(columns, verbose=False)
    assert again.metrics_["test"]["metrics"]["NDCG@10"] > fresh.metrics_["test"]["metrics"]["NDCG@10"] + 0.1


def test_ctrl_c_keeps_the_best_weights(tmp_path):
    script = f"""
import sys
sys.path.insert(0, {str(ROOT / "build/python")!r})
import numpy as np, rechub
users = np.repeat(np.arange(2000), 10)
events = {{"user": users, "item": np.tile(np.arange(10), 2000) + users % 50, "time": np.arange(20000)}}
model = rechub.SASRec(dim=16, epochs=100000, patience=0)
try:
    model.fit(events, callbacks=lambda epoch: print("epoch", epoch["epoch"], flush=True))
except KeyboardInterrupt:
    print("interrupted", len(model.history_), len(model.recommend(k=3)), model.metrics_["training"]["interrupted"], flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line == "epoch 2\n":
            process.send_signal(signal.SIGINT)
            break
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    last = out.strip().splitlines()[-1].split()
    assert last[0] == "interrupted" and int(last[1]) >= 2 and int(last[2]) == 6000 and last[3] == "True"


def test_import_is_quick_and_loads_no_torch():
    script = f"""
import sys, time
sys.path.insert(0, {str(ROOT / "build/python")!r})
began = time.process_time()
import rechub
rechub.SASRec(dim=8)
print(time.process_time() - began, any("torch" in line for line in open("/proc/self/maps")))
"""
    seconds, has_torch = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    assert float(seconds) < 0.5 and has_torch == "False"


def test_the_version_is_the_programs_and_loads_no_torch():
    script = """
import sys
sys.path.insert(0, sys.argv[1])
import rechub
print("rechub", rechub.__version__, any("torch" in line for line in open("/proc/self/maps")))
"""
    said = subprocess.run([sys.executable, "-c", script, ROOT / "build/python"], check=True, capture_output=True, text=True).stdout
    assert said == subprocess.run([PROGRAM, "--version"], check=True, capture_output=True, text=True).stdout.strip() + " False\n"


def test_serves(model):
    with model.serve(port=0, wait=False) as server:
        request = urllib.request.Request(server.url + "/v1/recommend", json.dumps({"user": "u1", "k": 3}).encode(), {"Content-Type": "application/json"})
        answer = json.load(urllib.request.urlopen(request, timeout=10))
    assert [int(item["item"]) for item in answer["items"]] == model.recommend("u1", k=3)["item"].tolist()
    with pytest.raises(ValueError, match="did not start"):
        model.serve(port=0, wait=False, recall_depth="nonsense")


def test_exports(model, tmp_path):
    model.export("embeddings", tmp_path / "vectors")
    assert any(path.suffix == ".npy" for path in (tmp_path / "vectors").iterdir())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"user": ["a"], "item": [1, 2]}, "events: the columns must have one length, got {'user': 1, 'item': 2}"),
        ({"user": [], "item": [], "time": []}, "events"),
        ({"user": ["a", None], "item": [1, 2], "time": [1, 2]}, "events, row 1 (from 0), column 'user'"),
        ({"user": ["a", "b"], "item": [1.5, 2.0], "time": [1, 2]}, "column 'item'"),
        ({"user": ["a", "b"], "item": [1, 2], "time": ["soon", "later"]}, "events, row 0 (from 0), column 'time'"),
        ({"x": [1], "y": [2]}, "events"),
        ({"user": [1j, 2j], "item": [1, 2]}, "events, column 'user': Unsupported numpy type"),
        ({"user": [1, 2], "item": [2**70, -1]}, "events, column 'item': Python int too large"),
        (7, "events: expected a path, a pandas or polars DataFrame"),
    ],
)
def test_bad_tables_are_named(data, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        rechub.SASRec(**SMALL).fit(data, verbose=False)


def test_bad_settings_are_named(columns):
    with pytest.raises(ValueError, match="num_heads"):
        rechub.SASRec(dim=16, num_heads=3).fit(columns, verbose=False)
    with pytest.raises(TypeError, match="fit has no .user_colour.; did you mean user_col"):
        rechub.SASRec(**SMALL).fit(columns, user_colour="x", verbose=False)
    with pytest.raises(ValueError, match="leaves nothing to judge"):
        rechub.SASRec(**SMALL).fit({"user": ["a", "b"], "item": [1, 2], "time": [1, 2]}, verbose=False)
    with pytest.raises(rechub.NotFoundError, match="no_such.csv"):
        rechub.SASRec(**SMALL).fit("no_such.csv", verbose=False)
    with pytest.raises(TypeError):
        rechub.SASRec(width=3)


def test_bad_questions_are_named(model):
    with pytest.raises(ValueError, match="k must be from 1 to 10,000, got 0"):
        model.recommend("u1", k=0)
    with pytest.raises(ValueError, match=re.escape("users, row 1 (from 0): an id is a text or a whole number, got 1.5")):
        model.recommend(["u1", 1.5])
    with pytest.raises(ValueError, match="history is of 2 users, but users are 1"):
        model.recommend("u1", history=[[1001], [1002]])
    with pytest.raises(ValueError, match="diversity needs diversity_feature"):
        model.recommend("u1", diversity=1.0)
    with pytest.raises(ValueError, match="features.*age|age"):
        model.recommend("u1", features={"age": 3})


def test_the_classes_are_those_of_the_program():
    subprocess.run([sys.executable, ROOT / "tools/python_models.py", "--check"], check=True)


def test_nothing_is_left_behind(columns, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", None)
    with pytest.raises(ValueError):
        rechub.SASRec(dim=16, num_heads=3).fit(columns, verbose=False)
    assert list(tmp_path.iterdir()) == []


def test_threads_of_a_call_are_its_own(model, columns):
    rechub.set_num_threads(1)
    try:
        rechub.SASRec(**SMALL).fit(columns, threads=2, verbose=False)
        assert engine().num_threads() == 1
        model.evaluate()
        assert engine().num_threads() == 1
        with pytest.raises(ValueError):
            rechub.run("evaluate", model.bundle_, "--threads", 2, "--k", "x")
        assert engine().num_threads() == 1
    finally:
        rechub.set_num_threads(0)


def test_text_goes_to_python(columns, capsys):
    rechub.SASRec(**SMALL).fit(columns)
    shown = capsys.readouterr()
    assert "epoch 1: loss" in shown.err and "NDCG" in shown.out
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rechub.SASRec(**SMALL).fit(columns, verbose=False)
    assert capsys.readouterr() == ("", "")


def test_mypy_is_content(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import pandas as pd\nimport rechub\nfrom rechub.basic.features import DenseFeature, Feature, SequenceFeature, SparseFeature\n"
        "from rechub.models.matching import DSSM, SASRec\nfrom rechub.trainers import MatchTrainer\nfrom rechub.utils.data import MatchDataGenerator\n\n\n"
        "def top(events: pd.DataFrame) -> pd.DataFrame:\n"
        "    model = rechub.SASRec(dim=64, loss='softmax').fit(events)\n"
        "    score: float = model.evaluate()['NDCG@10']\n    print(score)\n"
        "    return model.recommend(['u1'], k=10)\n\n\n"
        "def towers(x: dict[str, object], y: object) -> object:\n"
        "    user_features = [SparseFeature('user_id', vocab_size=10000, embed_dim=32), DenseFeature('age'), SparseFeature('gender', vocab_size=3, embed_dim=8)]\n"
        "    item_features = [SparseFeature('item_id', vocab_size=100000, embed_dim=32), SparseFeature('category', vocab_size=1000, embed_dim=16)]\n"
        "    walk_features = [*user_features, SequenceFeature('history', vocab_size=100000, embed_dim=32, shared_with='item_id')]\n"
        "    every: list[Feature] = [*walk_features, *item_features]\n"
        "    train, test, items = MatchDataGenerator(x, y).generate_dataloader(x, x, batch_size=256)\n"
        "    model = DSSM(user_features, item_features, temperature=0.02, user_params={'dims': [256, 128, 64]}, item_params={'dims': [256, 128, 64]})\n"
        "    trainer = MatchTrainer(model, mode=0, n_epoch=10)\n"
        "    trainer.fit(train)\n"
        "    print(len(every), SASRec(user_features=walk_features, item_features=item_features))\n"
        "    return trainer.inference_embedding(model, mode='user', data_loader=test)\n"
    )
    environment = {**os.environ, "MYPYPATH": f"{pathlib.Path(rechub.__file__).parents[1]}"}
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", program], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run([sys.executable, "-m", "mypy", "python/rechub"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
