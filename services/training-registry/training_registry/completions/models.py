"""The tables of `completions`."""
