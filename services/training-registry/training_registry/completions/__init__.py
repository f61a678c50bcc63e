"""Completions: what officers have learnt, where and when; approved, corrected and revoked without losing history.

Announces nothing itself: a completion changes how its officer stands (`changes`), and brings a credential.
"""
