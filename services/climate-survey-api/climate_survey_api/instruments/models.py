"""The tables of `instruments`."""
