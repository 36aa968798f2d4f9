"""Data sets of other libraries, as fit takes them. RecTools' are in tests/rectools, which has an environment of its own."""

import numpy as np
import pandas as pd
import pytest

import rechub


@pytest.fixture
def recbole(tmp_path, monkeypatch):
    """A RecBole data set of 40 users, whose first user has no city, and the folder of its files."""
    for name, value in {"float_": np.float64, "complex_": np.complex128, "unicode_": np.str_, "bool8": np.bool_}.items():
        monkeypatch.setattr(np, name, value, raising=False)  # NumPy 2 no longer has these names, which RecBole 1.2 asks for
    monkeypatch.setattr("sys.argv", ["pytest"])  # RecBole reads its configuration there, too
    from recbole.config import Config
    from recbole.data import create_dataset

    folder = tmp_path / "toy"
    folder.mkdir()
    events = [f"{user}\t{100 + (user * 7 + time) % 30}\t{1.7e9 + 3600 * time:.0f}" for user in range(1, 41) for time in range(8)]
    people = [f"{user}\t{'' if user == 1 else ['Oslo', 'Bergen'][user % 2]}" for user in range(1, 41)]
    items = [f"{item}\t{'a b' if item % 3 else 'c'}\t{item / 10}" for item in range(100, 130)]
    for kind, header, lines in (("inter", "user_id:token\titem_id:token\ttimestamp:float", events), ("user", "user_id:token\tcity:token", people),
                                ("item", "item_id:token\ttags:token_seq\tsize:float", items)):
        (folder / f"toy.{kind}").write_text("\n".join([header, *lines]) + "\n")
    config = Config(model="SASRec", dataset="toy", config_dict={"data_path": str(tmp_path), "load_col": None, "train_neg_sample_args": None, "normalize_all": False})
    return config, create_dataset(config), folder


@pytest.mark.filterwarnings("ignore::FutureWarning")  # RecBole's
def test_recbole_gives_what_its_files_hold(recbole):
    config, dataset, folder = recbole
    ours, files = rechub.datasets.from_recbole(dataset), rechub.datasets.atomic(folder)
    files.user_features.loc[0, "city"] = None
    for found, expected in ((ours.events, files.events), (ours.user_features, files.user_features), (ours.item_features, files.item_features)):
        keys = [name for name in expected.columns if name in ("user_id", "item_id", "timestamp")]
        pd.testing.assert_frame_equal(found.sort_values(keys, ignore_index=True), expected.sort_values(keys, ignore_index=True))
    model = rechub.DSSM(dim=8, epochs=1).fit(**ours.fit, verbose=False)
    assert model.n_users_ == 40 and model.recommend([1], k=3)["item"].between(100, 129).all()

    from recbole.data import data_preparation

    data_preparation(config, dataset)
    with pytest.raises(ValueError, match="call from_recbole before data_preparation"):
        rechub.datasets.from_recbole(dataset)


def test_some_households_of_the_complete_journey():
    data, again = (rechub.datasets.complete_journey(households=20) for _ in range(2))
    assert data.events["household_id"].nunique() == 20 and data.events.equals(again.events)
    assert set(data.item_features["product_id"]) <= set(data.events["product_id"]) and len(data.item_features) > 1000
    assert set(data.user_features["household_id"]) <= set(data.events["household_id"])
    fresh = rechub.datasets.complete_journey(repeats=False, households=20).events
    assert len(fresh) == len(data.events.drop_duplicates(["household_id", "product_id"])) < len(data.events)


# MovieLens in its three forms, the first rows as GroupLens has them


@pytest.fixture
def write(tmp_path):
    def write(**files):
        for name, text in files.items():
            (tmp_path / name.replace("_", ".")).write_text(text, encoding="latin-1")
        return tmp_path

    return write


def test_movielens_1m(write):
    folder = write(ratings_dat="1::1193::5::978300760\n2::661::3::978302109\n")
    alone = rechub.datasets.movielens(folder)
    assert alone.user_features is None and alone.item_features is None and alone.options == {}
    assert alone.events.to_dict("list") == {"user": [1, 2], "item": [1193, 661], "rating": [5, 3], "timestamp": [978300760, 978302109]}
    data = rechub.datasets.movielens(write(users_dat="1::F::1::10::48067\n2::M::56::16::70072\n", movies_dat="661::James (1996)::Animation|Musical\n1193::Misérables::Drama\n"))
    assert data.user_features.iloc[0].to_dict() == {"user": 1, "gender": "F", "age": "1", "occupation": "10", "zip_code": 48067}
    assert data.item_features["genres"].tolist() == [["Animation", "Musical"], ["Drama"]] and data.item_features["title"].iloc[1] == "Misérables"


