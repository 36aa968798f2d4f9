"""Searches the settings of a model with Optuna (pip install optuna), and ends weak trials early.

    optuna_search.py EVENTS [--model SASRec] [--trials 20] [--epochs 30] [--out best.bundle]

EVENTS is a file that `fit` takes: CSV, Parquet, RecBole .inter, a data set of `rechub prepare`. Each trial is a fit; after each epoch its metric on the validation
cases goes to Optuna, which says whether to go on. The choice is made on validation cases alone; the test cases are asked once, for the best trial. `rechub tune` on
the command line needs no Optuna and goes on where it was stopped.
"""

import argparse

import optuna

import rechub


def settings_of(trial):
    """What is searched, and how far."""
    return {
        "dim": trial.suggest_categorical("dim", [32, 64, 128]),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
        "learning_rate": trial.suggest_float("learning_rate", 3e-4, 1e-2, log=True),
        "batch_size": trial.suggest_categorical("batch_size", [64, 128, 256]),
    }


class Report:
    """A callback of fit: reports each epoch to the trial, and ends training where Optuna would prune it."""

    def __init__(self, trial, metric):
        self.trial, self.metric, self.is_pruned = trial, metric, False

    def __call__(self, epoch):
        if self.metric in epoch:
            self.trial.report(epoch[self.metric], epoch["epoch"])
            self.is_pruned = self.trial.should_prune()
        return self.is_pruned


def search(events, model="SASRec", trials=20, epochs=30, metric="NDCG@10", out=None):
    """The study, and the model of its best trial, fitted."""
    best = {}

    def objective(trial):
        report = Report(trial, metric)
        fitted = getattr(rechub, model)(epochs=epochs, metric=metric, **settings_of(trial)).fit(events, callbacks=report, verbose=False)
        if report.is_pruned:
            raise optuna.TrialPruned
        value = fitted.metrics_["training"]["best_metric"]
        if value > best.get("value", -1.0):
            best.update(value=value, model=fitted)  # the bundles of the others go with them
        return value

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=1), pruner=optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=2))
    study.optimize(objective, n_trials=trials)
    if out is not None:
        best["model"].save(out, overwrite=True)
    return study, best["model"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events")
    parser.add_argument("--model", default="SASRec")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--out")
    given = parser.parse_args()
    study, model = search(given.events, given.model, given.trials, given.epochs, out=given.out)
    pruned = sum(trial.state == optuna.trial.TrialState.PRUNED for trial in study.trials)
    print(f"best of {len(study.trials)} trials, {pruned} of them ended early: {study.best_params}")
    print(model.evaluate())
