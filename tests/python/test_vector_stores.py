"""`rechub export --to milvus|qdrant|pgvector`: what is written, loaded into the stores themselves, finds what rechub's exact search finds."""

import csv
import json
import pathlib
import random
import sys
import uuid

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from stores import Milvus, Pgvector, Qdrant, Table  # noqa: E402
from test_commands import run  # noqa: E402

STORES = ["milvus", "qdrant", "pgvector"]
# What may go wrong on the way into a store: separators, escapes and ends of its formats.
HOSTILE = ["tab\there", "back\\slash", "\\N", "\\.", "NULL", "line\nend", "return\rend", 'quo"te', "it's", "{a,b}", "ünï🙂", " blank ", "$1;--", "\x07"]
NUM_ITEMS, DIM = 120, 8


def write_csv(path, names, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)


BUNDLES = {
    "texts": ([*HOSTILE, *(f"item{i}" for i in range(NUM_ITEMS - len(HOSTILE)))], "sasrec", []),
    "numbers": ([str(2**60 + i) for i in range(NUM_ITEMS)], "youtube_dnn", ["similarity=cosine", "temperature=0.1"]),
    "interests": ([str(i - 5) for i in range(NUM_ITEMS)], "comirec_sa", []),
}
FEATURES = """
[features."2nd tags"]
kind = "multi"
separator = "|"
[features.price]
missing = "mean"
[features.age]
kind = "buckets"
boundaries = [1992, 1995]
[features.vector]
kind = "sparse"
[features.xmin]
kind = "sparse"
"""


def write_data(folder, items, draw):
    draws = [(user, draw.randrange(NUM_ITEMS)) for user in range(80)]
    events = [[user, items[(first + 3 * step) % NUM_ITEMS], 1_700_000_000 + step] for user, first in draws for step in range(2 + user % 9)]
    write_csv(folder / "events.csv", ["user", "item", "time"], events)
    features = [[item, draw.choice([*HOSTILE, ""]), draw.choice(["", "0.1", "12.5"]), "|".join(draw.sample(HOSTILE, draw.randrange(4))), i, 1990 + i % 9, i % 7]
                for i, item in enumerate(items)]
    write_csv(folder / "items.csv", ["item", "Kind of it", "price", "2nd tags", "vector", "age", "xmin"], features)
    (folder / "features.toml").write_text(FEATURES)
    run("prepare", "--interactions", folder / "events.csv", "--item-features", folder / "items.csv", "--features", folder / "features.toml", "--out", folder / "data")


@pytest.fixture(scope="session")
def exports(tmp_path_factory):
    """Folders by name, each with a bundle and all its exports: hostile texts and the inner product, large numbers and the cosine, negative numbers and several interests."""
    root, draw = tmp_path_factory.mktemp("stores"), random.Random(1)
    for name, (items, model, options) in BUNDLES.items():
        folder = root / name
        folder.mkdir()
        write_data(folder, items, draw)
        settings = [word for option in [f"dim={DIM}", *options] for word in ("--set", f"model.{option}")]
        run("train", "--data", folder / "data", "--model", model, "--out", folder / "bundle", "--epochs", 2, "--batch-size", 32, "--learning-rate", 0.02, *settings)
        for store in STORES:
            run("export", folder / "bundle", "--to", store, "--users", "all", "--out", folder / store)
    return {name: root / name for name in BUNDLES}


@pytest.fixture(scope="session")
def postgres():
    server = Pgvector()
    yield server
    server.close()


@pytest.fixture
def load(exports, request, tmp_path):
    opened = []

    def open_store(name, store):
        folder = exports[name] / store
        if store == "pgvector":
            opened.append(Table(request.getfixturevalue("postgres"), folder, f"of_{uuid.uuid4().hex}"))
        else:
            opened.append({"milvus": Milvus, "qdrant": Qdrant}[store](folder, tmp_path))
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


def read_users(path):
    """The queries of an export: raw id to its vectors, several where a user has several interests."""
    queries = {}
    for row in pyarrow.parquet.read_table(path).to_pylist():
        queries.setdefault(str(row["user"]), []).append(row["vector"])
    return queries


