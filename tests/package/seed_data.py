"""Data made to the shapes of Torch-RecHub's document, under the names its code expects, and small models over it."""

import numpy as np

from rechub.basic.features import DenseFeature, SequenceFeature, SparseFeature
from rechub.models.matching import DSSM, SASRec
from rechub.trainers import MatchTrainer

SMALL = {"dim": 16, "epochs": 2, "batch_size": 64, "num_workers": 0}  # settings of rechub's classes that are quick to fit
USERS, NUM_ITEMS, CATEGORIES = 10000, 100000, 1000

ITEMS = [SparseFeature("item_id", 61, 8), SparseFeature("category", 7, 4)]
WALKS = [SequenceFeature("user_history", 61, 8, shared_with="item_id")]


def clicks(rows=10000, users=200, items=150, seed=0):
    """Columns of its complete pipeline: who likes what is a matter of a hidden group, which the ids carry. Ids are spread over all of vocab_size."""
    draw = np.random.default_rng(seed)
    user_ids = draw.choice(USERS, users, replace=False)
    item_ids = draw.choice(NUM_ITEMS, items, replace=False)
    user_group, item_group = draw.integers(0, 5, users), draw.integers(0, 5, items)
    category = (item_group * 200 + draw.integers(0, 5, items)) % CATEGORIES
    age, gender = draw.integers(18, 70, users).astype(np.float32), draw.integers(0, 3, users)
    user, item = draw.integers(0, users, rows), draw.integers(0, items, rows)
    liked = (user_group[user] == item_group[item]) ^ (draw.random(rows) < 0.05)
    test = draw.choice(users, 50, replace=False)
    return {
        "user_id_data": user_ids[user],
        "age_data": age[user],
        "gender_data": gender[user],
        "item_id_data": item_ids[item],
        "category_data": category[item],
        "label_data": liked.astype(np.float32),
        "test_user_id_data": user_ids[test],
        "test_age_data": age[test],
        "test_gender_data": gender[test],
        "all_item_id_data": item_ids,
        "all_item_category_data": category,
        "test_group": user_group[test],
        "item_group": item_group,
    }


def histories(rows=400, items=60, length=12, seed=0):
    """Rows for its twelve snippets: a history that walks a ring of items, padded in front, the item behind it, its category, and a user of some age."""
    draw = np.random.default_rng(seed)
    start, long = draw.integers(0, items, rows), draw.integers(1, length + 1, rows)
    history = np.zeros((rows, length), dtype=np.int64)
    for row in range(rows):
        history[row, length - long[row] :] = (start[row] + np.arange(long[row])) % items + 1
    item = (start + long) % items + 1
    return {
        "user_history": history,
        "user_id": draw.integers(0, USERS, rows),
        "age": draw.integers(18, 70, rows).astype(np.float32),
        "item_id": item,
        "category": item % 7,
    }, {"item_id": np.arange(1, items + 1), "category": np.arange(1, items + 1) % 7}


def dssm(**arguments):
    users = [SparseFeature("user_id", USERS, 8), DenseFeature("age"), *WALKS]
    return DSSM(users, ITEMS, {"dims": [16, 8]}, {"dims": [16, 8]}, **arguments)


def sasrec(**arguments):
    return SASRec(user_features=WALKS, item_features=ITEMS, embedding_dim=16, num_heads=2, num_layers=1, hidden_size=16, dropout=0.0, temperature=0.1, **arguments)


def trainer(model, **settings):
    return MatchTrainer(model, **{"mode": 2, "n_epoch": 2, "model_path": None, **settings})
