"""Metrics, rows, sampling, search, quantisation and weights, against what Torch-RecHub 0.9 itself gives (make_torch_rechub_values.py), scikit-learn, and values by hand."""

import json
import pathlib

import numpy as np
import pandas as pd
import pytest

import seed_data
from rechub.basic import metric
from rechub.basic.features import DenseFeature, SequenceFeature, SparseFeature
from rechub.models.matching import DSSM, NARM, ComirecSA
from rechub.trainers import MatchTrainer
from rechub.utils import data, match, quantization
from rechub.utils.data import MatchDataGenerator

VALUES = json.loads(pathlib.Path(__file__).with_name("torch_rechub_values.json").read_text())


# Metrics


def test_metrics_are_torch_rechubs_and_scikit_learns():
    from sklearn.metrics import log_loss, roc_auc_score

    theirs = VALUES["metrics"]
    popularity = {int(item): share for item, share in theirs["popularity"].items()}
    assert metric.topk_metrics(theirs["wanted"], theirs["lists"], topKs=[1, 5, 10]) == theirs["topk"]
    assert metric.diversity_score(theirs["lists"], np.array(theirs["vectors"]), topKs=[3, 10]) == theirs["diversity"]
    assert metric.diversity_score(theirs["lists"], dict(enumerate(theirs["vectors"])), topKs=[3, 10]) == theirs["diversity"]
    assert metric.coverage_score(theirs["lists"], range(30), topKs=[1, 5]) == theirs["coverage"]
    assert metric.novelty_score(theirs["lists"], popularity, topKs=[5]) == theirs["novelty"]
    labels, scores = theirs["labels"], np.array(theirs["scores"])
    assert metric.auc_score(labels, scores) == pytest.approx(theirs["auc"]) == pytest.approx(roc_auc_score(labels, scores))
    assert metric.gauc_score(labels, scores, theirs["users"]) == pytest.approx(theirs["gauc"])
    clipped = np.clip(scores, 0.05, 0.95)
    assert metric.log_loss(labels, clipped) == pytest.approx(theirs["log_loss"]) == pytest.approx(log_loss(labels, clipped))
    for name in ("NDCG", "Hit", "MRR", "Recall", "Precision"):
        one = getattr(metric, f"{name.lower()}_score")
        assert one(theirs["wanted"], theirs["lists"], [5]) == theirs["topk"][name][1:2]


def test_metrics_by_hand_and_at_the_edges():
    found = metric.topk_metrics({"a": [1, 2], "b": []}, {"a": [2], "b": [5]}, topKs=[3])  # a short list, a user without wanted items
    dcg = 1 / (1 + 1 / np.log2(3))
    assert found == {"NDCG": [f"NDCG@3: {round(dcg / 2, 4)}"], "MRR": ["MRR@3: 0.5"], "Recall": ["Recall@3: 0.25"], "Hit": ["Hit@3: 0.5"], "Precision": ["Precision@3: 0.1667"]}
    assert metric.log_loss([1, 0], [1.0, 0.0]) == pytest.approx(0, abs=1e-12)
    with pytest.raises(ValueError, match="y_pred lacks 'b'"):
        metric.topk_metrics({"a": [1], "b": [1]}, {"a": [1], "c": [1]})
    with pytest.raises(ValueError, match="rows of both labels"):
        metric.auc_score([1, 1], [0.1, 0.2])


# Rows


def test_rows_are_torch_rechubs():
    theirs = VALUES["rows"]
    log = pd.DataFrame(theirs["log"])
    before = log.copy()
    train, test = match.generate_seq_feature_match(log, "user", "item", "time", item_attribute_cols=["cate"], min_item=3)
    pd.testing.assert_frame_equal(log, before)
    assert sorted(train.drop(columns="label").values.tolist()) == theirs["train"]
    assert sorted(test.values.tolist()) == theirs["test"]
    assert train["label"].tolist() == [1] * len(train)
    profile = pd.DataFrame({"user": range(1, 9), "age": range(20, 28)})
    items = log[["item", "cate"]].drop_duplicates("item")
    made = match.gen_model_input(test.sort_values("user"), profile, "user", items, "item", 5)
    assert {name: values.tolist() for name, values in made.items()} == theirs["input"]


@pytest.mark.parametrize(("mode", "neg_ratio"), [(0, 3), (1, 0), (2, 4)])
def test_negatives_stand_where_the_mode_has_them(mode, neg_ratio):
    log = pd.DataFrame(VALUES["rows"]["log"])
    train, test = match.generate_seq_feature_match(log, "user", "item", "time", mode=mode, neg_ratio=neg_ratio, sample_method=1)
    positives = len(VALUES["rows"]["train"])
    if mode == 0:
        assert train["label"].sum() == positives and len(train) == 4 * positives
        key = lambda frame: sorted((user, tuple(history)) for user, history in zip(frame["user"], frame["hist_item"]))  # noqa: E731
        assert key(train[train.label == 0]) == sorted(key(train[train.label == 1]) * 3)
    else:
        shapes = {np.shape(value) for value in train["neg_items"]}
        assert len(train) == positives and shapes == ({()} if mode == 1 else {(4,)})
    assert len(test) == 8
    with pytest.raises(ValueError, match="neg_ratio should be 1 or more in mode 2, got 0"):
        match.generate_seq_feature_match(log, "user", "item", "time", mode=2)


