"""Torch-RecHub's document: its complete pipeline and its twelve snippets run as they stand with the package's name replaced."""

import os
import pathlib
import re
import warnings

import numpy as np
import pytest

import seed_data

PIPELINE = '''
from rechub.models.matching import DSSM
from rechub.trainers import MatchTrainer
from rechub.utils.data import MatchDataGenerator
from rechub.basic.features import SparseFeature, DenseFeature

user_features = [
    SparseFeature(name="user_id", vocab_size=10000, embed_dim=32),
    DenseFeature(name="age", embed_dim=1),
    SparseFeature(name="gender", vocab_size=3, embed_dim=8)
]

item_features = [
    SparseFeature(name="item_id", vocab_size=100000, embed_dim=32),
    SparseFeature(name="category", vocab_size=1000, embed_dim=16)
]

x = {
    "user_id": user_id_data,
    "age": age_data,
    "gender": gender_data,
    "item_id": item_id_data,
    "category": category_data
}
y = label_data

x_test_user = {
    "user_id": test_user_id_data,
    "age": test_age_data,
    "gender": test_gender_data
}
x_all_item = {
    "item_id": all_item_id_data,
    "category": all_item_category_data
}

dg = MatchDataGenerator(x, y)
train_dl, test_dl, item_dl = dg.generate_dataloader(
    x_test_user=x_test_user,
    x_all_item=x_all_item,
    batch_size=256,
    num_workers=8
)

model = DSSM(
    user_features=user_features,
    item_features=item_features,
    temperature=0.02,
    user_params={"dims": [256, 128, 64], "activation": "prelu"},
    item_params={"dims": [256, 128, 64], "activation": "prelu"}
)

trainer = MatchTrainer(
    model=model,
    mode=0,
    optimizer_params={"lr": 0.001, "weight_decay": 0.0001},
    n_epoch=50,
    earlystop_patience=10,
    device="cuda:0",
    model_path="saved/dssm"
)

trainer.fit(train_dl, test_dl)

trainer.export_onnx("user_tower.onnx", mode="user")
trainer.export_onnx("item_tower.onnx", mode="item")

user_embeddings = trainer.inference_embedding(model, mode="user", data_loader=test_dl, model_path="saved/dssm")
item_embeddings = trainer.inference_embedding(model, mode="item", data_loader=item_dl, model_path="saved/dssm")

from annoy import AnnoyIndex

index = AnnoyIndex(64, 'angular')
for i, embedding in enumerate(item_embeddings):
    index.add_item(i, embedding.tolist())
index.build(10)

user_idx = 0
user_emb = user_embeddings[user_idx].tolist()
recall_results = index.get_nns_by_vector(user_emb, 10)
print(f"User {user_idx}: {recall_results}")
'''

