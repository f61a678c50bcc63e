"""The ledger over HTTP, and how a request says what a record is asked for."""
