"""RecHub: recall models (candidate retrieval for recommenders) trained, judged and served on an ordinary CPU.

    import rechub

    model = rechub.SASRec(dim=64).fit(events)        # a frame or table with user, item and time, or a file
    model.recommend(["u1", "u2"], k=10)              # user, item, score, rank
    model.evaluate()                                 # exact ranking over the whole catalogue
    model.save("sasrec.bundle")                      # the bundle that the program `rechub` serves, exports and verifies

The classes of Torch-RecHub's matching API are in rechub.models.matching, rechub.trainers, rechub.utils and rechub.basic. Importing rechub loads neither the engine nor
LibTorch: the first call that needs them does.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rechub import datasets as datasets, plots as plots
    from rechub._comparison import compare as compare
    from rechub._errors import NotFoundError as NotFoundError, PathNotFoundError as PathNotFoundError
    from rechub._evaluation import Evaluation as Evaluation, evaluate as evaluate
    from rechub._models import DSSM as DSSM, MIND as MIND, NARM as NARM, SINE as SINE, STAMP as STAMP, ComirecDR as ComirecDR, ComirecSA as ComirecSA
    from rechub._models import FaceBookDSSM as FaceBookDSSM, GRU4Rec as GRU4Rec, SASRec as SASRec, YoutubeDNN as YoutubeDNN, YoutubeSBC as YoutubeSBC
    from rechub._recommender import NotFittedError as NotFittedError, Recommender as Recommender, load as load
    from rechub._runtime import run as run, set_num_threads as set_num_threads
    from rechub._server import Server as Server

_CONTENTS = {
    "_comparison": ("compare",),
    "_errors": ("NotFoundError", "PathNotFoundError"),
    "_evaluation": ("Evaluation", "evaluate"),
    "_models": ("ComirecDR", "ComirecSA", "DSSM", "FaceBookDSSM", "GRU4Rec", "MIND", "NARM", "SASRec", "SINE", "STAMP", "YoutubeDNN", "YoutubeSBC"),
    "_recommender": ("NotFittedError", "Recommender", "load"),
    "_runtime": ("run", "set_num_threads"),
    "_server": ("Server",),
}
_HOMES = {name: f"rechub.{module}" for module, names in _CONTENTS.items() for name in names}
__all__ = [*sorted(_HOMES), "datasets", "plots"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("rechub._version").version  # which CMake writes
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in ("datasets", "plots"):
        return importlib.import_module(f"rechub.{name}")
    raise AttributeError(f"module 'rechub' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
