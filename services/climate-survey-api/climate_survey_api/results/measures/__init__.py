"""What a survey's answers come to: added up, held back where too few answered, and how sure it is. Pure.

`layout` says what is counted, `tally` adds ballots up, `patterns` and `showing` decide what may be shown, `sums` turns
counters into the figures that are kept; `intervals`, `reliability`, `weights` and `comparison` are worked out of these.
"""
