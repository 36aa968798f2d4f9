"""`rechub export`: every registered model's graphs in ONNX Runtime against our own vectors, and vectors read back by the libraries that define their formats."""

import csv
import json
import os
import pathlib
import random
import re
import subprocess

import numpy as np
import onnx
import onnxruntime
import pyarrow.parquet
import pytest
from safetensors.numpy import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECHUB = pathlib.Path(os.environ.get("RECHUB_BUILD", ROOT / "build")) / "rechub"
MODELS = re.findall(r'^    \{"(\w+)",', (ROOT / "rechub/models/registry.cpp").read_text(), re.MULTILINE)
NUM_ITEMS, MAX_LENGTH, EPOCHS = 300, 50, 15
# What a model does otherwise than by default. The features' run takes cosine.
VARIANTS = [
    ("gru4rec", ["cell=reset_before", "num_layers=2"]),
    ("sasrec", ["num_heads=2", "block=original", "activation=gelu"]),
    ("youtube_dnn", ["pooling=max", "tied=false", "activation=silu"]),
    ("dssm", ["pooling=sum", "activation=prelu", "user_id=true", "item_dims=8"]),
    ("sine", ["variant=official", "positions=newest", "num_layers=1"]),
    ("stamp", ["memory=last"]),
]


def rechub(*arguments, code=0):
    done = subprocess.run([RECHUB, *map(str, arguments)], capture_output=True, text=True, timeout=600)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def write_csv(path, names, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Users with 1, 5, 50 and 60 events and features of every kind, with holes."""
    root, draw = tmp_path_factory.mktemp("raw"), random.Random(1)
    tags = [f"t{i}" for i in range(9)]
    items = [[f"item{i}", draw.choice("abcd"), round(draw.expovariate(0.1), 3), "|".join(draw.sample(tags, draw.randrange(4)))] for i in range(NUM_ITEMS)]
    lengths = [1, 5, 50, 60] * 10 + [draw.randrange(2, 12) for _ in range(230)]
    users = [[f"u{u}", draw.randrange(15, 70), "" if u % 7 == 0 else round(draw.gauss(30, 9), 3), "|".join(draw.sample(tags, draw.randrange(4)))] for u in range(len(lengths))]
    events, time = [], 1_700_000_000
    for user, length in zip(users, lengths):
        for _ in range(length):
            time += draw.randrange(1, 100_000)
            events.append([user[0], f"item{int(draw.paretovariate(1.0)) % NUM_ITEMS}", time, draw.choice(["web", "app"]), round(draw.random(), 3), draw.choice(["click", "buy"])])
    events += [["everything", f"item{i}", time + i, "web", 0.5, "click"] for i in range(NUM_ITEMS)]
    users.append(["everything", 33, 1.5, "t1"])
    write_csv(root / "items.csv", ["item", "category", "price", "tags"], items)
    write_csv(root / "users.csv", ["user", "age", "income", "hobbies"], users)
    write_csv(root / "events.csv", ["user", "item", "time", "device", "watched", "action"], events)
    multi = 'kind = "multi"\nseparator = "|"\n'
    (root / "features.toml").write_text(
        f'[features.tags]\n{multi}pooling = "sum"\n[features.hobbies]\n{multi}shared_with = "tags"\n[features.price]\ntransform = "log"\n'
        '[features.income]\nmissing = "mean"\n[features.age]\nkind = "buckets"\nboundaries = [20, 30, 40, 60]\n')
    return root


@pytest.fixture(scope="module")
def prepared(raw):
    rechub("prepare", "--interactions", raw / "events.csv", "--ignore-cols", "device,watched,action", "--out", raw / "plain")
    rechub("prepare", "--interactions", raw / "events.csv", "--user-features", raw / "users.csv", "--item-features", raw / "items.csv", "--context-cols", "device",
           "--history-cols", "watched,action", "--time-gap-buckets", 12, "--features", raw / "features.toml", "--out", raw / "features")
    return {"plain": raw / "plain", "features": raw / "features"}


class Exported:
    """A bundle's graphs, and its vectors as `--to embeddings` writes them."""

    def __init__(self, data, root, model, options, users):
        settings = [word for option in ["dim=16", f"max_length={MAX_LENGTH}", *options] for word in ("--set", f"model.{option}")]
        rechub("train", "--data", data, "--model", model, "--out", root / "bundle", "--epochs", EPOCHS, "--batch-size", 64, "--learning-rate", 0.02, "--patience", 0, *settings)
        rechub("export", root / "bundle", "--to", "onnx", "--out", root / "onnx")
        rechub("export", root / "bundle", "--to", "embeddings", "--users", users, "--formats", "npy", "--out", root / "vectors")
        self.bundle, self.onnx, self.vectors = root / "bundle", root / "onnx", root / "vectors"
        self.items, self.users = np.load(self.vectors / "item_vectors.npy"), np.load(self.vectors / "user_vectors.npy")
        self.users = self.users[:, None] if self.users.ndim == 2 else self.users
        self.user_names = [str(name) for name in np.load(self.vectors / "user_ids.npy")]
        self.encoding = json.loads((self.onnx / "encoding.json").read_text())
        self.code = {space: {str(value): code for code, value in enumerate(values)} for space, values in json.loads((self.onnx / "vocabularies.json").read_text()).items()}
        for graph in ("user_tower", "item_tower", "retrieval"):
            onnx.checker.check_model(self.onnx / f"{graph}.onnx", full_check=True)
            read = {name for node in onnx.load(self.onnx / f"{graph}.onnx").graph.node for name in node.input}
            assert {tensor.name for tensor in onnx.load(self.onnx / f"{graph}.onnx").graph.initializer} <= read, graph

    def run(self, graph, inputs):
        session = onnxruntime.InferenceSession(self.onnx / f"{graph}.onnx", providers=["CPUExecutionProvider"])
        wanted = [entry["input"] for entry in self.encoding["graphs"][graph]]
        assert [entry.name for entry in session.get_inputs()] == wanted
        return session.run(None, {name: inputs[name] for name in wanted})

    def lookup(self, space, value):
        return self.code[space].get(str(value), 1)

    def encode(self, spec, rows):
        """The rows' raw values of one feature as padded arrays, as docs/export.md says."""
        values = [row.get(spec["name"]) for row in rows]
        if spec["kind"] == "dense":
            return {spec["input"]: np.array([[float(value) if value not in (None, "") else np.nan] for value in values], np.float32)}
        if spec["kind"] == "multi":
            lists = [[self.lookup(spec["space"], part) for part in (value or "").split(spec["separator"]) if part] for value in values]
            return {spec["input"]: padded(lists), spec["input"] + "_lengths": np.array([len(one) for one in lists])}
        if spec["encoding"] in ("buckets", "time_gap"):
            codes = [1 if value is None else 2 + np.searchsorted(spec["boundaries"], float(value), side="right") for value in values]
        else:
            codes = [self.lookup(spec["space"], value) for value in values]
        return {spec["input"]: np.array(codes, np.int64)}


def padded(lists, fill=0):
    width = max([len(one) for one in lists] + [1])
    return np.array([list(one) + [fill] * (width - len(one)) for one in lists], np.int64 if fill == 0 else np.float32)


def best_of(scores, k):
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def check_retrieval(exported, inputs, names, expected):
    rows = len(names)
    history, lengths = inputs["history"], inputs["lengths"]
    exclude = np.where(np.arange(history.shape[1]) < lengths[:, None], history, 0)
    ours = np.einsum("bqd,nd->bqn", expected, exported.items).max(1)
    for b in range(rows):
        ours[b, exclude[b][exclude[b] > 0] - 2] = -np.inf
    items, scores = exported.run("retrieval", {**inputs, "exclude": exclude, "k": np.array([100])})
    assert items.shape == scores.shape == (rows, 100)
    overlap = np.mean([len(set(found - 2) & set(best)) / 100 for found, best in zip(items, best_of(ours, 100))])
    assert overlap >= 0.999
    np.testing.assert_allclose(scores, np.take_along_axis(ours, items - 2, 1), atol=1e-5)


def jsonl_users(path, lengths, batch):
    draw, names = random.Random(7), {}
    with open(path, "w") as file:
        for length in lengths:
            for row in range(batch):
                history = [f"item{draw.randrange(NUM_ITEMS // 2)}" for _ in range(length)]
                names[f"{length}-{row}"] = history
                file.write(json.dumps({"user": f"{length}-{row}", "history": history}) + "\n")
    return names


@pytest.mark.parametrize("model, options", [(model, []) for model in MODELS] + VARIANTS, ids=lambda value: value if isinstance(value, str) else ",".join(value) or "default")
def test_graphs_give_our_vectors_for_every_size(prepared, tmp_path, model, options):
    histories = jsonl_users(tmp_path / "users.jsonl", (1, 5, 50, 70), 256)
    exported = Exported(prepared["plain"], tmp_path, model, options, tmp_path / "users.jsonl")
    rows = np.arange(2, NUM_ITEMS + 2)
    (items,) = exported.run("item_tower", {"item": rows})
    np.testing.assert_allclose(items, exported.items, atol=1e-5)
    by_name, longest = dict(zip(exported.user_names, exported.users)), 0
    for length in (1, 5, 50, 70):
        for batch in (1, 7, 256):
            names = [f"{length}-{row}" for row in range(batch)]
            inputs = {"history": padded([[exported.lookup("items", item) for item in histories[name]] for name in names]), "lengths": np.full(batch, length),
                      "user": np.ones(batch, np.int64)}
            expected = np.stack([by_name[name] for name in names])
            (users,) = exported.run("user_tower", inputs)
            np.testing.assert_allclose(users, expected, rtol=0, atol=1e-5, err_msg=f"length {length}, batch {batch}")
            longest = max(longest, np.linalg.norm(expected, axis=2).max())
            if batch == 7:
                check_retrieval(exported, inputs, names, expected)
    assert longest > 0.3  # so that 1e-5 says something
    # A batch of several lengths, whose padding holds what no vocabulary knows, gives what each row gives alone; so does padding wider than all of them.
    names = ["1-3", "50-4", "5-5", "70-1"]
    inputs = {"history": padded([[exported.lookup("items", item) for item in histories[name]] for name in names]), "lengths": np.array([1, 50, 5, 70]),
              "user": np.ones(4, np.int64)}
    inputs["history"] = np.pad(inputs["history"], ((0, 0), (0, 9)))
    inputs["history"][np.arange(79) >= inputs["lengths"][:, None]] = 999_999
    np.testing.assert_allclose(exported.run("user_tower", inputs)[0], np.stack([by_name[name] for name in names]), atol=1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_graphs_take_features_as_the_page_says(raw, prepared, tmp_path, model):
    exported = Exported(prepared["features"], tmp_path, model, ["similarity=cosine", "temperature=0.1"], "all")
    graphs = exported.encoding["graphs"]
    items = {row["item"]: row for row in csv.DictReader(open(raw / "items.csv"))}
    users = {row["user"]: row for row in csv.DictReader(open(raw / "users.csv"))}
    events = {}
    for row in csv.DictReader(open(raw / "events.csv")):
        past = events.setdefault(row["user"], [])
        past.append({**row, "time_gap": int(row["time"]) - int(past[-1]["time"]) if past else None})

    def features(of, specs, rows):
        return {name: value for spec in specs if spec["of"] == of and "name" in spec for name, value in exported.encode(spec, rows).items()}

    names = json.loads((exported.onnx / "vocabularies.json").read_text())["items"][2:]
    inputs = {"item": np.arange(2, len(names) + 2), **features("item", graphs["item_tower"], [items[name] for name in names])}
    np.testing.assert_allclose(exported.run("item_tower", inputs)[0], exported.items, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(exported.items, axis=1), 1, atol=1e-5)

    for batch in (exported.user_names, exported.user_names[:1], exported.user_names[:7]):
        pasts = [events[name] for name in batch]
        width = max(map(len, pasts))
        flat = [event for past in pasts for event in past + [{}] * (width - len(past))]
        inputs = {"history": padded([[exported.lookup("items", event["item"]) for event in past] for past in pasts]), "lengths": np.array([len(past) for past in pasts])}
        for name, value in features("history", graphs["user_tower"], flat).items():
            inputs[name] = value.reshape(len(batch), width, *value.shape[1:])
        inputs |= features("user", graphs["user_tower"], [users[name] for name in batch]) | features("context", graphs["user_tower"], [past[-1] for past in pasts])
        expected = exported.users[:len(batch)]
        np.testing.assert_allclose(exported.run("user_tower", inputs)[0], expected, atol=1e-5)
        if len(batch) == 7:
            check_retrieval(exported, inputs, batch, expected)


@pytest.fixture(scope="module")
def exported(prepared, tmp_path_factory):
    root = tmp_path_factory.mktemp("exported")
    jsonl_users(root / "users.jsonl", (3,), 5)
    return Exported(prepared["plain"], root, "youtube_dnn", [], root / "users.jsonl")


def test_metadata_says_what_a_reader_needs(exported):
    for graph in ("user_tower", "item_tower", "retrieval"):
        told = {entry.key: entry.value for entry in onnx.load(exported.onnx / f"{graph}.onnx").metadata_props}
        assert (told["rechub.model"], told["rechub.similarity"], told["rechub.max_length"]) == ("youtube_dnn", "dot", str(MAX_LENGTH))
        assert "newest 50" in told["rechub.histories"] and float(told["rechub.temperature"]) == 1
        assert json.loads(told["rechub.inputs"]) == exported.encoding["graphs"][graph]
    assert exported.code["items"]["item1"] >= 2


def test_retrieval_ends_with_the_catalogue_and_leaves_out_what_is_excluded(exported):
    history = np.array([[5, 6, 0]])
    inputs = {"history": history, "lengths": np.array([2]), "exclude": np.arange(2, NUM_ITEMS - 3)[None], "k": np.array([10_000])}
    items, scores = exported.run("retrieval", inputs)
    assert items.shape == (1, NUM_ITEMS)
    assert sorted(items[0, :5]) == list(range(NUM_ITEMS - 3, NUM_ITEMS + 2)) and set(items[0, 5:]) == {-1}
    assert np.isfinite(scores[0, :5]).all() and (scores[0, 5:] == -np.inf).all()
    items, _ = exported.run("retrieval", {**inputs, "exclude": np.zeros((1, 0), np.int64), "k": np.array([3])})
    assert items.shape == (1, 3) and items.min() >= 2


def test_an_empty_history_has_a_vector(exported):
    empty, same = (exported.run("user_tower", {"history": np.array([[code]]), "lengths": np.array([0])})[0] for code in (0, 7))
    assert np.isfinite(empty).all()
    np.testing.assert_array_equal(empty, same)


def test_vectors_in_every_format_with_their_ids(exported, raw, tmp_path):
    rechub("export", exported.bundle, "--to", "embeddings", "--users", "all", "--out", tmp_path / "out")
    for of in ("item", "user"):
        vectors, ids = np.load(tmp_path / f"out/{of}_vectors.npy"), np.load(tmp_path / f"out/{of}_ids.npy")
        assert vectors.dtype == np.float32 and len(vectors) == len(ids)
        table = pyarrow.parquet.read_table(tmp_path / f"out/{of}_vectors.parquet")
        assert table[of].to_pylist() == list(ids)
        np.testing.assert_array_equal(np.array(table["vector"].to_pylist(), np.float32), vectors)
        tensors = load_file(tmp_path / f"out/{of}_vectors.safetensors")
        np.testing.assert_array_equal(tensors["vectors"], vectors)
        text, ends = tensors["id_bytes"].tobytes(), tensors["id_offsets"]
        assert [text[begin:end].decode() for begin, end in zip(ends, ends[1:])] == list(ids)
    np.testing.assert_array_equal(np.load(tmp_path / "out/item_vectors.npy"), exported.items)
    assert set(np.load(tmp_path / "out/user_ids.npy")) == {row["user"] for row in csv.DictReader(open(raw / "users.csv"))}


def test_whole_numbers_stay_whole_and_texts_stay_texts(tmp_path):
    for name, user in {"numbers": "{}", "texts": "nämé {} 🙂"}.items():
        with open(tmp_path / f"{name}.csv", "w") as file:
            file.write("user,item,time\n" + "".join(f"{user.format(u)},{2**60 + (u * 3 + i) % 11},{i}\n" for u in range(30) for i in range(5)))
        rechub("train", "--data", tmp_path / f"{name}.csv", "--model", "youtube_dnn", "--out", tmp_path / name, "--epochs", 1)
        rechub("export", tmp_path / name, "--to", "embeddings", "--users", "all", "--out", tmp_path / f"{name}.out")
        users, items = (np.load(tmp_path / f"{name}.out/{of}_ids.npy") for of in ("user", "item"))
        assert sorted(users) == sorted(u if name == "numbers" else user.format(u) for u in range(30))
        assert items.dtype == np.int64 and set(items) == {2**60 + i for i in range(11)}
        assert pyarrow.parquet.read_table(tmp_path / f"{name}.out/user_vectors.parquet")["user"].to_pylist() == list(users)
        np.testing.assert_array_equal(load_file(tmp_path / f"{name}.out/item_vectors.safetensors")["ids"], items)


def test_what_it_says_to_wrong_usage(exported, tmp_path):
    assert "did you mean onnx" in rechub("export", exported.bundle, "--to", "onyx", "--out", tmp_path / "x", code=2).stderr
    assert "parquet" in rechub("export", exported.bundle, "--to", "embeddings", "--formats", "parqet", "--out", tmp_path / "x", code=2).stderr
    rechub("export", tmp_path / "nothing", "--to", "onnx", "--out", tmp_path / "x", code=4)
    rechub("export", exported.bundle, "--to", "embeddings", "--users", tmp_path / "no.jsonl", "--out", tmp_path / "x", code=4)
    assert not (tmp_path / "x").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_text("mine")
    rechub("export", exported.bundle, "--to", "onnx", "--out", tmp_path / "mine", code=2)
    rechub("export", exported.bundle, "--to", "onnx", "--out", tmp_path / "mine", "--overwrite", code=2)
    assert (tmp_path / "mine/file").read_text() == "mine"
    rechub("export", exported.bundle, "--to", "onnx", "--out", exported.onnx, "--overwrite")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]
