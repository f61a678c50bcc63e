"""Pure functions from one event to changes of the views: one file per producer's topic, one dict per file.

They see no session, no clock and await nothing; `folding` sums a batch of them up, `reporting.sink` writes the sum.
"""
