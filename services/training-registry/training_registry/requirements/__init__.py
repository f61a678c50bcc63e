"""Requirements: the rules about training as data, each with where it comes from; the district takes them on.

Announces nothing itself: a changed rule changes how officers stand (`changes`).
"""
