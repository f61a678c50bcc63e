"""The tables of `requirements`."""
