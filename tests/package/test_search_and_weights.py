"""Search, quantisation, and weights of Torch-RecHub 0.9 against the vectors it gives itself (make_torch_rechub_values.py)."""

import json
import pathlib
import traceback
import warnings

import numpy as np
import pytest

import seed_data
from rechub.basic.features import DenseFeature, SequenceFeature, SparseFeature
from rechub.models.matching import DSSM, NARM, ComirecSA
from rechub.trainers import MatchTrainer
from rechub.utils import data, match, quantization
from rechub.utils.data import MatchDataGenerator

VALUES = json.loads(pathlib.Path(__file__).with_name("torch_rechub_values.json").read_text())


# Search


def test_searches_find_what_exact_search_finds(tmp_path):
    import torch

    from rechub.serving import builder_factory

    draw = np.random.default_rng(0)
    vectors = draw.standard_normal((300, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    queries = vectors[:20] + 0.05 * draw.standard_normal((20, 16)).astype(np.float32)
    exact = np.argsort(((queries[:, None] - vectors[None]) ** 2).sum(-1), axis=1)[:, :5]
    recall = lambda places: np.mean([len(set(a) & set(b)) / 5 for a, b in zip(np.asarray(places).tolist(), exact.tolist())])  # noqa: E731
    for settings in ({"index_type": "flat"}, {"index_type": "hnsw"}, {"index_type": "ivf", "nlist": 4}, {"metric": "ip"}):
        index = match.Faiss(16, **settings)
        index.fit(vectors)
        index.set_query_arguments(nprobe=4, efSearch=100)
        assert recall(index.query(queries, 5)[0]) > 0.9, settings
        index.save_index(str(tmp_path / "index"))
        again = match.Faiss(16, **settings)
        again.load_index(str(tmp_path / "index"))
        assert again.query(queries[0], 5)[0] == index.query(queries[:1], 5)[0]
    annoy = match.Annoy(n_trees=20)
    annoy.fit(torch.tensor(vectors))
    assert recall([annoy.query(query, 5)[0] for query in queries]) > 0.8
    builders = [("faiss", {}), ("faiss", {"index_type": "HNSW", "efSearch": 100}), ("faiss", {"index_type": "IVF", "nlists": 4, "nprobe": 4})]
    for name, settings in [*builders, ("annoy", {"d": 16, "n_trees": 20})]:
        with builder_factory(name, **settings).from_embeddings(torch.tensor(vectors)) as indexer:
            places, distances = indexer.query(torch.tensor(queries), 5)
            assert isinstance(places, torch.Tensor) and distances.shape == (20, 5)
            assert recall(places) > 0.8, (name, settings)
            indexer.save(tmp_path / "file")
        with builder_factory(name, **settings).from_index_file(tmp_path / "file") as indexer:
            assert recall(indexer.query(queries, 5)[0]) > 0.8
    with pytest.raises(NotImplementedError, match="there is no builder 'scann'"):
        builder_factory("scann")


def test_milvus_finds_what_exact_search_finds(tmp_path):
    from rechub.serving import builder_factory

    draw = np.random.default_rng(0)
    vectors = draw.standard_normal((300, 16)).astype(np.float32)
    queries = draw.standard_normal((20, 16)).astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1)
    scores = {"IP": queries @ vectors.T, "COSINE": queries @ (vectors / lengths[:, None]).T, "L2": -((queries[:, None] - vectors) ** 2).sum(-1)}
    for metric, score in scores.items():
        with builder_factory("milvus", d=16, metric=metric, uri=str(tmp_path / "milvus.db")).from_embeddings(vectors) as indexer:
            places, distances = indexer.query(queries, 5)
            np.testing.assert_array_equal(places, np.argsort(-score, axis=1)[:, :5], err_msg=metric)
            assert places.dtype == np.int64 and distances.shape == (20, 5)
    with pytest.raises(ValueError, match="index_type should be FLAT, HNSW or IVF_FLAT"):
        builder_factory("milvus", d=16, index_type="flat")


# Export and quantisation


def test_export_takes_what_torch_rechub_takes(tmp_path):
    """In its order; what changes nothing here is told."""
    x, items = seed_data.histories()
    trainer = MatchTrainer(seed_data.sasrec(), n_epoch=1, model_path=None)
    trainer.fit(MatchDataGenerator(x).generate_dataloader(x, items, 64, 0)[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert trainer.export_onnx(tmp_path / "plain.onnx", "item")
        trainer.export_onnx(tmp_path / "all.onnx", "item", {"item_id": np.array([1])}, 2, 10, 17, True, "cpu", False, None)
    with pytest.warns(UserWarning, match=r"does without opset_version=14, dynamic_batch=False, device='cuda:0', onnx_export_kwargs=\{'dynamo': False\}: .* operator set 17"):
        trainer.export_onnx(tmp_path / "warned.onnx", "item", None, 2, 10, 14, False, "cuda:0", True, {"dynamo": False})
    graphs = {(tmp_path / f"{name}.onnx").read_bytes() for name in ("plain", "all", "warned")}
    assert len(graphs) == 1


def test_quantised_towers_lose_little(tmp_path):
    x, items = seed_data.histories()
    users = [SparseFeature("user_id", seed_data.USERS, 32), DenseFeature("age"), SequenceFeature("user_history", 61, 32, shared_with="item_id")]
    model = DSSM(users, [SparseFeature("item_id", 61, 32), SparseFeature("category", 7, 8)])
    trainer = MatchTrainer(model, mode=2, n_epoch=3, model_path=None)
    trainer.fit(MatchDataGenerator(x).generate_dataloader(x, items, 64, 0)[0])
    columns = {**x, "age": x["age"][:, None]}
    trainer.export_onnx(tmp_path / "user.onnx", mode="user")
    losses = {}
    for mode in ("int8", "fp16"):
        quantization.quantize_model(tmp_path / "user.onnx", tmp_path / f"{mode}.onnx", mode)
        losses[mode] = quantization.quantization_loss(tmp_path / "user.onnx", tmp_path / f"{mode}.onnx", columns)
    assert losses["int8"]["size"] < 0.35 and losses["fp16"]["size"] < 0.6
    assert losses["int8"]["mean_cosine"] > 0.98 and losses["fp16"]["lowest_cosine"] > 0.999
    assert losses["fp16"]["largest_difference"] < losses["int8"]["largest_difference"]
    assert quantization.quantization_loss(tmp_path / "user.onnx", tmp_path / "user.onnx", columns)["largest_difference"] == 0
    quantization.quantize_model(tmp_path / "user.onnx", tmp_path / "spelt.onnx", " INT8 ", weight_type="Signed")
    assert (tmp_path / "spelt.onnx").read_bytes() == (tmp_path / "int8.onnx").read_bytes()
    with pytest.raises(ValueError, match="mode should be int8 or fp16, got 'int4'"):
        quantization.quantize_model(tmp_path / "user.onnx", tmp_path / "x.onnx", "int4")


# Weights


def saved(path, name):
    import torch

    torch.save({key: torch.tensor(value) for key, value in VALUES["weights"][name]["state"].items()}, path)
    return path


def user_vectors(model):
    x = {name: np.array(values) for name, values in VALUES["weights"]["x"].items()}
    trainer = MatchTrainer(model, model_path=None)
    return trainer.inference_embedding(model, "user", data.make_dataloader(x, batch_size=3))


def unit(values):
    values = np.array(values)
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


@pytest.mark.parametrize("name", ["narm", "comirec_sa"])
def test_weights_of_torch_rechub_give_its_vectors(tmp_path, name):
    history, item = SequenceFeature("hist", 12, 4, "concat", "item_id"), SparseFeature("item_id", 12, 4)
    if name == "narm":
        model = NARM(SequenceFeature("hist", 12, 4, "concat"), 3, 0.0, 0.0)
    else:
        model = ComirecSA([DenseFeature("age"), SparseFeature("user_id", 6, 3)], [history], [item], interest_num=2)
    report = model.load_torch_rechub(saved(tmp_path / "model.pth", name))
    assert [source for source, where in report.items() if where.startswith("left")] == ([] if name == "narm" else ["multi_interest_sa.W3"])
    np.testing.assert_allclose(user_vectors(model), unit(VALUES["weights"][name]["vectors"]), atol=1e-5)
    table = VALUES["weights"][name]["state"]["item_emb.weight" if name == "narm" else "embedding.embed_dict.item_id.weight"]
    np.testing.assert_allclose(model.state_dict()["item.item_id"][2:], table, rtol=1e-6)


def test_what_does_not_correspond_is_left_and_said_so(tmp_path):
    users = [DenseFeature("age"), SparseFeature("user_id", 6, 3)]
    model = DSSM(users, [SparseFeature("item_id", 12, 4)], {"dims": [4]}, {"dims": [4]})
    before = model.state_dict()
    report = model.load_torch_rechub(saved(tmp_path / "model.pth", "dssm"))
    assert report["embedding.embed_dict.user_id.weight"] == "user.user_id"
    assert "batch norm" in report["user_mlp.mlp.0.weight"]
    np.testing.assert_array_equal(model.state_dict()["user_tower.0.weight"], before["user_tower.0.weight"])
    np.testing.assert_allclose(model.state_dict()["user.user_id"][2:], VALUES["weights"]["dssm"]["state"]["embedding.embed_dict.user_id.weight"], rtol=1e-6)
    other = DSSM(users, [SparseFeature("item_id", 13, 4)], {"dims": [4]}, {"dims": [4]})
    with pytest.raises(ValueError, match=r"embed_dict.item_id.weight: \[12, 4\] does not fit the model, whose table item.item_id has \[13, 4\]"):
        other.load_torch_rechub(tmp_path / "model.pth")


def test_training_begins_with_what_was_taken_and_fits_the_rest(tmp_path):
    users = [DenseFeature("age"), SparseFeature("user_id", 6, 3)]
    model = DSSM(users, [SparseFeature("item_id", 12, 4)], {"dims": [4]}, {"dims": [4]})
    model.load_torch_rechub(saved(tmp_path / "model.pth", "dssm"))
    x = {"age": np.arange(20, 60, dtype=np.float32), "user_id": np.arange(40) % 6, "item_id": np.arange(40) % 12}
    MatchTrainer(model, mode=2, n_epoch=1, model_path=None, optimizer_params={"lr": 1e-12}, validation_share=0).fit(data.make_dataloader(x))
    weights = model.state_dict()
    assert weights["user.age.mean"] == pytest.approx(39.5) and weights["user.age.inverse_deviation"] == pytest.approx(1 / x["age"].std(), rel=0.05)
    np.testing.assert_allclose(weights["user.user_id"][2:], VALUES["weights"]["dssm"]["state"]["embedding.embed_dict.user_id.weight"], atol=1e-6)
    again = model.state_dict()
    MatchTrainer(model, mode=2, n_epoch=1, model_path=None, optimizer_params={"lr": 0.01}, validation_share=0).fit(data.make_dataloader(x))
    assert np.abs(model.state_dict()["user.user_id"] - again["user.user_id"]).max() > 1e-3  # goes on from what it has learnt, not from the file
    with pytest.raises(ValueError, match="the file has no tensor gru.weight_ih_l0: it belongs to another model"):
        NARM(SequenceFeature("hist", 12, 4, "concat"), 3, 0.0, 0.0).load_torch_rechub(tmp_path / "model.pth")


def test_a_model_saved_as_a_whole_is_refused_in_our_words(tmp_path):
    import torch

    model = NARM(SequenceFeature("hist", 12, 4, "concat"), 3, 0.0, 0.0)
    torch.save(torch.nn.Linear(2, 2), tmp_path / "whole.pth")
    torch.save({"epoch": 3, "model": {"weight": torch.zeros(2)}}, tmp_path / "checkpoint.pth")
    for name in ("whole.pth", "checkpoint.pth"):
        with pytest.raises(ValueError) as caught:
            model.load_torch_rechub(tmp_path / name)
        said = "".join(traceback.format_exception(caught.value))
        assert f"{name}: expected a state dict" in said and "torch.save(model.state_dict(), 'model.pth')" in said
        assert "\x1b" not in said and "weights_only=False" not in said and "Unpickling" not in said
    with pytest.raises(IsADirectoryError):
        model.load_torch_rechub(tmp_path)


def test_a_file_that_runs_code_is_refused(tmp_path):
    import torch

    class Evil:
        def __reduce__(self):
            return (pathlib.Path.touch, (tmp_path / "ran",))

    torch.save({"weight": Evil()}, tmp_path / "evil.pth")
    model = NARM(SequenceFeature("hist", 12, 4, "concat"), 3, 0.0, 0.0)
    with pytest.raises(ValueError, match="expected a state dict, tensors by name and nothing else"):
        model.load_torch_rechub(tmp_path / "evil.pth")
    assert not (tmp_path / "ran").exists()
    (tmp_path / "text.pth").write_text("hello")
    with pytest.raises(ValueError, match="expected a state dict, tensors by name and nothing else"):
        model.load_torch_rechub(tmp_path / "text.pth")
    with pytest.raises(FileNotFoundError):
        model.load_torch_rechub(tmp_path / "nowhere.pth")


def test_builders_and_indexers_stand_where_torch_rechub_has_them():
    """Its serving package is a module a library; what its examples import, builder_factory, stands above them."""
    import rechub.serving
    from rechub.serving import annoy, base, faiss, milvus

    for module, name in ((annoy, "Annoy"), (faiss, "Faiss"), (milvus, "Milvus")):
        assert getattr(module, f"{name}Builder") is getattr(rechub.serving, f"{name}Builder")
        assert issubclass(getattr(module, f"{name}Indexer"), base.BaseIndexer)
    with faiss.FaissBuilder().from_embeddings(np.eye(3)) as indexer:
        assert isinstance(indexer, faiss.FaissIndexer) and indexer.query(np.eye(3), 1)[0].tolist() == [[0], [1], [2]]
