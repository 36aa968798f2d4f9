"""The trainer of rechub.models.matching."""

from rechub.trainers.match_trainer import MatchTrainer

__all__ = ["MatchTrainer"]
