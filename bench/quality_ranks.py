"""The rank of each test case's target: what quality.py keeps of a run beside its figures, and how two runs are held against each other.

Stored as twice the rank in a .npy of whole numbers (a rank may end in a half where scores tie), in the order of the cases, 0 for a target that training never saw.
"""

import csv
import math
import pathlib
import statistics

import numpy

ALLOWED_DEVIATIONS = 3


def read(path: pathlib.Path) -> list[dict]:
    """The rows of `rechub evaluate --ranks`."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def from_rows(rows: list[dict]) -> numpy.ndarray:
    return numpy.array([round(2 * float(row["rank"])) if row["rank"] else 0 for row in rows], dtype=numpy.uint32)


def save(path: pathlib.Path, rows: list[dict]) -> None:
    numpy.save(path, from_rows(rows))


def load(path: pathlib.Path) -> numpy.ndarray:
    return numpy.load(path)


def case_values(doubled: numpy.ndarray, metric: str) -> numpy.ndarray:
    """A metric of each case, which has one target. Recall is then Hit, and the ideal list of NDCG has it first."""
    name, cut = metric.split("@")
    rank = doubled / 2
    is_hit = (doubled > 0) & (rank <= int(cut))
    rank = numpy.where(is_hit, rank, 1)
    value = {"Hit": 1.0, "Recall": 1.0, "Precision": 1 / int(cut), "NDCG": 1 / numpy.log2(1 + rank), "MRR": 1 / rank}[name]
    return numpy.where(is_hit, value, 0.0)


def differences(doubled: numpy.ndarray, figures: dict[str, float]) -> list[str]:
    """What the figures say otherwise than the ranks do; the program sums in double precision, so only the last digits may differ."""
    wrong = []
    for metric, figure in figures.items():
        counted = float(case_values(doubled, metric).mean())
        if not math.isclose(counted, figure, abs_tol=1e-6):
            wrong.append(f"{metric} is {figure:.6f} but its ranks say {counted:.6f}")
    return wrong


def compare(metric: str, stored: dict, again: dict, runs: list[dict], before: numpy.ndarray | None, after: numpy.ndarray) -> tuple[bool, str]:
    """Whether a figure that was measured again is within 3 s.d. of the stored one, and a line that says so.

    The s.d. is the larger of what is known: that of the stored seeds, and the standard error of the mean difference, user by user, between the two runs."""
    deviations = {}
    if len(runs) > 1:
        deviations["of the stored seeds"] = statistics.stdev(run["test"][metric] for run in runs)
    if before is not None and len(before) == len(after):
        paired = case_values(after, metric) - case_values(before, metric)
        deviations["of the difference user by user"] = float(paired.std(ddof=1)) / math.sqrt(len(paired))
    difference = again["test"][metric] - stored["test"][metric]
    if not deviations:
        return difference == 0, f"{metric}: {again['test'][metric]:.4f}, stored {stored['test'][metric]:.4f}; no s.d. is known from one seed without ranks"
    source, deviation = max(deviations.items(), key=lambda entry: entry[1])
    is_good = abs(difference) <= ALLOWED_DEVIATIONS * deviation
    verdict = "within" if is_good else "NOT within"
    return is_good, f"{metric}: {again['test'][metric]:.4f}, stored {stored['test'][metric]:.4f}: {verdict} {ALLOWED_DEVIATIONS} x {deviation:.5f} (s.d. {source})"
