"""The tables of `help_requests`."""
