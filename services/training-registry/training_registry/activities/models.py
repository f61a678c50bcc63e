"""The tables of `activities`."""
