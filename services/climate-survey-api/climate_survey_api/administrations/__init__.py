"""Administrations: one instrument put to the people of some schools in one window: draft, open, closed.

Announces that a survey opened, how far it has come at the end of a day, and that it closed.
"""
