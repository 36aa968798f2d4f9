import pytest

from serving import Server, make_data, train


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


@pytest.fixture(scope="module")
def server(sasrec, comirec):
    with Server(sasrec, comirec, "--channels", "sasrec,comirec=0,item_knn=0,content=0", "--show", "title,genre") as running:
        yield running
