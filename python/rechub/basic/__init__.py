"""Features and metrics, as in Torch-RecHub's package of that name."""
