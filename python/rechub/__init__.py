"""RecHub: recall models (candidate retrieval for recommenders) trained, judged and served on an ordinary CPU.

    import rechub

    model = rechub.SASRec(dim=64).fit(events)        # a frame or table with user, item and time, or a file
    model.recommend(["u1", "u2"], k=10)              # user, item, score, rank
    model.evaluate()                                 # exact ranking over the whole catalogue
    model.save("sasrec.bundle")                      # the bundle that the program `rechub` serves, exports and verifies

The classes of Torch-RecHub's matching API are in rechub.models.matching, rechub.trainers, rechub.utils and rechub.basic. Importing rechub loads neither the engine nor LibTorch: the first
call that needs them does.
"""

import importlib
from typing import Any

_MODELS = ("ComirecDR", "ComirecSA", "DSSM", "FaceBookDSSM", "GRU4Rec", "MIND", "NARM", "SASRec", "SINE", "STAMP", "YoutubeDNN", "YoutubeSBC")
_HOMES = {
    **dict.fromkeys(_MODELS, "rechub._models"),
    "NotFoundError": "rechub._errors",
    "Recommender": "rechub._recommender",
    "load": "rechub._recommender",
    "Evaluation": "rechub._evaluation",
    "evaluate": "rechub._evaluation",
    "compare": "rechub._comparison",
    "run": "rechub._runtime",
    "set_num_threads": "rechub._runtime",
}
__all__ = sorted([*_HOMES, "__version__", "datasets"])


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("rechub")
        except PackageNotFoundError:  # the tree, not an installed package
            return str(importlib.import_module("rechub._engine").version)
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name == "datasets":
        return importlib.import_module("rechub.datasets")
    raise AttributeError(f"module 'rechub' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
