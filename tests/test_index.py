"""rechub index, and what evaluate --index says of it."""

import json
import pathlib
import random
import shutil

import numpy
import pytest
from safetensors.numpy import load_file
from test_commands import run

ITEMS = 800


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two bundles on users who walk a ring of items: one vector a user, and several interests."""
    draw, folder = random.Random(1), tmp_path_factory.mktemp("index")
    with open(folder / "log.txt", "w") as out:
        for user in range(900):
            item = draw.randrange(ITEMS)
            steps = [str((item + i) % ITEMS) if draw.random() < 0.9 else str(draw.randrange(ITEMS)) for i in range(draw.randrange(5, 12))]
            out.write(" ".join([f"u{user}", *steps]) + "\n")
    for model in ("sasrec", "comirec_sa"):
        options = ["--batch-size", 64, "--epochs", 3, "--set", "model.dim=16", "--set", "model.max_length=10"]
        run("train", "--data", folder / "log.txt", "--format", "sequences", "--model", model, "--out", folder / model, *options)
    return folder


@pytest.fixture
def bundle(trained, tmp_path):
    return pathlib.Path(shutil.copytree(trained / "sasrec", tmp_path / "sasrec"))


def test_an_index_lies_in_the_bundle_and_verify_watches_it(bundle, tmp_path):
    done = run("index", bundle, "--spec", "HNSW16", "--json", tmp_path / "index.json")
    result = json.loads((tmp_path / "index.json").read_text())
    items = load_file(bundle / "item_vectors.safetensors")["item_vectors"].shape[0] - 2
    assert result["spec"] == "HNSW16" and result["items"] == items and result["dim"] == 16 and result["memory_bytes"] > items * 64
    assert "HNSW16 over" in done.stdout
    assert "index.rchindex" in json.loads((bundle / "manifest.json").read_text())["files"]
    run("verify", bundle)
    content = bytearray((bundle / "index.rchindex").read_bytes())
    content[len(content) // 2] ^= 4
    (bundle / "index.rchindex").write_bytes(content)
    assert "index.rchindex is damaged" in run("verify", bundle, code=3).stderr
    assert "damaged" in run("evaluate", bundle, "--index", "HNSW16", code=3).stderr
    run("index", bundle, "--spec", "Flat")
    run("verify", bundle)


def test_a_new_index_does_not_hide_other_damage(bundle):
    weights = bytearray((bundle / "weights.safetensors").read_bytes())
    weights[-1] ^= 1
    (bundle / "weights.safetensors").write_bytes(weights)
    assert "weights.safetensors is damaged" in run("index", bundle, "--spec", "Flat", code=3).stderr
    assert "weights.safetensors is damaged" in run("verify", bundle, code=3).stderr
    assert not (bundle / "index.rchindex").exists()


@pytest.mark.parametrize("model", ["sasrec", "comirec_sa"])
def test_tuning_finds_a_setting_and_stores_it(trained, tmp_path, model):
    bundle = pathlib.Path(shutil.copytree(trained / model, tmp_path / model))
    done = run("index", bundle, "--spec", "IVF16,Flat", "--tune-recall", 0.9, "--tune-k", 20, "--json", tmp_path / "tuned.json")
    result = json.loads((tmp_path / "tuned.json").read_text())
    tuning = result["tuning"]
    chosen = next(row for row in tuning["tradeoffs"] if row["effort"] == tuning["chosen"])
    assert tuning["reached"] and chosen["recall"] >= 0.9 and chosen["queries_per_second"] > 0
    assert all(row["recall"] < 0.9 for row in tuning["tradeoffs"] if row["effort"] < tuning["chosen"])
    assert result["effort"] == {"name": "nprobe", "value": tuning["chosen"]}
    assert "nprobe" in done.stdout and "recall@20" in done.stdout
    assert f"the bundle's IVF16,Flat, nprobe {tuning['chosen']}" in run("evaluate", bundle, "--index", "IVF16,Flat", "--bootstrap", 0).stdout


def test_evaluate_shows_what_an_index_costs(bundle, tmp_path):
    run("evaluate", bundle, "--index", "Flat", "--json", tmp_path / "flat.json")
    flat = json.loads((tmp_path / "flat.json").read_text())
    assert flat["others"]["Flat"]["metrics"]["NDCG@10"] == pytest.approx(flat["metrics"]["NDCG@10"], abs=1e-3)
    run("index", bundle, "--spec", "IVF64,Flat", "--effort", 1)
    done = run("evaluate", bundle, "--index", "IVF64,Flat", "--json", tmp_path / "ivf.json")
    result = json.loads((tmp_path / "ivf.json").read_text())
    indexed = result["others"]["IVF64,Flat"]
    difference, low, high = indexed["difference"]["Hit@10"]
    assert indexed["metrics"]["Hit@10"] < result["metrics"]["Hit@10"]
    assert difference == pytest.approx(result["metrics"]["Hit@10"] - indexed["metrics"]["Hit@10"], abs=1e-6) and low <= difference <= high
    assert "IVF64,Flat" in done.stdout


def test_out_writes_a_file_and_leaves_the_bundle(bundle, tmp_path):
    before = (bundle / "manifest.json").read_bytes()
    run("index", bundle, "--spec", "HNSW8,SQ8", "--out", tmp_path / "items.rchindex")
    assert (tmp_path / "items.rchindex").read_bytes()[:8] == b"RCHINDEX"
    assert (bundle / "manifest.json").read_bytes() == before and not (bundle / "index.rchindex").exists()


def test_wrong_use_says_what_is_right(bundle):
    assert "did you mean HNSW32?" in run("index", bundle, "--spec", "HNWS32", code=2).stderr
    assert "HNSW needs a number from 2 to 256" in run("index", bundle, "--spec", "HNSW", code=2).stderr
    assert "--tune-recall must be in (0, 1]" in run("index", bundle, "--spec", "Flat", "--tune-recall", 1.5, code=2).stderr
    assert "give one of them" in run("index", bundle, "--spec", "HNSW8", "--tune-recall", 0.9, "--effort", 3, code=2).stderr
    assert "16 dimensions cannot be cut into 5 equal parts" in run("index", bundle, "--spec", "IVF4,PQ5", code=2).stderr
    assert "has no effort to set" in run("index", bundle, "--spec", "Flat", "--effort", 3, code=2).stderr
    assert "unknown index 'LSH'" in run("evaluate", bundle, "--index", "LSH", code=2).stderr
    run("index", bundle.parent / "nothing", "--spec", "Flat", code=4)


def vectors_of(path):
    """The vectors of a Flat-coded IVF or HNSW file, read from its header as documented in index_file.h."""
    content = path.read_bytes()
    length = int.from_bytes(content[8:16], "little")
    header = json.loads(content[16 : 16 + length])
    sections, here = {}, 16 + length
    for name, size in header["sections"]:
        here = (here + 63) // 64 * 64
        sections[name] = content[here : here + size]
        here += size
    return header, sections


def test_a_graph_of_ours_is_one_that_faiss_agrees_with(bundle, tmp_path):
    """FAISS's exact search over the vectors in the file gives the neighbours that the links lead to."""
    faiss = pytest.importorskip("faiss")
    run("index", bundle, "--spec", "HNSW16", "--out", tmp_path / "items.rchindex")
    header, sections = vectors_of(tmp_path / "items.rchindex")
    vectors = numpy.frombuffer(sections["vectors"], numpy.float32).reshape(header["size"], header["dim"])
    stored = load_file(bundle / "item_vectors.safetensors")["item_vectors"][2:]
    assert numpy.array_equal(vectors, stored)
    links = numpy.frombuffer(sections["links"], numpy.int32).reshape(header["size"], 32)
    exact = faiss.IndexFlatIP(header["dim"])
    exact.add(vectors)
    best = exact.search(vectors, 2)[1]
    nearest = [next(int(other) for other in row if other != i) for i, row in enumerate(best)]
    assert numpy.mean([other in links[i] for i, other in enumerate(nearest)]) > 0.8
