"""Writes torch_rechub_values.json: what Torch-RecHub 0.9 itself gives, for test_utils.py and test_weights.py. Run by hand, in the environment of `tools/setup.sh rivals`:

    .venv/rivals/bin/python tests/package/make_torch_rechub_values.py
"""

import json
import pathlib
import random

import numpy as np
import pandas as pd
import torch
from torch_rechub.basic import metric
from torch_rechub.basic.features import DenseFeature, SequenceFeature, SparseFeature
from torch_rechub.models.matching import DSSM, NARM, ComirecSA
from torch_rechub.utils import data, match


def metrics() -> dict:
    draw = random.Random(1)
    wanted = {f"u{user}": draw.sample(range(30), draw.randrange(1, 6)) for user in range(12)}
    lists = {user: draw.sample(range(30), 10) for user in wanted}
    labels, scores, users = [draw.randrange(2) for _ in range(60)], [round(draw.random(), 1) for _ in range(60)], [draw.randrange(3) for _ in range(60)]
    vectors = [[draw.gauss(0, 1) for _ in range(4)] for _ in range(30)]
    popularity = {item: (item + 1) / 500 for item in range(25)}
    return {
        "wanted": wanted,
        "lists": lists,
        "labels": labels,
        "scores": scores,
        "users": users,
        "vectors": vectors,
        "popularity": popularity,
        "topk": metric.topk_metrics(wanted, lists, topKs=[1, 5, 10]),
        "auc": metric.auc_score(labels, scores),
        "gauc": metric.gauc_score(labels, scores, users),
        "log_loss": metric.log_loss(np.array(labels), np.clip(scores, 0.05, 0.95)),
        "diversity": metric.diversity_score(lists, np.array(vectors), topKs=[3, 10]),
        "coverage": metric.coverage_score(lists, range(30), topKs=[1, 5]),
        "novelty": metric.novelty_score(lists, popularity, topKs=[5]),
    }


def rows() -> dict:
    draw = random.Random(2)
    log = {"user": [], "item": [], "cate": [], "time": []}
    for time in range(80):
        item = draw.randrange(1, 15)
        for name, value in (("user", draw.randrange(1, 9)), ("item", item), ("cate", item % 4), ("time", time)):
            log[name].append(value)
    frame = pd.DataFrame(log)
    train, test = match.generate_seq_feature_match(frame.copy(), "user", "item", "time", item_attribute_cols=["cate"], mode=0, neg_ratio=0, min_item=3)
    profile = pd.DataFrame({"user": range(1, 9), "age": range(20, 28)})
    items = frame[["item", "cate"]].drop_duplicates("item")
    test = test.sort_values("user")
    padded = match.gen_model_input(test, profile, "user", items, "item", 5)
    return {
        "log": log,
        "train": sorted(train.drop(columns="label").values.tolist()),
        "test": sorted(test.values.tolist()),
        "input": {name: values.tolist() for name, values in padded.items()},
        "scores": SCORES,
        "hard": match.inbatch_negative_sampling(torch.tensor(SCORES), neg_ratio=2, hard_negative=True).tolist(),
        "gathered": match.gather_inbatch_logits(torch.tensor(SCORES), torch.tensor([[1, 2], [2, 0], [0, 3], [1, 2]])).tolist(),
        "padded": data.pad_sequences([[1, 2, 3], [], [4]], maxlen=2, padding="post", truncating="post").tolist(),
    }


SCORES = [[5.0, 1.0, 2.0, 3.0], [9.0, 5.0, 4.0, 1.0], [0.0, 3.0, 5.0, 2.0], [7.0, 8.0, 6.0, 5.0]]


def state_of(model: torch.nn.Module) -> dict:
    return {name: value.tolist() for name, value in model.state_dict().items()}


def weights() -> dict:
    torch.manual_seed(3)
    users = [DenseFeature("age"), SparseFeature("user_id", 6, 3)]
    history, item = SequenceFeature("hist", 12, 4, "concat", "item_id"), SparseFeature("item_id", 12, 4)
    x = {"hist": [[3, 5, 7], [2, 0, 0], [11, 1, 0]], "user_id": [1, 4, 0], "age": [0.2, -0.5, 1.5], "item_id": [3, 5, 11]}
    tensors = {name: torch.tensor(values) for name, values in x.items()}
    out = {"x": x}
    narm = NARM(SequenceFeature("hist", 12, 4, "concat"), 3, 0.0, 0.0).eval()
    narm.mode = "user"
    out["narm"] = {"state": state_of(narm), "vectors": narm(tensors).tolist()}
    comirec = ComirecSA(users, [history], [item], [SequenceFeature("neg", 12, 4, "concat", "item_id")], interest_num=2).eval()
    for parameter in comirec.parameters():  # theirs begin in [0, 1), where all interests are alike
        torch.nn.init.normal_(parameter)
    comirec.mode = "user"
    out["comirec_sa"] = {"state": state_of(comirec), "vectors": comirec(tensors).tolist()}
    dssm = DSSM(users, [item], {"dims": [4]}, {"dims": [4]}).eval()
    out["dssm"] = {"state": state_of(dssm)}
    return out


def main() -> None:
    values = {"metrics": metrics(), "rows": rows(), "weights": weights()}
    pathlib.Path(__file__).with_name("torch_rechub_values.json").write_text(json.dumps(values))


if __name__ == "__main__":
    main()