# Class, the features of its snippet beside the shared ones, its other arguments, width of the vectors, vectors a user.
LISTS = 'user_features = [SequenceFeature(name="user_history", vocab_size=100000, embed_dim=32, pooling=None)]'
LISTS_AND_USER = LISTS[:-1] + ', SparseFeature(name="user_id", vocab_size=10000, embed_dim=16)]'
MEAN_AND_USER = LISTS_AND_USER.replace("pooling=None", 'pooling="mean"')
PROFILE = 'user_features = [SparseFeature(name="user_id", vocab_size=10000, embed_dim=32), DenseFeature(name="age", embed_dim=1)]'
TOWER = '"dims": [256, 128, 64], "dropout": 0.2, "activation": '
SNIPPETS = {
    "DSSM": (PROFILE, f'temperature=0.02, user_params={{{TOWER}"prelu"}}, item_params={{{TOWER}"prelu"}}', 64, 1),
    "FaceBookDSSM": (PROFILE, ", ".join(f'{side}_params={{"dims": [512, 256, 128], "dropout": 0.3, "activation": "relu"}}' for side in ("user", "item")), 128, 1),
    "YoutubeDNN": (MEAN_AND_USER, f'user_params={{{TOWER}"relu"}}, temperature=0.02', 64, 1),
    "YoutubeSBC": (MEAN_AND_USER, f'user_params={{{TOWER}"relu"}}, temperature=0.02', 64, 1),
    "MIND": (LISTS_AND_USER, 'user_params={"dims": [256, 128], "dropout": 0.2, "activation": "relu"}, n_items=100000, n_interest=4, temperature=0.02', 128, 4),
    "GRU4Rec": (LISTS, "embedding_dim=32, hidden_size=64, num_layers=2, dropout=0.2, temperature=0.02", 32, 1),
    "NARM": (LISTS, "embedding_dim=32, hidden_size=64, num_layers=1, dropout=0.2, temperature=0.02", 32, 1),
    "SASRec": (LISTS, "embedding_dim=32, num_heads=4, num_layers=2, hidden_size=128, dropout=0.2, temperature=0.02", 32, 1),
    "SINE": (LISTS, "embedding_dim=32, num_heads=4, num_layers=2, hidden_size=128, dropout=0.2, n_interest=4, temperature=0.02", 32, 1),
    "STAMP": (LISTS, "embedding_dim=32, hidden_size=128, dropout=0.2, temperature=0.02", 32, 1),
    "ComirecDR": (LISTS, "embedding_dim=32, hidden_size=128, num_layers=2, n_interest=4, dropout=0.2, temperature=0.02", 32, 4),
    "ComirecSA": (LISTS, "embedding_dim=32, num_heads=4, num_layers=2, hidden_size=128, n_interest=4, dropout=0.2, temperature=0.02", 32, 4),
}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """What the document's pipeline leaves behind, run in a folder of its own, and its warnings."""
    names = seed_data.clicks()
    folder, before = tmp_path_factory.mktemp("pipeline"), os.getcwd()
    os.chdir(folder)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            exec(PIPELINE, names)
    finally:
        os.chdir(before)
    return names, folder, [str(one.message) for one in caught]


def test_the_complete_pipeline_learns(pipeline):
    names, _, caught = pipeline
    assert len([text for text in caught if "cuda" in text]) == 1 and len(caught) == 1
    users, items = names["user_embeddings"], names["item_embeddings"]
    assert users.shape == (50, 64) and items.shape == (150, 64) and users.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(users, axis=1), 1, rtol=1e-5)
    assert len(names["recall_results"]) == 10
    best = np.argsort(-users @ items.T, axis=1)[:, :10]
    is_liked = names["item_group"][best] == names["test_group"][:, None]
    assert is_liked.mean() > 0.6  # by chance .2


def test_annoy_finds_what_exact_search_finds(pipeline):
    names = pipeline[0]
    exact = np.argsort(-names["item_embeddings"] @ names["user_embeddings"][0])[:10]
    assert len(set(exact) & set(names["recall_results"])) >= 8


def test_exported_towers_give_the_vectors(pipeline):
    import onnxruntime

    names, folder, _ = pipeline
    user = onnxruntime.InferenceSession(folder / "user_tower.onnx")
    item = onnxruntime.InferenceSession(folder / "item_tower.onnx")
    assert sorted(one.name for one in user.get_inputs()) == ["age", "gender", "user_id"]
    feed = {"user_id": names["test_user_id_data"], "age": names["test_age_data"][:, None], "gender": names["test_gender_data"]}
    np.testing.assert_allclose(user.run(None, feed)[0], names["user_embeddings"], atol=2e-5)
    feed = {"item_id": names["all_item_id_data"], "category": names["all_item_category_data"]}
    np.testing.assert_allclose(item.run(None, feed)[0], names["item_embeddings"], atol=2e-5)


def snippet(name):
    features, arguments, _, _ = SNIPPETS[name]
    return f"""
from rechub.models.matching import {name}
from rechub.basic.features import SparseFeature, DenseFeature, SequenceFeature
{features}
item_features = [SparseFeature(name="item_id", vocab_size=100000, embed_dim=32), SparseFeature(name="category", vocab_size=1000, embed_dim=16)]
model = {name}(user_features=user_features, item_features=item_features, {arguments})
"""


