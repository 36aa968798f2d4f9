"""Whatever the matching API is called with, it answers or raises an exception of Python's own kinds whose message is a sentence; the process lives on."""

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from expected_errors import only_expected_errors
from rechub.basic.features import DenseFeature, SequenceFeature, SparseFeature
from rechub.models.matching import DSSM, SASRec
from rechub.trainers import MatchTrainer
from rechub.utils.data import MatchDataGenerator, make_dataloader

SETTINGS = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], derandomize=True)

numbers = st.one_of(st.integers(-3, 12), st.integers(-(2**70), 2**70), st.floats(), st.none(), st.text(max_size=2), st.booleans())
values = st.one_of(
    arrays.arrays(arrays.scalar_dtypes(), arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)),
    st.lists(numbers, max_size=6),
    st.lists(st.lists(numbers, max_size=4), max_size=6),
    st.lists(st.integers(0, 9), min_size=4, max_size=4),
    arrays.arrays(np.int64, (4, 3), elements=st.integers(-1, 10)),
    numbers,
)
good = {"user": [0, 1, 2, 3], "age": [1.0, 2.0, 3.0, 4.0], "seen": [[1, 2], [3], [], [4, 5, 6]], "item": [1, 2, 3, 4], "kind": [0, 1, 0, 1]}
columns = st.one_of(
    st.dictionaries(st.sampled_from([*good, "other"]), values, max_size=6),
    st.dictionaries(st.sampled_from([*good, "other"]), st.one_of(st.lists(st.integers(0, 5), min_size=4, max_size=4), values), max_size=1).map(lambda some: {**good, **some}),
    st.sampled_from([None, 3, "nowhere.parquet", pd.DataFrame(), pd.DataFrame(good), [], {}]),
)
mostly_good = st.integers(0, 3).flatmap(lambda draw: columns if draw == 0 else st.just(good))


def models():
    users = [SparseFeature("user", 10, 4), DenseFeature("age"), SequenceFeature("seen", 10, 4, shared_with="item")]
    items = [SparseFeature("item", 10, 4), SparseFeature("kind", 2, 2)]
    return [DSSM(users, items, {"dims": [4]}, {"dims": [4]}), SASRec(user_features=users, item_features=items, embedding_dim=4, num_heads=1, num_layers=1, hidden_size=4)]


@SETTINGS
@given(columns, st.one_of(st.none(), st.none(), values), mostly_good, mostly_good, st.sampled_from([2, 3, 1, 0]), st.sampled_from([0, 1, 2]), st.booleans())
def test_any_columns(x, y, users, items, batch_size, mode, in_batch):
    generator = only_expected_errors(lambda: MatchDataGenerator(x, y), FileNotFoundError)
    loaders = only_expected_errors(lambda: generator.generate_dataloader(users, items, batch_size, 0), FileNotFoundError) if generator else None
    for model in models():
        trainer = MatchTrainer(model, mode=mode, n_epoch=1, model_path=None, in_batch_neg=in_batch)
        train = loaders[0] if loaders else only_expected_errors(lambda: make_dataloader(x, y, 2, 0), FileNotFoundError)
        if train is None:
            continue
        only_expected_errors(lambda: trainer.fit(train))
        only_expected_errors(lambda: trainer.evaluate(train))
        only_expected_errors(lambda: trainer.predict(train))
        for side, loader in zip(("user", "item"), (loaders or [None, None, None])[1:]):
            vectors = only_expected_errors(lambda: trainer.inference_embedding(model, side, loader))
            if vectors is not None:
                assert np.isfinite(vectors).all()


anything = st.one_of(st.none(), st.integers(-5, 5), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=3), st.lists(st.integers(-2, 9), max_size=3), st.booleans())


@SETTINGS
@given(st.dictionaries(st.sampled_from(["name", "vocab_size", "embed_dim", "shared_with", "pooling", "padding_idx"]), anything))
def test_any_feature(arguments):
    for kind in (SparseFeature, SequenceFeature, DenseFeature):
        feature = only_expected_errors(lambda: kind(**{"name": "a", **({} if kind is DenseFeature else {"vocab_size": 10}), **arguments}))
        if feature is not None:
            only_expected_errors(lambda: DSSM([feature], [SparseFeature("item", 10, 4)], {"dims": [4]}, {"dims": [4]}))


MODEL = ["temperature", "max_length", "user_params", "item_params"]
TRAINER = "mode n_epoch earlystop_patience optimizer_params regularization_params seed num_negatives validation_share device in_batch_neg_ratio".split()


@SETTINGS
@given(
    st.dictionaries(st.sampled_from(MODEL), st.one_of(anything, st.dictionaries(st.sampled_from(["dims", "dropout", "activation"]), anything))),
    st.dictionaries(
        st.sampled_from(TRAINER),
        st.one_of(anything, st.dictionaries(st.sampled_from(["lr", "weight_decay", "betas", "embedding_l1"]), anything)),
    ),
)
def test_any_argument(model_arguments, trainer_arguments):
    arguments = {"user_params": {"dims": [4]}, "item_params": {"dims": [4]}, **model_arguments}
    model = only_expected_errors(lambda: DSSM([SparseFeature("user", 10, 4)], [SparseFeature("item", 10, 4)], **arguments))
    if model is None:
        return
    epochs = trainer_arguments.get("n_epoch", 1)
    epochs = min(2, epochs) if isinstance(epochs, int) else epochs
    trainer = only_expected_errors(lambda: MatchTrainer(model, **{"model_path": None, **trainer_arguments, "n_epoch": epochs}))
    if trainer is not None:
        only_expected_errors(lambda: trainer.fit(make_dataloader({"user": [1, 2], "item": [3, 4]}, None, 2, 0)))
