"""Data, sampling, search and quantisation around the classes of rechub.models.matching."""
