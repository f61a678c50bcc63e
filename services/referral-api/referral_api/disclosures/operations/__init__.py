"""What can be done to the ledger: note what came of a request, ask for a record as an officer, review an emergency."""
