"""Credentials: an Open Badges 3.0 credential for every completion that counts, signed, verifiable, revocable.

Announces each one that is issued or revoked. Anybody may ask whether one holds.
"""
