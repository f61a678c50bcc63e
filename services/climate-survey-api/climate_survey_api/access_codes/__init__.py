"""Access codes: what opens the form once, for somebody who is not known. Kept as keyed digests, shown once.

Announces nothing; slows down those who guess.
"""
