"""Our ranking metrics and those of RecTools (Tikhonovich et al., MTS) on the same scores and relevant items, case by case."""

import json
import pathlib
import subprocess

import numpy
import pandas
import pytest
from rectools import Columns
from rectools.metrics import MRR, NDCG, HitRate, IntraListDiversity, MeanInvUserFreq, Precision, Recall
from rectools.metrics.distances import PairwiseDistanceCalculator

ROOT = pathlib.Path(__file__).resolve().parents[2]
CUTOFFS = [1, 3, 10, 25]
CASES, ITEM_ROWS, DIM, TRAIN_USERS = 200, 90, 6, 40


@pytest.fixture(scope="module")
def oracle():
    found = sorted((ROOT / "build").glob("**/eval_oracle"), key=lambda path: path.stat().st_mtime)
    if not found:
        pytest.fail("eval_oracle is not built: ./run build")
    return found[-1]


@pytest.fixture(scope="module")
def question():
    """Random scores without ties, one to twelve relevant items a case and, for half of the cases, excluded items that are not relevant."""
    random = numpy.random.default_rng(11)
    scores = random.permuted(numpy.tile(numpy.arange(ITEM_ROWS, dtype=float), (CASES, 1)), axis=1)
    relevant, exclude = [], []
    for case in range(CASES):
        items = random.permutation(numpy.arange(2, ITEM_ROWS))
        count = int(random.integers(1, 13))
        relevant.append(items[:count].tolist())
        exclude.append(items[count : count + case % 2 * 20].tolist())
    # Training interactions: each user has distinct items, so that occurrences are users and the two notions of novelty differ by a constant.
    pairs = [(user, item) for user in range(TRAIN_USERS) for item in random.choice(numpy.arange(2, ITEM_ROWS), 15, replace=False)]
    train = pandas.DataFrame(pairs, columns=[Columns.User, Columns.Item])
    counts = numpy.bincount(train[Columns.Item], minlength=ITEM_ROWS)
    vectors = random.normal(size=(ITEM_ROWS, DIM))
    return {"scores": scores, "relevant": relevant, "exclude": exclude, "train": train, "item_counts": counts, "item_vectors": vectors}


@pytest.fixture(scope="module")
def ours(oracle, question):
    names = ("scores", "relevant", "exclude", "item_counts", "item_vectors")
    asked = {name: numpy.asarray(question[name]).tolist() if name not in ("relevant", "exclude") else question[name] for name in names}
    done = subprocess.run([oracle], input=json.dumps({**asked, "k": CUTOFFS}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def recommended(question):
    """RecTools' table of recommendations, made from the scores by NumPy alone."""
    rows = []
    for case, (scores, exclude) in enumerate(zip(question["scores"], question["exclude"])):
        order = [item for item in numpy.argsort(-scores, kind="stable") if item >= 2 and item not in set(exclude)]
        rows += [(case, item, rank) for rank, item in enumerate(order[: max(CUTOFFS)], 1)]
    return pandas.DataFrame(rows, columns=[Columns.User, Columns.Item, Columns.Rank])


@pytest.fixture(scope="module")
def interactions(question):
    return pandas.DataFrame([(case, item) for case, items in enumerate(question["relevant"]) for item in items], columns=[Columns.User, Columns.Item])


class CosineDistance(PairwiseDistanceCalculator):
    def __init__(self, vectors):
        self.units = vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)

    def _get_distances_for_item_pairs(self, items_0, items_1):
        return 1 - (self.units[items_0.astype(int)] * self.units[items_1.astype(int)]).sum(axis=1)


def test_lists_agree(ours, recommended):
    theirs = recommended.sort_values([Columns.User, Columns.Rank]).groupby(Columns.User)[Columns.Item].apply(list)
    assert ours["lists"] == theirs.tolist()


@pytest.mark.parametrize("k", CUTOFFS)
@pytest.mark.parametrize(
    "name, metric",
    [("Hit", HitRate), ("Recall", Recall), ("Precision", Precision), ("MRR", MRR), ("NDCG", lambda k: NDCG(k=k, divide_by_achievable=True))],
)
def test_ranking_metrics_agree(ours, recommended, interactions, name, metric, k):
    theirs = metric(k=k).calc_per_user(recommended, interactions).sort_index()
    assert len(theirs) == CASES
    numpy.testing.assert_allclose(ours[f"{name}@{k}"], theirs.to_numpy(), atol=1e-12)


@pytest.mark.parametrize("k", CUTOFFS)
def test_novelty_is_theirs_up_to_the_unit_of_the_share(ours, recommended, question, k):
    """Theirs is the share of users that had the item, ours the share of events; with distinct items a user the logarithms differ by a constant."""
    theirs = MeanInvUserFreq(k=k).calc_per_user(recommended, question["train"]).sort_index().to_numpy()
    constant = numpy.log2(len(question["train"]) / TRAIN_USERS)
    numpy.testing.assert_allclose(ours[f"Novelty@{k}"], theirs + constant, atol=1e-5)


@pytest.mark.parametrize("k", CUTOFFS)
def test_intra_list_distance_agrees(ours, recommended, question, k):
    theirs = IntraListDiversity(k=k, distance_calculator=CosineDistance(question["item_vectors"])).calc_per_user(recommended).sort_index()
    numpy.testing.assert_allclose(ours[f"IntraListDistance@{k}"], theirs.to_numpy(dtype=float), atol=1e-6)
