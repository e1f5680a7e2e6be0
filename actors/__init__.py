"""Coordinator, workers, pool, scheduler: everything that is an actor, and the plain classes they are made of."""
