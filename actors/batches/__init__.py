"""The state of batches, folded from the journal's events: the ledger of batches, and the queries on it."""
