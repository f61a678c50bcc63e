"""Results: what a closed survey found, counted once; what is too small to show is not kept.

Announces the sums.
"""
