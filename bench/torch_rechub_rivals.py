"""The complete pipeline of Torch-RecHub's document, with the package that it is imported from as an argument: the arms of bench/torch_rechub_bench.py, each run in a process of
its own.

    python bench/torch_rechub_rivals.py rechub|torch_rechub ROWS.npz EPOCHS NUM_WORKERS        prints JSON

It is the document's code but for the data and two things with which Torch-RecHub 0.9 itself fails: embeddings of several widths in one tower (all are 32 wide here), and a fit
that is given the loader of users to judge by (here it gets labelled rows).
"""

import contextlib
import importlib
import json
import os
import sys
import tempfile
import time
import warnings

import numpy

USER_COLUMNS, ITEM_COLUMNS = ("user_id", "age", "gender"), ("item_id", "category")
BATCH, K = 256, 10


class Timer:
    def __enter__(self):
        self.seconds = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.seconds


def columns(rows, prefix: str, names) -> dict:
    return {name: rows[f"{prefix}_{name}"] for name in names}


def hit_rate(lists, wanted) -> float:
    return float(numpy.mean([item in found for found, item in zip(lists, wanted)]))


def unseen_best(users, items, rows) -> list:
    """Each test user's best K items by exact search, without those of his training rows."""
    scores = users @ items.T
    place = {item: row for row, item in enumerate(rows["item_item_id"].tolist())}
    seen = {}
    for user, item in zip(rows["train_user_id"].tolist(), rows["train_item_id"].tolist()):
        seen.setdefault(user, []).append(place[item])
    for row, user in enumerate(rows["test_user_id"].tolist()):
        scores[row, seen.get(user, [])] = -numpy.inf
    return numpy.argsort(-scores, axis=1)[:, :K].tolist()


def run(package: str, rows, epochs: int, num_workers: int, saved: str) -> dict:
    features, models, trainers, data = (importlib.import_module(f"{package}.{name}") for name in ("basic.features", "models.matching", "trainers", "utils.data"))
    from annoy import AnnoyIndex
    from torch.utils.data import DataLoader

    user_features = [
        features.SparseFeature(name="user_id", vocab_size=10000, embed_dim=32),
        features.DenseFeature(name="age", embed_dim=1),
        features.SparseFeature(name="gender", vocab_size=3, embed_dim=32),
    ]
    item_features = [features.SparseFeature(name="item_id", vocab_size=100000, embed_dim=32), features.SparseFeature(name="category", vocab_size=1000, embed_dim=32)]
    both = USER_COLUMNS + ITEM_COLUMNS
    train_dl, test_dl, item_dl = data.MatchDataGenerator(columns(rows, "train", both), rows["train_label"]).generate_dataloader(
        x_test_user=columns(rows, "test", USER_COLUMNS), x_all_item=columns(rows, "item", ITEM_COLUMNS), batch_size=BATCH, num_workers=num_workers
    )
    valid_dl = DataLoader(data.TorchDataset(columns(rows, "valid", both), rows["valid_label"]), batch_size=BATCH, num_workers=num_workers)
    model = models.DSSM(
        user_features=user_features,
        item_features=item_features,
        temperature=0.02,
        user_params={"dims": [256, 128, 64], "activation": "prelu"},
        item_params={"dims": [256, 128, 64], "activation": "prelu"},
    )
    trainer = trainers.MatchTrainer(
        model=model, mode=0, optimizer_params={"lr": 0.001, "weight_decay": 0.0001}, n_epoch=epochs, earlystop_patience=10, device="cpu", model_path=saved
    )
    with Timer() as training:
        trainer.fit(train_dl, valid_dl)
    with Timer() as embedding:
        users = numpy.asarray(trainer.inference_embedding(model, mode="user", data_loader=test_dl, model_path=saved))
        items = numpy.asarray(trainer.inference_embedding(model, mode="item", data_loader=item_dl, model_path=saved))
    with Timer() as querying:
        index = AnnoyIndex(64, "angular")
        index.set_seed(1)
        for place, vector in enumerate(items):
            index.add_item(place, vector.tolist())
        index.build(10)
        found = [index.get_nns_by_vector(user.tolist(), K) for user in users]
    place = {item: row for row, item in enumerate(rows["item_item_id"].tolist())}
    wanted = [place[item] for item in rows["test_item_id"].tolist()]
    return {
        "train_seconds": training.seconds,
        "embed_seconds": embedding.seconds,
        "query_seconds": querying.seconds,
        "HR@10": hit_rate(found, wanted),
        "HR@10_unseen_exact": hit_rate(unseen_best(users, items, rows), wanted),
    }


def main() -> None:
    package, path, epochs, num_workers = sys.argv[1:]
    with numpy.load(path) as file:
        rows = {name: file[name] for name in file.files}
    with tempfile.TemporaryDirectory() as saved, contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, of its loaders
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        result = run(package, rows, int(epochs), int(num_workers), saved)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
