"""What can be read of the ledger, the drills and their quotas, and what a list of entries is answered with."""
