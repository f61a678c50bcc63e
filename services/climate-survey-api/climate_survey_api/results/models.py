"""The tables of `results`."""