def test_movielens_100k(write):
    genres = "\n".join(f"{name}|{place}" for place, name in enumerate(["unknown", "Action", "Drama"]))
    write(u_user="196|49|M|writer|55105\n", u_genre=genres + "\n", u_item="242|Kolya (1996)|24-Jan-1997||http://x|0|1|1\n")
    folder = write(u_data="196\t242\t3\t881250949\n186\t302\t3\t891717742\n")
    data = rechub.datasets.movielens(folder)
    assert data.events["item"].tolist() == [242, 302] and data.user_features["occupation"].tolist() == ["writer"]
    assert data.item_features.iloc[0].to_dict() == {"item": 242, "title": "Kolya (1996)", "release_date": "24-Jan-1997", "genres": ["Action", "Drama"]}


def test_movielens_of_today(write):
    write(movies_csv='movieId,title,genres\n296,"Pulp, Fiction",Crime|Drama\n')
    data = rechub.datasets.movielens(write(ratings_csv="userId,movieId,rating,timestamp\n1,296,5.0,1147880044\n"))
    assert data.events.to_dict("list") == {"user": [1], "item": [296], "rating": [5.0], "timestamp": [1147880044]}
    assert data.item_features.iloc[0].to_dict() == {"item": 296, "title": "Pulp, Fiction", "genres": ["Crime", "Drama"]} and data.user_features is None


def test_movielens_can_be_fitted(write):
    rows = "".join(f"{user}::{1 + (user + time) % 9}::4::{978300760 + time}\n" for user in range(1, 31) for time in range(6))
    model = rechub.STAMP(dim=8, epochs=1).fit(**rechub.datasets.movielens(write(ratings_dat=rows)).fit, verbose=False)
    assert (model.n_users_, model.n_items_) == (30, 9)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"ratings_dat": "1,2,3,4\n"}, "ratings.dat, row 1: there is no item; expected user, item, rating, timestamp with '::' between them"),
        ({"ratings_dat": "1::2::3::4\n1::2::3\n"}, "ratings.dat, row 2: there is no timestamp"),
        ({"ratings_dat": "1::2::3::4::5\n"}, "ratings.dat: expected the columns user, item, rating, timestamp with '::' between them"),
        ({"ratings_dat": "x::2::3::4\n"}, "ratings.dat: user should be a number in every row, got 'x' in the first"),
        ({"ratings_dat": ""}, "ratings.dat: "),
        ({"ratings_dat": "1::2::3::4\n", "movies_dat": "1::x\n"}, "movies.dat, row 1: there is no genres"),
        ({"u_data": "1 2 3 4\n"}, "u.data, row 1: there is no item; expected user, item, rating, timestamp with '\\t' between them"),
        ({"u_data": "1\t2\t3\t4\n", "u_item": "1|2\n"}, "u.item, row 1: there is no genre0"),
        ({"ratings_csv": ""}, "ratings.csv: No columns to parse from file"),
        ({"ratings_csv": "a,b\n1,2\n"}, "ratings.csv: expected the columns userId, movieId, rating, timestamp, got a, b"),
        ({"ratings_csv": "userId,movieId,rating,timestamp\n"}, "ratings.csv: there is no rating in it"),
        ({"ratings_csv": "userId,movieId,rating,timestamp\n1,2,3,4\n1,,3,4\n"}, "ratings.csv, row 3: there is no movieId"),
        (
            {"ratings_csv": "userId,movieId,rating,timestamp\n1,2,3,4\n", "movies_csv": "movieId,name\n1,x\n"},
            "movies.csv: expected the columns movieId, title, genres, got movieId, name",
        ),
    ],
)
def test_what_is_no_movielens_is_named(write, files, says):
    with pytest.raises(ValueError) as caught:
        rechub.datasets.movielens(write(**files))
    assert f"/{says}" in str(caught.value)


def test_missing_folders_and_other_things(tmp_path):
    for folder in (tmp_path, tmp_path / "x"):
        with pytest.raises(rechub.NotFoundError, match="no MovieLens data here; expected ratings.dat"):
            rechub.datasets.movielens(folder)
    with pytest.raises(rechub.NotFoundError, match=r"no \*.inter"):
        rechub.datasets.atomic(tmp_path)
    with pytest.raises(rechub.NotFoundError, match="x: there is no such folder; expected one with RecBole's files"):
        rechub.datasets.atomic(tmp_path / "x")
    for read in (rechub.datasets.movielens, rechub.datasets.atomic):
        with pytest.raises(ValueError, match="folder: expected the path of a folder, got None"):
            read(None)
    (tmp_path / "toy.inter").write_text("user_id:token\titem_id:token\ttimestamp:float\n1\t2\tnoon\n")
    with pytest.raises(ValueError, match="toy.inter: could not convert string to float: 'noon'"):
        rechub.datasets.atomic(tmp_path)
    with pytest.raises(ValueError, match="from_recbole: expected a data set of RecBole .*, got NoneType"):
        rechub.datasets.from_recbole(None)
    with pytest.raises(ValueError, match="from_rectools: expected a data set or interactions of RecTools, got NoneType"):
        rechub.datasets.from_rectools(None)


@pytest.mark.parametrize("households", [-1, 0, 10**6, "3"])
def test_households_that_there_are_not(households):
    with pytest.raises(ValueError, match=f"households should be a whole number from 1 to 2469, got {households!r}"):
        rechub.datasets.complete_journey(households=households)
