"""What rechub.utils.match and rechub.serving say to bad input, and how many places a search gives."""

import numpy as np
import pytest

from rechub import NotFoundError
from rechub.serving import AnnoyBuilder, FaissBuilder, MilvusBuilder
from rechub.utils import match

DRAW = np.random.default_rng(0)
VECTORS = DRAW.standard_normal((200, 16)).astype(np.float32)


def annoy(_):
    return match.Annoy()


def faiss(_):
    return match.Faiss(16)


def milvus(folder):
    one = match.Milvus(16)
    one._builder = MilvusBuilder(16, metric="L2", uri=str(folder / "milvus.db"))  # the constructor asks for a server
    return one


def without(row, value):
    vectors = VECTORS.astype(np.float64)
    vectors[row, 3] = value
    return vectors


SEARCHES = [annoy, faiss, milvus]
BAD_VECTORS = [
    (without(7, np.nan), "{}, row 7 (from 0): expected finite float32 numbers, got nan at 3"),
    (without(0, np.inf), "{}, row 0 (from 0): expected finite float32 numbers, got inf at 3"),
    (without(1, 1e300), "{}, row 1 (from 0): expected finite float32 numbers, got 1e+300 at 3"),
    (VECTORS[:0], "{}: expected one vector or more to search, got none"),
    ([], "{}: expected vectors [n, "),
    (VECTORS[0], "got 1 dimensions [16]"),
    (VECTORS[None], "got 3 dimensions [1, 200, 16]"),
    (VECTORS[:, :0], "got vectors of width 0"),
    ([[1.0, 2.0], [3.0]], "got rows of several widths"),
    ([["a"] * 16], "{}: expected numbers, got <U1"),
]
BAD_QUERIES = [
    (VECTORS[:1, :5], 3, "v: expected vectors [n, 16], got vectors of width 5"),
    (VECTORS[0, :5], 3, "v: expected vectors [n, 16], got vectors of width 5"),
    (without(0, np.nan)[:1], 3, "v, row 0 (from 0): expected finite float32 numbers, got nan at 3"),
    ([], 3, "v: expected vectors [n, 16]"),
    (VECTORS[0], 0, "n should be a whole number of 1 or more, got 0"),
    (VECTORS[0], -1, "n should be a whole number of 1 or more, got -1"),
    (VECTORS[0], 2.5, "n should be a whole number of 1 or more, got 2.5"),
]


@pytest.mark.parametrize("make", SEARCHES)
def test_searches_refuse_bad_input(make, tmp_path):
    search = make(tmp_path)
    with pytest.raises(ValueError, match="there are no vectors to search yet: call fit before query"):
        search.query(VECTORS[0], 3)
    for vectors, says in BAD_VECTORS:
        with pytest.raises(ValueError) as caught:
            search.fit(vectors)
        assert says.format("X") in str(caught.value)
    search.fit(VECTORS)
    for v, n, says in BAD_QUERIES:
        with pytest.raises(ValueError) as caught:
            search.query(v, n)
        assert says in str(caught.value)


@pytest.mark.parametrize("make", SEARCHES)
def test_no_more_places_than_vectors_are_given(make, tmp_path):
    search = make(tmp_path)
    search.fit(VECTORS)
    search.set_query_arguments(100_000) if make is annoy else None
    places, distances = search.query(VECTORS[5], 1000)
    if make is not annoy:
        (places,), (distances,) = places, distances
    assert sorted(places) == list(range(200)) and places[0] == 5 and np.isfinite(distances).all() and distances == sorted(distances)
    search.fit(VECTORS[:50]) if make is not faiss else None
    if make is not faiss:
        assert len(np.ravel(search.query(VECTORS[5], 1000)[0])) == 50  # a second fit replaces the first


def test_places_that_an_approximate_search_does_not_find_are_left_out():
    search = match.Faiss(16, "ivf", nlist=20)
    search.fit(VECTORS)
    search.set_query_arguments(nprobe=1)
    places, distances = search.query(VECTORS[:2], 200)
    assert all(0 < len(row) < 200 and min(row) >= 0 and len(row) == len(far) for row, far in zip(places, distances))
    few = match.Faiss(16, "ivf", nlist=300)
    with pytest.raises(ValueError, match="X: expected 300 vectors or more, as many as the index has cells, got 200"):
        few.fit(VECTORS)
    with pytest.raises(ValueError, match="v: expected one vector, got 2"):
        one = match.Annoy()
        one.fit(VECTORS)
        one.query(VECTORS[:2], 3)


@pytest.mark.parametrize("kind", ["annoy", "faiss", "milvus"])
def test_builders_refuse_bad_input(kind, tmp_path):
    builder = {"annoy": lambda: AnnoyBuilder(16), "faiss": FaissBuilder, "milvus": lambda: MilvusBuilder(16, uri=str(tmp_path / "milvus.db"))}[kind]()
    for vectors, says in BAD_VECTORS:
        with pytest.raises(ValueError) as caught, builder.from_embeddings(vectors):
            pass
        assert says.format("embeddings") in str(caught.value)
    with builder.from_embeddings(VECTORS) as indexer:
        places, distances = indexer.query(VECTORS[:3], 1000)
        assert places.shape == distances.shape == (3, 200)
        for v, says in ((VECTORS[:1, :5], "width 5"), (VECTORS[0], "1 dimensions"), (without(2, np.nan), "embeddings, row 2 (from 0)")):
            with pytest.raises(ValueError) as caught:
                indexer.query(v, 3)
            assert says in str(caught.value)
        with pytest.raises(ValueError, match="top_k should be a whole number of 1 or more, got 0"):
            indexer.query(VECTORS, 0)
    if kind != "faiss":
        with pytest.raises(ValueError, match=r"embeddings: expected vectors \[n, 16\], got vectors of width 5"), builder.from_embeddings(VECTORS[:, :5]):
            pass
        with pytest.raises(ValueError, match="d should be a whole number of 1 or more, got 0"):
            type(builder)(0)


def test_index_files_that_are_not_there_or_no_such_are_refused(tmp_path):
    (tmp_path / "text").write_text("hello")
    for builder in (AnnoyBuilder(16), FaissBuilder()):
        with pytest.raises(NotFoundError, match="there is no such index file"), builder.from_index_file(tmp_path / "nowhere"):
            pass
        with pytest.raises(ValueError, match="text: "), builder.from_index_file(tmp_path / "text"):
            pass
    search = match.Faiss(16)
    search.fit(VECTORS)
    search.save_index(tmp_path / "index")
    for dim, path, kind, says in ((8, "index", ValueError, "of width 8, got width 16"), (16, "text", ValueError, "FAISS cannot read"), (16, "nowhere", NotFoundError, "no such")):
        with pytest.raises(kind, match=says):
            match.Faiss(dim).load_index(tmp_path / path)
