"""Completions from a CSV file: what its rows say, and which of them can be recorded."""
