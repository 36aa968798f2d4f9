"""Figures in docs/choosing-a-model.md, docs/index.md and docs/models/when.json, between <!--NAME--> and <!--/-->: written by ./run docs from bench/results, as the tables of the
other pages are."""

import json
import pathlib
import re
import statistics

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench/results"
MARK = re.compile(r"<!--(\w+)-->.*?<!--/-->", re.DOTALL)


class Missing(Exception):
    """A result that is not kept yet: the command that would keep it."""


def kept(name: str) -> dict:
    path = RESULTS / f"{name}.json"
    if not path.exists():
        raise Missing(f"./run bench {name} --keep")
    return json.loads(path.read_text(encoding="utf-8"))


def runs_of(row: str) -> list[dict]:
    path = RESULTS / "quality" / f"{row.replace('/', '-')}.json"
    if not path.exists():
        raise Missing(f"./run quality {row}")
    return json.loads(path.read_text(encoding="utf-8"))["runs"]


def reached(row: str, metric: str = "NDCG@10") -> str:
    return short(statistics.mean(run["test"][metric] for run in runs_of(row)))


def seconds_to_best(model: str) -> float:
    """Of training on Beauty up to the best epoch: the epoch's time on a quiet machine times the kept runs' best epochs."""
    return statistics.median(kept("models")[model]["epoch_seconds"]) * statistics.mean(run["best_epoch"] for run in runs_of(f"beauty/{model}"))


def short(share: float) -> str:
    return f"{share:.4f}".removeprefix("0")


def of_beauty(*models: str) -> str:
    return ", ".join(f"{model} {reached(f'beauty/{model}')}" for model in models)


def slice_of(model: str, name: str) -> str:
    return short(kept("advice")["beauty"]["models"][model]["slices"][name]["NDCG@10"])


def length() -> str:
    models, short_ones, long_ones = ("sasrec", "comirec_sa", "gru4rec"), "history:1-5", "history:21+"
    by_length = [f"{model} {slice_of(model, short_ones)} with up to 5 events and {slice_of(model, long_ones)} with more than 20" for model in models]
    return f"NDCG@10 on Beauty: {'; '.join(by_length)}"


def sessions() -> str:
    rows = ("narm", "gru4rec", "stamp")
    return "Recall@20 on Diginetica: " + ", ".join(f"{model} {reached(f'diginetica/{model}', 'Recall@20')}" for model in rows)


def interests() -> str:
    return f"NDCG@10 on Beauty with four interests: {of_beauty('comirec_sa', 'comirec_dr', 'mind')}; with one pooled vector: {of_beauty('youtube_dnn')}"


def cold() -> str:
    found = kept("channels")["cold_items"]["among_cold_items"]
    by_chance = found["by_chance"]["Recall@100"]
    by_tower = found["item_tower"]["Recall@100"]
    return f"groceries that training never saw, put in order by the item tower: Recall@100 {short(by_tower)} among themselves, {short(by_chance)} by chance"


def words() -> str:
    return f"two misspelt words find an item's text among 12,101: Hit@10 {reached('beauty-text/dssm', 'Hit@10')}"


def few() -> str:
    models = kept("advice")["beauty"]["models"]
    floor = ", ".join(f"{name} {short(models[name]['NDCG@10'])} in {models[name]['training_seconds']:.0f} s" for name in ("ease", "item_knn"))
    return f"NDCG@10 on Beauty: {floor}; {of_beauty('youtube_dnn')}"


def repeats() -> str:
    found = kept("advice")["groceries"]["repeats_kept"]
    return "NDCG@10 on groceries, repeats kept: " + ", ".join(f"{name} {short(value)}" for name, value in sorted(found.items(), key=lambda one: -one[1]))


def speed_of(*models: str) -> str:
    """Events a second in training, the fastest first; of all models where none is named."""
    costs = kept("models")
    named = models or [name for name, cost in costs.items() if isinstance(cost, dict) and "events_per_second" in cost]
    names = sorted(named, key=lambda name: -costs[name]["events_per_second"])
    return f"events a second on {costs['machine']['cores']} cores, Beauty: " + ", ".join(f"{name} {costs[name]['events_per_second'] / 1000:.0f}k" for name in names)


def fast() -> str:
    return speed_of()


def attention() -> str:
    return f"NDCG@10 on Beauty: {of_beauty('comirec_sa', 'comirec_dr')}; {speed_of('comirec_sa', 'comirec_dr')}"


def last_click() -> str:
    return speed_of("stamp", "gru4rec", "narm", "youtube_dnn")


def spare() -> str:
    return "on Beauty: " + ", ".join(f"{name} {reached(f'beauty/{name}')} after {seconds_to_best(name):.0f} s" for name in ("sasrec", "comirec_sa", "sine"))


