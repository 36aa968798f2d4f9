"""A log over many items that lie near each other as learnt ones do, and a SASRec bundle of it, for benchmarks of large catalogues."""

import pathlib

import numpy
import pyarrow
import pyarrow.parquet
import quality

PIECE, LENGTH, CLUSTER = 17, 51, 510
TRAIN = ["--model", "sasrec", "--split", "users:0.96,0.02,0.02", "--epochs", "1", "--batch-size", "64", "--learning-rate", "0.005", "--loss", "sampled_softmax", "--sampler",
         "uniform", "--set", "model.dim=64", "--set", "model.max_length=50", "--set", "model.similarity=cosine", "--set", "model.temperature=0.05", "--bootstrap", "0"]


def write_log(directory: pathlib.Path, num_items: int) -> None:
    """A walk through every cluster and one through every theme, each in an order of its own, cut into pieces; a user has three pieces. Every item is of a cluster and of a
    theme that has nothing to do with it: clusters alone are islands, between which a graph of nearest neighbours has no way."""
    random = numpy.random.default_rng(1)
    clusters, themes = numpy.arange(num_items) // CLUSTER, random.permutation(num_items) // CLUSTER
    orders = [numpy.lexsort((random.random(num_items), groups))[: num_items // PIECE * PIECE] for groups in (clusters, themes)]
    pieces = numpy.concatenate(orders).reshape(-1, PIECE)
    pieces = pieces[random.permutation(len(pieces))]
    walks = pieces[: len(pieces) // 3 * 3].reshape(-1, LENGTH)
    users = numpy.repeat(numpy.arange(len(walks)), LENGTH)
    times = numpy.tile(numpy.arange(LENGTH), len(walks)) + 1_700_000_000
    pyarrow.parquet.write_table(pyarrow.table({"user": users, "item": walks.reshape(-1), "time": times}), directory / "events.parquet")
    features = {name: numpy.char.add(name[0], groups.astype(str)) for name, groups in (("cluster", clusters), ("theme", themes))}
    pyarrow.parquet.write_table(pyarrow.table({"item": numpy.arange(num_items), **features}), directory / "items.parquet")


def train(bundle: pathlib.Path, num_items: int) -> None:
    """Makes the bundle, 50 events and 64 dimensions, by one epoch; with the log as events.parquet and items.parquet beside it."""
    directory = bundle.parent
    write_log(directory, num_items)
    files = ["--interactions", directory / "events.parquet", "--item-features", directory / "items.parquet"]
    quality.run_program("prepare", *files, "--out", directory / "data", "--overwrite", shows=False)
    quality.run_program("train", "--data", directory / "data", "--out", bundle, "--overwrite", *TRAIN, shows=False)
