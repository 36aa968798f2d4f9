"""Torch-RecHub's models of the matching stage (rechub.models.matching) on RecHub's engine."""
