"""The tables of `agreements`."""