def test_methods_draw_by_their_formulas():
    counts = {"a": 90, "b": 30, "c": 9, "d": 1}
    by = np.array(list(counts.values()), dtype=float)
    ranks = np.arange(4)
    weights = [np.ones(4), by**0.75, np.log(by + 1) + 1e-6, (np.log(ranks + 2) - np.log(ranks + 1)) / np.log(5)]
    for method, weight in enumerate(weights):
        np.random.seed(method)
        drawn = match.negative_sample(counts, 40_000, method)
        shares = [np.mean(drawn == item) for item in counts]
        np.testing.assert_allclose(shares, weight / weight.sum(), atol=0.01, err_msg=str(method))
    with pytest.raises(ValueError, match="method_id should be 0, 1, 2 or 3, got 4"):
        match.negative_sample(counts, 1, 4)


def test_negatives_of_the_batch():
    import torch

    scores = torch.tensor(VALUES["rows"]["scores"])
    assert match.inbatch_negative_sampling(scores, neg_ratio=2, hard_negative=True).tolist() == VALUES["rows"]["hard"]
    assert match.gather_inbatch_logits(scores, torch.tensor([[1, 2], [2, 0], [0, 3], [1, 2]])).tolist() == VALUES["rows"]["gathered"]
    generator = torch.Generator().manual_seed(0)
    drawn = torch.stack([match.inbatch_negative_sampling(scores, 2, generator=generator) for _ in range(3000)])  # [3000, 4, 2]
    for row in range(4):
        assert all(len(set(pair)) == 2 for pair in drawn[:100, row].tolist())
        shares = [(drawn[:, row] == other).any(1).float().mean().item() for other in range(4)]
        np.testing.assert_allclose(shares, [0 if other == row else 2 / 3 for other in range(4)], atol=0.03)
    assert match.inbatch_negative_sampling(scores).shape == (4, 3)
    with pytest.raises(ValueError, match="two rows or more"):
        match.inbatch_negative_sampling(scores[:1, :1])


def test_padding():
    assert data.pad_sequences([[1, 2, 3], [], [4]], maxlen=2, padding="post", truncating="post").tolist() == VALUES["rows"]["padded"]
    assert data.pad_sequences([[1, 2, 3], [], [4]], maxlen=2).tolist() == [[2, 3], [0, 0], [0, 4]]
    assert data.pad_sequences([[1, 2, 3], [4]], value=9).tolist() == [[1, 2, 3], [9, 9, 4]]
    assert data.array_replace_with_dict(np.array([[1, 3], [3, 2]]), {1: 10, 2: 20, 3: 30}).tolist() == [[10, 30], [30, 20]]
    assert {name: values.tolist() for name, values in data.df_to_dict(pd.DataFrame({"a": [1, 2], "b": [[1, 2], [3, 4]]})).items()} == {"a": [1, 2], "b": [[1, 2], [3, 4]]}


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
    for name, settings in (("faiss", {}), ("faiss", {"index_type": "HNSW", "efSearch": 100}), ("faiss", {"index_type": "IVF", "nlists": 4, "nprobe": 4}), ("annoy", {"d": 16, "n_trees": 20})):
        with builder_factory(name, **settings).from_embeddings(torch.tensor(vectors)) as indexer:
            places, distances = indexer.query(torch.tensor(queries), 5)
            assert isinstance(places, torch.Tensor) and distances.shape == (20, 5)
            assert recall(places) > 0.8, (name, settings)
            indexer.save(tmp_path / "file")
        with builder_factory(name, **settings).from_index_file(tmp_path / "file") as indexer:
            assert recall(indexer.query(queries, 5)[0]) > 0.8
    with pytest.raises(NotImplementedError, match="there is no builder 'scann'"):
        builder_factory("scann")


# Quantisation


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


def test_a_file_that_runs_code_is_refused(tmp_path):
    import torch

    class Evil:
        def __reduce__(self):
            return (pathlib.Path.touch, (tmp_path / "ran",))

    torch.save({"weight": Evil()}, tmp_path / "evil.pth")
    model = NARM(SequenceFeature("hist", 12, 4, "concat"), 3, 0.0, 0.0)
    with pytest.raises(ValueError, match="no state dict that can be read safely"):
        model.load_torch_rechub(tmp_path / "evil.pth")
    assert not (tmp_path / "ran").exists()
    (tmp_path / "text.pth").write_text("hello")
    with pytest.raises(ValueError, match="no state dict that can be read safely"):
        model.load_torch_rechub(tmp_path / "text.pth")
    with pytest.raises(FileNotFoundError):
        model.load_torch_rechub(tmp_path / "nowhere.pth")
