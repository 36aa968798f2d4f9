"""The twelve models of Torch-RecHub's matching documentation, with its constructor arguments and those of its release 0.9.

Their papers' equations are the aim, not Torch-RecHub's results: docs/migrating.md tells what differs and why. rechub.SASRec and its siblings are the same models for interaction
logs.
"""

from rechub.models.matching._model import MatchModel
from rechub.models.matching.interests import MIND, SINE, ComirecDR, ComirecSA
from rechub.models.matching.sequence import NARM, STAMP, GRU4Rec, SASRec
from rechub.models.matching.two_towers import DSSM, FaceBookDSSM, YoutubeDNN, YoutubeSBC

__all__ = ["DSSM", "FaceBookDSSM", "YoutubeDNN", "YoutubeSBC", "MIND", "GRU4Rec", "NARM", "SASRec", "SINE", "STAMP", "ComirecDR", "ComirecSA", "MatchModel"]
