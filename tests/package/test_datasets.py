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
