"""The tables of `administrations`."""
