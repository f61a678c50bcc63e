"""The tables of `standing`."""
