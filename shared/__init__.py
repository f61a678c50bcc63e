"""Plumbing and the event contract that every service stands on; knows no service."""
