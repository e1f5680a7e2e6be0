"""The state of batches, as the journal's events make it: a ledger of batches, and what can be asked of it."""
