"""The coordinator actor: owns all state, admits batches, leases photos, and removes what has expired."""
