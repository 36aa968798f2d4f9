import pytest

from serving import Server, make_data, rechub, train, write_csv


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def sasrec(data, tmp_path_factory):
    return train(data, "sasrec", tmp_path_factory.mktemp("bundles") / "sasrec.bundle")


@pytest.fixture(scope="session")
def comirec(data, tmp_path_factory):
    """Several interests a user."""
    return train(data, "comirec_sa", tmp_path_factory.mktemp("bundles") / "comirec.bundle", 2)


@pytest.fixture(scope="session")
def plain(tmp_path_factory):
    """Data of its own, without any features: users p0 to p79, items 1000 to 1029 and b0 to b9."""
    folder = tmp_path_factory.mktemp("plain")
    items = [*range(1000, 1030), *(f"b{item}" for item in range(10))]
    write_csv(folder / "events.csv", [("user", "item", "time"), *((f"p{user}", items[(7 * user + step) % 40], step) for user in range(80) for step in range(6))])
    rechub("prepare", "--interactions", folder / "events.csv", "--out", folder / "data")
    return train(folder / "data", "sasrec", folder / "plain.bundle", 2)


@pytest.fixture(scope="session")
def shelves(tmp_path_factory):
    """Data of its own: users have an age, items a genre, as those of `sasrec`, and a shelf."""
    folder = tmp_path_factory.mktemp("shelves")
    write_csv(folder / "events.csv", [("user", "item", "time"), *((f"s{user}", f"book{(3 * user + step) % 25}", step) for user in range(70) for step in range(6))])
    write_csv(folder / "items.csv", [("item", "genre", "shelf"), *((f"book{item}", ["drama", "crime"][item % 2], f"shelf {item % 3}") for item in range(25))])
    write_csv(folder / "users.csv", [("user", "age"), *((f"s{user}", 20 + user % 40 + 0.5) for user in range(70))])
    rechub("prepare", "--interactions", folder / "events.csv", "--item-features", folder / "items.csv", "--user-features", folder / "users.csv", "--out", folder / "data")
    return train(folder / "data", "dssm", folder / "shelves.bundle", 2)


@pytest.fixture(scope="module")
def server(sasrec, comirec):
    with Server(sasrec, comirec, "--channels", "sasrec,comirec=0,item_knn=0,content=0", "--show", "title,genre") as running:
        yield running
