"""Activities: the triad ledger of teaching, mentoring and enforcement, and the schools' safety drills.

Announces each entry, each that is taken back, each drill, and how many drills are asked for.
"""
