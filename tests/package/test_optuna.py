"""examples/optuna_search.py: three trials on the ring, and one that is ended early."""

import subprocess
import sys

import optuna
import pandas as pd
import pytest
from source_tree import ROOT

sys.path.insert(0, str(ROOT / "examples"))
import optuna_search  # noqa: E402


def test_three_trials(columns, tmp_path, monkeypatch):
    pd.DataFrame(columns).to_csv(tmp_path / "events.csv", index=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "build/python"))
    words = [sys.executable, ROOT / "examples/optuna_search.py", tmp_path / "events.csv", "--trials", "3", "--epochs", "3", "--out", tmp_path / "best.bundle"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "best of 3 trials" in done.stdout and "'dim'" in done.stdout and "300 users" in done.stdout
    assert (tmp_path / "best.bundle/manifest.json").exists()


def test_a_weak_trial_ends_early_and_the_best_is_kept(columns, monkeypatch):
    """The second trial learns nothing, for its steps are next to none."""
    rates = iter([1e-2, 1e-9, 1e-3])
    monkeypatch.setattr(optuna_search, "settings_of", lambda trial: {"dim": 16, "batch_size": 64, "num_workers": 0, "learning_rate": next(rates)})
    monkeypatch.setattr(optuna.pruners, "MedianPruner", lambda **_: optuna.pruners.ThresholdPruner(lower=0.3, n_warmup_steps=2))
    study, model = optuna_search.search(columns, trials=3, epochs=6)
    states = [trial.state.name for trial in study.trials]
    assert states[:2] == ["COMPLETE", "PRUNED"] and max(study.trials[1].intermediate_values) == 2
    assert model.learning_rate == 1e-2 and study.best_value == pytest.approx(model.metrics_["training"]["best_metric"])
