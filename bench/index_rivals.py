"""HNSW of three libraries, used raw, behind one small interface: the rivals of bench/index_bench.py. 16 links a vector (32 on the lowest level), 100 candidates
while building: what each of them, and RecHub's HNSW16, is built with."""

import numpy

LINKS = 16
EF_CONSTRUCTION = 100


class Hnswlib:
    def __init__(self, dim: int) -> None:
        import hnswlib

        self.index = hnswlib.Index(space="ip", dim=dim)

    def build(self, items: numpy.ndarray, threads: int) -> None:
        self.index.init_index(max_elements=len(items), M=LINKS, ef_construction=EF_CONSTRUCTION, random_seed=1)
        self.index.add_items(items, num_threads=threads)

    def save(self, path: str) -> None:
        self.index.save_index(path)

    def load(self, path: str) -> None:
        self.index.load_index(path)

    def search(self, queries: numpy.ndarray, k: int, effort: int, threads: int) -> numpy.ndarray:
        self.index.set_ef(effort)
        return self.index.knn_query(queries, k=k, num_threads=threads)[0]


class Faiss:
    def __init__(self, dim: int) -> None:
        import faiss

        self.faiss = faiss
        self.index = faiss.IndexHNSWFlat(dim, LINKS, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = EF_CONSTRUCTION

    def build(self, items: numpy.ndarray, threads: int) -> None:
        self.faiss.omp_set_num_threads(threads)
        self.index.add(items)

    def save(self, path: str) -> None:
        self.faiss.write_index(self.index, path)

    def load(self, path: str) -> None:
        self.index = self.faiss.read_index(path)

    def search(self, queries: numpy.ndarray, k: int, effort: int, threads: int) -> numpy.ndarray:
        self.faiss.omp_set_num_threads(threads)
        return self.index.search(queries, k, params=self.faiss.SearchParametersHNSW(efSearch=effort))[1]


class Usearch:
    def __init__(self, dim: int) -> None:
        from usearch.index import Index

        self.index = Index(ndim=dim, metric="ip", dtype="f32", connectivity=LINKS, expansion_add=EF_CONSTRUCTION)

    def build(self, items: numpy.ndarray, threads: int) -> None:
        self.index.add(numpy.arange(len(items)), items, threads=threads)

    def save(self, path: str) -> None:
        self.index.save(path)

    def load(self, path: str) -> None:
        self.index.load(path)

    def search(self, queries: numpy.ndarray, k: int, effort: int, threads: int) -> numpy.ndarray:
        self.index.expansion_search = effort
        return self.index.search(queries, k, threads=threads).keys


RIVALS = {"hnswlib": Hnswlib, "faiss": Faiss, "usearch": Usearch}
