"""The tables of `responses`."""
