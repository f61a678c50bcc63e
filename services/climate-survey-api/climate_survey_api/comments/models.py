"""The tables of `comments`."""
