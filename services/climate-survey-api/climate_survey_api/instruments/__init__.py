"""Instruments: what a survey asks, in versions that never change; ours are shipped, a district adds its own.

Announces nothing: what was asked is told with what was found.
"""