@pytest.mark.parametrize("name", SNIPPETS)
def test_each_snippet_makes_a_model_that_trains_and_is_exported(name, tmp_path, capfd):
    import onnxruntime

    from rechub.trainers import MatchTrainer
    from rechub.utils.data import MatchDataGenerator

    names = {}
    exec(snippet(name), names)
    model = names["model"]
    if "user_history" in SNIPPETS[name][0]:
        assert "the history 'user_history' is read with the items of 'item_id'" in capfd.readouterr().err
    x, items = seed_data.histories()
    train, users, all_items = MatchDataGenerator(x).generate_dataloader({key: x[key] for key in ("user_history", "user_id", "age")}, items, batch_size=128, num_workers=0)
    trainer = MatchTrainer(model, mode=2, n_epoch=2, model_path=tmp_path / "saved", optimizer_params={"lr": 0.005})
    result = trainer.fit(train)
    assert result["epochs"] == 2 and trainer.history_[1]["train_loss"] < trainer.history_[0]["train_loss"]
    vectors = trainer.inference_embedding(model, "user", users, tmp_path / "saved")
    _, _, width, count = SNIPPETS[name]
    assert vectors.shape == ((400, width) if count == 1 else (400, count, width))
    trainer.export_onnx(tmp_path / "user.onnx", mode="user")
    trainer.export_onnx(tmp_path / "item.onnx", mode="item")
    user, item = (onnxruntime.InferenceSession(tmp_path / f"{side}.onnx") for side in ("user", "item"))
    columns = {"age": x["age"][:, None], "user_id": x["user_id"], "user_history": x["user_history"]}
    exported = user.run(None, {one.name: columns[one.name] for one in user.get_inputs()})[0]
    np.testing.assert_allclose(exported, vectors, atol=3e-5)
    np.testing.assert_allclose(item.run(None, items)[0], trainer.inference_embedding(model, "item", all_items), atol=3e-5)
    if "user_history" in columns and "user_history" in [one.name for one in user.get_inputs()]:  # zeros behind are no event either
        behind = np.stack([np.roll(row, int((row != 0).sum())) for row in x["user_history"]])
        again = user.run(None, {one.name: {**columns, "user_history": behind}[one.name] for one in user.get_inputs()})[0]
        np.testing.assert_allclose(again, exported, atol=1e-5)


@pytest.fixture(scope="module")
def document():
    """The document's text with the package's name replaced; tests that need it skip where it is not there."""
    folder = pathlib.Path(os.environ.get("RECHUB_SEED", pathlib.Path(__file__).parents[3] / "shared/seed"))
    files = sorted(folder.glob("*.txt")) if folder.is_dir() else []
    if not files:
        pytest.skip(f"the document is not in {folder}")
    return files[0].read_text().replace("torch_rechub", "rechub")


def test_the_pipeline_is_the_documents(document):
    """Its code, but for what it prints and its remarks."""
    lines = [re.sub(r"\s*#.*", "", line).rstrip() for line in document[document.index("15. ") :].splitlines()]
    for line in PIPELINE.splitlines():
        if line.strip() and not line.startswith("print"):
            assert line.rstrip() in lines, line


def test_the_snippets_run_one_behind_the_other_as_they_stand(document):
    """As a reader would type them: later ones use the features of those before."""
    blocks = re.findall(r"\npython\n(.*?)\n参数说明", document, re.DOTALL)
    assert len(blocks) == 12
    names, made = {}, []
    for block in blocks:
        exec(block, names)
        made.append(names["model"])
    assert [type(model).__name__ for model in made] == re.findall(r"^model = (\w+)\(", "\n".join(blocks), re.MULTILINE)
    assert sorted(type(model).__name__ for model in made) == sorted(SNIPPETS)
    assert [model.dim for model in made] == [SNIPPETS[type(model).__name__][2] for model in made]
