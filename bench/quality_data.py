"""The public data sets that quality.py trains on: their files, how the program is told to read them, and which figures they are judged by."""

import csv
import dataclasses
import hashlib
import pathlib
import random
from collections.abc import Callable

import provenance

Options = list[str | pathlib.Path]


@dataclasses.dataclass(frozen=True)
class DataSet:
    """`files` lie under RECHUB_DATA; the first is what is trained on, unless `options` names another. These say how it is read, given the folder of the data and one to write
    converted tables to."""

    title: str
    files: tuple[str, ...]
    protocol: str
    options: Callable[[pathlib.Path, pathlib.Path], Options] = lambda data, scratch: []
    shown: tuple[str, ...] = ("Hit@5", "NDCG@5", "Hit@10", "NDCG@10")
    headline: tuple[str, str] = ("Hit@10", "NDCG@10")  # what `floor` and `published` of a row are about

    def missing(self) -> list[pathlib.Path]:
        return [path for path in self.paths() if not path.exists()]

    def paths(self) -> list[pathlib.Path]:
        return [provenance.data_directory() / file for file in self.files]

    def sha256(self) -> str:
        """Of the file; of the files' hashes where there are several."""
        hashes = [provenance.sha256(path) for path in self.paths()]
        return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()

    def program_options(self, scratch: pathlib.Path) -> Options:
        options = self.options(provenance.data_directory(), scratch)
        return options if "--data" in options else ["--data", self.paths()[0], *options]


MOVIELENS_FEATURES = """[features.zip]
kind = "ignore"
[features.genres]
kind = "multi"
separator = "|"
[features.year]
kind = "buckets"
num_buckets = 12
"""


def movielens_columns(data: pathlib.Path, scratch: pathlib.Path) -> Options:
    """`pos` is the order of a user's ratings in the original file; the times given there are too coarse to order them."""
    return ["--user-col", "user_id", "--item-col", "movie_id", "--time-col", "pos"]


def movielens_features(data: pathlib.Path, scratch: pathlib.Path) -> Options:
    """users.dat and movies.dat, whose fields stand between two colons, as CSV; the year is cut out of the title."""
    scratch.mkdir(parents=True, exist_ok=True)
    rows = lambda name: (line.split("::") for line in (data / "ml1m" / name).read_text(encoding="latin-1").splitlines())  # noqa: E731
    with open(scratch / "users.csv", "w", newline="") as out:
        csv.writer(out).writerows([("user_id", "gender", "age", "occupation", "zip"), *rows("users.dat")])
    with open(scratch / "movies.csv", "w", newline="") as out:
        movies = ((movie, title.rsplit("(", 1)[-1].rstrip(") "), genres) for movie, title, genres in rows("movies.dat"))
        csv.writer(out).writerows([("movie_id", "year", "genres"), *movies])
    (scratch / "features.toml").write_text(MOVIELENS_FEATURES)
    files = ["--user-features", scratch / "users.csv", "--item-features", scratch / "movies.csv", "--only-interacted-items", "--features", scratch / "features.toml"]
    return movielens_columns(data, scratch) + files


def misspelt(word: str, draw: random.Random) -> str:
    """`word` with one letter lost, doubled or changed places with the next; words of fewer than five letters stay."""
    if len(word) < 5:
        return word
    at = draw.randrange(1, len(word) - 2)
    return draw.choice([word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], word[:at] + word[at + 1] + word[at] + word[at + 2 :]])


def queries(data: pathlib.Path, scratch: pathlib.Path) -> Options:
    """Five queries an item, each two words of its text with a slip in each, in random order, as events of users of their own; the texts as an item feature."""
    draw = random.Random(1)
    scratch.mkdir(parents=True, exist_ok=True)
    items = [line.split() for line in (data / "beauty/item_text_tags.txt").read_text(encoding="utf-8").splitlines()]
    events = [(item, " ".join(misspelt(word, draw) for word in draw.sample(words, 2))) for item, *words in items if len(words) >= 2 for _ in range(5)]
    draw.shuffle(events)
    with open(scratch / "queries.csv", "w", newline="") as out:
        csv.writer(out).writerows([("user_id", "item_id", "timestamp", "query"), *((number, item, number, query) for number, (item, query) in enumerate(events))])
    with open(scratch / "items.csv", "w", newline="") as out:
        csv.writer(out).writerows([("item_id", "text"), *((item, " ".join(words)) for item, *words in items)])
    return ["--data", scratch / "queries.csv", "--item-features", scratch / "items.csv", "--context-cols", "query", "--text-cols", "query,text", "--split", "time:0.8,0.1,0.1"]


def sessions(data: pathlib.Path, scratch: pathlib.Path) -> Options:
    options = ["--format", "sessions", "--test", data / "diginetica/test.txt", "--test-targets", "prefixes", "--split", "sessions"]
    return [*options, "--seen", "keep", "--k", "5,10,20"]


LEAVE_ONE_OUT = "leave-one-out, full ranking of all items, items of the history excluded"

DATA_SETS = {
    "beauty": DataSet("Amazon Beauty, 5-core", ("beauty/sequences.txt",), LEAVE_ONE_OUT),
    "beauty-text": DataSet(
        "Amazon Beauty, queries",
        ("beauty/item_text_tags.txt",),
        "two misspelt words of an item's text, the item to be found among all items by the letters of query and texts; the last tenth of the queries",
        queries,
    ),
    "sports": DataSet("Amazon Sports and Outdoors, 5-core", ("sports/sequences.txt",), LEAVE_ONE_OUT),
    "beauty-defaults": DataSet("Amazon Beauty, 5-core, with the defaults of the command line", ("beauty/sequences.txt",), LEAVE_ONE_OUT),
    "sports-defaults": DataSet("Amazon Sports and Outdoors, 5-core, with the defaults of the command line", ("sports/sequences.txt",), LEAVE_ONE_OUT),
    "ml1m": DataSet("MovieLens-1M, ids only, histories of up to 200", ("ml1m/interactions.parquet",), LEAVE_ONE_OUT, movielens_columns),
    "ml1m-features": DataSet(
        "MovieLens-1M with features of users (gender, age, occupation) and movies (year, genres)",
        ("ml1m/interactions.parquet", "ml1m/users.dat", "ml1m/movies.dat"),
        LEAVE_ONE_OUT,
        movielens_features,
    ),
    "diginetica": DataSet(
        "Diginetica sessions",
        ("diginetica/train.txt", "diginetica/test.txt"),
        "every next click of the test sessions, full ranking of all items, items of the session kept",
        sessions,
        ("Recall@10", "MRR@10", "Recall@20", "MRR@20"),
        ("Recall@20", "MRR@20"),
    ),
}
