"""The manners of scikit-learn's estimators, for all twelve models."""

import copy
import pickle

import pytest
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid, ParameterSampler
from sklearn.utils.estimator_checks import check_get_params_invariance, check_no_attributes_set_in_init, check_set_params

import rechub

MODELS = sorted(name for name in rechub.__all__ if isinstance(getattr(rechub, name), type) and issubclass(getattr(rechub, name), rechub.Recommender) and name != "Recommender")


def test_there_are_twelve():
    assert len(MODELS) == 12


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("check", [check_get_params_invariance, check_set_params, check_no_attributes_set_in_init], ids=lambda check: check.__name__)
def test_passes_the_checks_of_scikit_learn(name, check):
    check(name, getattr(rechub, name)())


@pytest.mark.parametrize("name", MODELS)
def test_is_cloned_copied_pickled_and_printed(name):
    cls = getattr(rechub, name)
    assert repr(cls()) == f"{name}()"
    given = cls(dim=24, epochs=3, learning_rate=0.01, views=("mask", "mask"))
    for other in (clone(given), copy.copy(given), copy.deepcopy(given), pickle.loads(pickle.dumps(given)), eval(repr(given), {name: cls})):
        assert type(other) is cls and other.get_params() == given.get_params()
        assert not hasattr(other, "bundle_")


def test_a_clone_of_a_fitted_model_has_learnt_nothing(model):
    assert clone(model).get_params() == model.get_params()
    with pytest.raises(rechub.NotFittedError):
        clone(model).recommend("u1")
    copied = copy.deepcopy(model)
    assert copied.bundle_ != model.bundle_ and copied.recommend("u1", k=3).equals(model.recommend("u1", k=3))


def test_a_grid_and_a_sample_of_settings(columns):
    base = rechub.STAMP(batch_size=64, num_workers=0, epochs=1)
    fitted = [clone(base).set_params(**settings).fit(columns, verbose=False) for settings in ParameterGrid({"dim": [8, 16], "similarity": ["dot", "cosine"]})]
    assert {(one.dim, one.similarity) for one in fitted} == {(8, "dot"), (8, "cosine"), (16, "dot"), (16, "cosine")}
    assert [one.item_vectors().shape[1] for one in fitted] == [one.dim for one in fitted]
    drawn = [clone(base).set_params(**settings) for settings in ParameterSampler({"dropout": [0.0, 0.5], "dim": [8, 16]}, n_iter=2, random_state=1)]
    assert len(drawn) == 2 and hasattr(fitted[0], "bundle_") and not hasattr(base, "bundle_")
