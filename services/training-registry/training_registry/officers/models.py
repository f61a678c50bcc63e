"""The tables of `officers`."""
