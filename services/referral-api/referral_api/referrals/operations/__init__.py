"""What can be done to a referral: each command, then the function that carries it out.

Every function changes state and records the event beside it; the transaction is the caller's.
"""
