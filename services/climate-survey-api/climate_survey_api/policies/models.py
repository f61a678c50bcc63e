"""The tables of `policies`."""
