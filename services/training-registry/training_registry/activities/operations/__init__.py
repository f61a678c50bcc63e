"""What can be done to the ledger, the drills and their quotas: each command, then the function that carries it out."""
