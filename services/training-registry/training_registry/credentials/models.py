"""The tables of `credentials`."""
