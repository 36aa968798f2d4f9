"""What the search wrappers of Torch-RecHub's API say to vectors and queries that are none."""

import numpy as np
import pytest

from rechub.serving import builder_factory
from rechub.utils import match

VECTORS = np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32)
WRAPPERS = [lambda: match.Annoy(), lambda: match.Faiss(8), lambda: match.Faiss(8, "hnsw")]


def with_nan(vectors):
    changed = np.array(vectors)
    changed[3, 2] = np.nan
    return changed


@pytest.mark.parametrize("make", WRAPPERS)
def test_wrappers_name_what_is_wrong(make):
    index = make()
    with pytest.raises(ValueError, match="holds no vectors yet: call fit first"):
        index.query(VECTORS[0], 2)
    for wrong in (VECTORS[0], VECTORS[:0], VECTORS[:, :, None]):
        with pytest.raises(ValueError, match=r"X should be \[n, (dim|8)\] with n and dim of 1 or more, got \["):
            index.fit(wrong)
    with pytest.raises(ValueError, match=r"X, row 3 \(from 0\): nan is not a finite number"):
        index.fit(with_nan(VECTORS))
    with pytest.raises(ValueError, match=r"X should be numbers \["):
        index.fit([list("abcdefgh")])
    index.fit(VECTORS)
    with pytest.raises(ValueError, match=r"the query should be \[n, 8\]"):
        index.query(VECTORS[0, :5], 2)
    with pytest.raises(ValueError, match=r"the query, row 0 \(from 0\): inf"):
        index.query(np.full(8, np.inf, dtype=np.float32), 2)
    for n in (0, -1, 1.5, "2"):
        with pytest.raises(ValueError, match="n should be"):
            index.query(VECTORS[0], n)


@pytest.mark.parametrize("make", WRAPPERS)
def test_no_more_places_than_there_are_vectors(make):
    index = make()
    index.fit(VECTORS)
    places = index.query(VECTORS[0], 1000)[0]
    places = places[0] if isinstance(places[0], list) else places
    assert places[0] == 0 and 40 < len(places) <= 50 and min(places) >= 0


@pytest.mark.parametrize("name, settings", [("annoy", {"d": 8}), ("faiss", {})])
def test_builders_name_what_is_wrong(name, settings):
    builder = builder_factory(name, **settings)
    with pytest.raises(ValueError, match=r"vectors, row 3 \(from 0\): nan"), builder.from_embeddings(with_nan(VECTORS)):
        pass
    with builder.from_embeddings(VECTORS) as indexer:
        with pytest.raises(ValueError, match=r"queries should be \[n, 8\]"):
            indexer.query(VECTORS[:, :4], 2)
        with pytest.raises(ValueError, match="top_k should be"):
            indexer.query(VECTORS, 0)


def test_an_index_of_another_width_is_not_loaded(tmp_path):
    index = match.Faiss(8)
    index.fit(VECTORS)
    index.save_index(str(tmp_path / "index"))
    with pytest.raises(ValueError, match="holds vectors 8 wide, this Faiss takes 16"):
        match.Faiss(16).load_index(str(tmp_path / "index"))