def best_of(answers, k):
    """The answers to several vectors of one user as one: an item's best score counts."""
    best = {}
    for item, score in [hit for answer in answers for hit in answer]:
        best[item] = max(score, best.get(item, score))
    return sorted(best.items(), key=lambda hit: -hit[1])[:k]


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("name", BUNDLES)
def test_a_store_finds_the_ten_best_items(exports, load, name, store, tmp_path):
    loaded, queries = load(name, store), read_users(exports[name] / store / "user_vectors.parquet")
    assert loaded.is_cosine == (name == "numbers")
    users = list(queries)[:30]
    assert len(queries) == 80 and {len(queries[user]) for user in users} == {4 if name == "interests" else 1}
    (tmp_path / "users.jsonl").write_text("".join(json.dumps({"user": user}) + "\n" for user in users))
    run("recommend", exports[name] / "bundle", "--users", tmp_path / "users.jsonl", "--k", 10, "--keep-seen", "--json", tmp_path / "best.json")
    results = {entry["user"]: entry["items"] for entry in json.loads((tmp_path / "best.json").read_text())["results"]}
    answers, compared = iter(loaded.search([vector for user in users for vector in queries[user]], 10)), 0
    for user in users:
        found = best_of([next(answers) for _ in queries[user]], 10)
        scores = [hit["score"] for hit in results[user]]
        np.testing.assert_allclose([score for _, score in found], scores, atol=1e-5)
        if min(-np.diff(scores)) > 1e-5:  # else two of them may change places
            assert [str(item) for item, _ in found[:9]] == [hit["item"] for hit in results[user][:9]], user
            compared += 1
    assert compared > 15


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("name", ["texts", "interests"])
def test_raw_ids_and_features_arrive_as_they_were(exports, load, name, store):
    rows = {row["item"]: row for row in load(name, store).rows()}
    given = {row["item"]: row for row in csv.DictReader(open(exports[name] / "items.csv", newline="", encoding="utf-8"))}
    assert sorted(map(str, rows)) == sorted(given) and isinstance(next(iter(rows)), str if name == "texts" else int)
    for item, row in rows.items():
        raw = given[str(item)]
        assert row.get("Kind_of_it") == (raw["Kind of it"] or None)
        assert row.get("price") == (pytest.approx(float(raw["price"]), rel=1e-6) if raw["price"] else None)
        assert list(row["_2nd_tags"]) == [tag.strip() for tag in raw["2nd tags"].split("|") if tag]
        assert (row["vector_2"], row["xmin_2"]) == (int(raw["vector"]), int(raw["xmin"]))
        assert "age" not in row


def test_points_have_ids_that_can_be_computed(exports, load):
    assert {point.id: point.payload["item"] for point in load("numbers", "qdrant").points()} == {2**60 + i: 2**60 + i for i in range(NUM_ITEMS)}
    for name in ("texts", "interests"):
        assert all(point.id == str(uuid.uuid5(uuid.NAMESPACE_OID, str(point.payload["item"]))) for point in load(name, "qdrant").points())


def test_the_parquet_file_has_the_types_that_milvus_imports(exports):
    schema = pyarrow.parquet.read_schema(exports["texts"] / "milvus/items.parquet")
    types = {field.name: field.type for field in schema}
    assert types["vector"] == pyarrow.list_(pyarrow.float32()) and types["item"] == pyarrow.string() and types["price"] == pyarrow.float32()
    assert types["_2nd_tags"] == pyarrow.list_(pyarrow.string()) and types["vector_2"] == pyarrow.int64()
    assert [field["name"] for field in json.loads((exports["texts"] / "milvus/collection.json").read_text())["schema"]["fields"]] == schema.names


def test_the_index_of_the_table_is_used(exports, load):
    table = load("texts", "pgvector")
    vector = "'" + json.dumps([1.0] * DIM) + "'"
    plan = table.server.psql(table.database, "--command", "SET enable_seqscan = off", "--command", f"EXPLAIN SELECT item FROM items ORDER BY vector <#> {vector} LIMIT 3")
    assert "Index Scan using items_vector_idx" in plan
    again = table.server.psql(table.database, "--command", "SELECT count(*) FROM items")
    with pytest.raises(AssertionError, match='relation "items" already exists'):
        table.server.psql(table.database, "--file", "items.sql", cwd=exports["texts"] / "pgvector")
    assert table.server.psql(table.database, "--command", "SELECT count(*) FROM items") == again


def test_what_it_says_to_wrong_usage(exports, tmp_path):
    bundle = exports["texts"] / "bundle"
    assert "did you mean milvus" in run("export", bundle, "--to", "milvuss", "--out", tmp_path / "x", code=2).stderr
    assert "--users does not go with --to onnx" in run("export", bundle, "--to", "onnx", "--users", "all", "--out", tmp_path / "x", code=2).stderr
    run("export", bundle, "--to", "qdrant", "--users", tmp_path / "no.jsonl", "--out", tmp_path / "x", code=4)
    assert not (tmp_path / "x").exists()
    done = run("export", bundle, "--to", "qdrant", "--out", tmp_path / "x")
    assert "Left out" in done.stdout and "age" in done.stdout and not (tmp_path / "x/user_vectors.parquet").exists()
    assert "not an export to milvus" in run("export", bundle, "--to", "milvus", "--out", tmp_path / "x", "--overwrite", code=2).stderr
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_value_that_a_store_cannot_keep_is_named(tmp_path):
    items = ["nul\0here", "x" * 70_000, *map(str, range(20))]
    events = [(user, items[(user + 3 * step) % len(items)], step) for user in range(40) for step in range(5)]
    pyarrow.parquet.write_table(pyarrow.table(dict(zip(["user", "item", "time"], map(list, zip(*events))))), tmp_path / "events.parquet")
    run("train", "--data", tmp_path / "events.parquet", "--model", "youtube_dnn", "--epochs", 1, "--out", tmp_path / "bundle")
    assert "column item: Milvus takes up to 65535 bytes" in run("export", tmp_path / "bundle", "--to", "milvus", "--out", tmp_path / "x", code=3).stderr
    assert 'column item, "nul\\u0000here": PostgreSQL keeps no' in run("export", tmp_path / "bundle", "--to", "pgvector", "--out", tmp_path / "x", code=3).stderr
    assert not list(tmp_path.glob("x*"))
