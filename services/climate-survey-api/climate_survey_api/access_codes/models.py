"""The tables of `access_codes`."""