def million() -> str:
    changes, index = kept("advice")["changes"], kept("serve")["index"]
    sampled = short(changes["sasrec, 256 negatives by popularity"])
    return (f"NDCG@10 of sasrec on Beauty with 256 negatives by popularity {sampled}, with the whole softmax {reached('beauty/sasrec')}; HNSW over {index['items']:,} items of "
            f"64 dimensions is built in {index['build_seconds']:.0f} s and answers in {index['p50_ms']:.2f} ms at recall {short(index['recall'])}")


def varied() -> str:
    found = kept("advice")["groceries"]["diversity"]
    return "departments in ten groceries: " + ", ".join(
        f"{one['departments']:.1f} at {factor}" + ("" if float(factor) == 0 else f" ({one['of_the_plain_list']:.0%} of the plain list stay)") for factor, one in found.items())


def popular() -> str:
    models = kept("advice")["beauty"]["models"]
    return "head items in the lists on Beauty: " + ", ".join(f"{name} {models[name]['list_shares']['head']:.0%}" for name in ("youtube_sbc", "dssm", "youtube_dnn", "sasrec"))


def fused() -> str:
    gain = kept("channels")["fusion"]["gain_over_it"]["Recall@100"]
    best = kept("advice")["beauty"]["best_fusion"]
    return (f"Recall@100 on groceries {gain['relative']:+.1%}; on Beauty {' and '.join(best['names'])} gain {short(best['gain'][0])} NDCG@10 over {best['over']} "
            f"[{short(best['gain'][1])}, {short(best['gain'][2])}]")


def exact() -> str:
    arms = kept("flat")["arms"]
    single = next(repetitions for name, repetitions in arms.items() if name.startswith("rechub_single"))
    return f"one query over a million items of 64 dimensions in {statistics.median(one['milliseconds'] for one in single):.1f} ms"


def judged() -> str:
    found = kept("evaluate")
    return f"{found['users']:,} users over {found['items']:,} items in {found['median_ranking_seconds']:.2f} s"


def negatives() -> str:
    changes = kept("advice")["changes"]
    popular, uniform = (short(changes[f"sasrec, 256 {which}"]) for which in ("negatives by popularity", "uniform negatives"))
    return f"NDCG@10 of sasrec on Beauty: 256 by popularity {popular}, 256 uniform {uniform}, the whole softmax {reached('beauty/sasrec')}"


def better() -> str:
    changes = kept("advice")["changes"]
    one, low, dry = (short(changes[name]) for name in ("sasrec, one negative an event", "sasrec, dropout 0.2", "gru4rec, no dropout of the states"))
    return (f"NDCG@10 on Beauty: sasrec with one negative an event {one}, with dropout 0.2 {low}, as it should be {reached('beauty/sasrec')}; "
            f"gru4rec without dropout of its states {dry}, with it {reached('beauty/gru4rec')}")


def features() -> str:
    pairs = []
    for model in ("dssm", "youtube_dnn", "mind"):
        try:
            pairs.append(f"{model} {reached(f'ml1m/{model}')} without and {reached(f'ml1m-features/{model}')} with")
        except Missing as command:
            pairs.append(f"{model} not measured yet: `{command}`")
    return f"NDCG@10 on MovieLens-1M: {'; '.join(pairs)}"


def hnsw() -> str:
    found = kept("index")
    versions = dict(line.split("==") for line in (ROOT / "requirements/rivals.txt").read_text(encoding="utf-8").split() if "==" in line)
    names = {"hnswlib": f"hnswlib {versions['hnswlib']}", "faiss": f"FAISS {versions['faiss-cpu']}", "usearch": f"USearch {versions['usearch']}"}
    for name in (name for name in found if name.startswith("rechub ")):
        _, spec, *filtered = name.split()
        names[name] = f"RecHub `{spec}`" + (", with filters" if filtered else "")
    lines = ["", "| | recall@100 | queries a second, one thread | batches, all threads | build, seconds | MB |", "| --- | --- | --- | --- | --- | --- |"]
    for name, title in names.items():
        one = found[name]
        rates = " | ".join(f"{one[f'{mode}_queries_per_second']:,.0f}" for mode in ("one", "batch"))
        memory = f"{one['memory_mb']:.0f}" if "memory_mb" in one else ""
        lines.append(f"| {title} | {short(one['recall'])} | {rates} | {one['build_seconds']:.0f} | {memory} |")
    size = f"{found['items']:,} vectors of {found['dim']} dimensions on {found['threads']} threads"
    return "\n".join([f"{size}, {found['links']} links, {found['ef_construction']} candidates in building:", *lines, ""])


MADE = (length, sessions, interests, cold, words, few, repeats, fast, attention, last_click, spare, million, varied, popular, fused, exact, judged, negatives, better, features,
        hnsw)
FIGURES = {make.__name__: make for make in MADE}


def figure(name: str) -> str:
    try:
        return FIGURES[name]()
    except Missing as missing:
        return f"not measured yet: `{missing}`"


def filled(text: str) -> str:
    """A page with what stands between its marks written anew. KeyError for a mark that is none of FIGURES."""
    return MARK.sub(lambda mark: f"<!--{mark[1]}-->{figure(mark[1])}<!--/-->", text)
