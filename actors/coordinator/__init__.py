"""The coordinator: the actor that owns all state, admits batches, leases photos and keeps house."""
