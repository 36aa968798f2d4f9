"""What ./run demo prints of its figures: a table for each of the two judgements, and a paragraph on what they show.

    table.py FOLDER

FOLDER holds MODEL-keep.json and MODEL-exclude.json of each model, as `rechub evaluate MODEL.bundle --baselines ... --json FILE` writes them; all that is said is
computed from them.
"""

import json
import pathlib
import sys

METRICS = ["Hit@10", "Recall@10", "NDCG@10"]
TITLES = {"keep": "What a household buys next, repeat purchases included", "exclude": "What it buys next among products that are new to it"}


class Judgement:
    """One way of judging: a row for each model and each baseline, best NDCG@10 first."""

    def __init__(self, folder, seen):
        self.title = TITLES[seen]
        self.models = {path.name.removesuffix(f"-{seen}.json"): json.loads(path.read_text()) for path in sorted(folder.glob(f"*-{seen}.json"))}
        first = next(iter(self.models.values()))
        self.protocol = first["protocol"]
        self.baselines = first["others"]
        self.rows = sorted({**self.models, **self.baselines}.items(), key=lambda row: -row[1]["metrics"]["NDCG@10"])
        self.model = next(name for name, _ in self.rows if name in self.models)
        self.baseline = next(name for name, _ in self.rows if name in self.baselines)

    def table(self):
        cells = [["", *METRICS]]
        for name, row in self.rows:
            cells.append([name, *("{:.4f} [{:.4f}, {:.4f}]".format(row["metrics"][metric], *row["intervals"][metric]) for metric in METRICS)])
        widths = [max(map(len, column)) for column in zip(*cells)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells]
        said = self.protocol
        lines.append(f"{said['users']:,} households, {said['targets']:,} products to find among {said['items']:,}; 95 % intervals by bootstrap.")
        if self.baselines["own_favourites"]["metrics"] == self.baselines["popularity"]["metrics"]:
            lines.append("Nothing new is among a household's own favourites, so own_favourites is popularity here.")
        return f"{self.title}\n\n" + "\n".join(lines)

    def difference(self, baseline):
        """What the best model has more than a baseline, household by household, with its interval."""
        return self.models[self.model]["others"][baseline]["difference"]["NDCG@10"]

    def verdict(self, baseline=None):
        """-1, 0 or 1: the best model is below, level with or above a baseline, the best one unless another is named."""
        _, low, high = self.difference(baseline or self.baseline)
        return 1 if low > 0 else -1 if high < 0 else 0

    def by_popularity(self):
        """What is found of the products that make half of all purchases, and of the others."""
        slices = {name: row["slices"] for name, row in self.rows}
        head = {name: groups["popularity:head"] for name, groups in slices.items()}
        rest = max(groups[name]["NDCG@10"] for groups in slices.values() for name in ("popularity:torso", "popularity:tail") if name in groups)
        return ("{:.0f} % of the products to find are among those that make half of all purchases: there NDCG@10 is {:.4f} for {} and {:.4f} for {}. "
                "Among all others it is {:.4f} at most, whatever the list.").format(
                    100 * head[self.model]["targets"] / self.protocol["targets"], head[self.model]["NDCG@10"], self.model, head[self.baseline]["NDCG@10"], self.baseline, rest)

    def sentence(self):
        words = {1: "above", 0: "level with", -1: "below"}
        text = "the best model, {}, is {} the best baseline, {} (NDCG@10 {:+.4f} [{:+.4f}, {:+.4f}])".format(
            self.model, words[self.verdict()], self.baseline, *self.difference(self.baseline))
        for verdict, word in words.items():
            names = [name for name, _ in self.rows if name in self.baselines and name != self.baseline and self.verdict(name) == verdict]
            text += f" and {word} {' and '.join(names)}" if names else ""
        return text


def paragraph(keep, exclude):
    repeats = 100 * exclude.protocol["seen_targets"] / keep.protocol["targets"]
    parts = [f"With repeat purchases {keep.sentence()}; among new products {exclude.sentence()}."]
    parts.append(f"{repeats:.0f} % of the products to find are ones that the household had bought before.")
    if keep.verdict() < 0 and keep.baseline == "own_favourites":
        parts.append("Whoever buys something often buys it again, and a count says how often exactly; a model has one vector a household for all of it, and that blurs the counts. "
                     "So it is on grocery data as a rule (Hu et al., SIGIR 2020; Li et al., TOIS 2023): for what people come back to, show their favourites.")
    parts.append("Of what is new to a household, " + exclude.by_popularity())
    said = {1: f"For what they do not know yet, {exclude.model} is the better list.",
            0: "For what they do not know yet, these households do not say which list is better: the simpler one will do.",
            -1: f"For what they do not know yet, {exclude.baseline} is the better list here: more training or other settings would have to show their worth."}
    return " ".join([*parts, said[exclude.verdict()]])


def wrapped(text, columns=98):
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= columns:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return "\n".join(lines)


def main():
    keep, exclude = (Judgement(pathlib.Path(sys.argv[1]), seen) for seen in TITLES)
    print(keep.table(), exclude.table(), wrapped(paragraph(keep, exclude)), sep="\n\n")


if __name__ == "__main__":
    main()
