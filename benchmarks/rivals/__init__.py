"""Alternatives to photobatch: one file each, all with the interface benchmarks.rivals.peer."""
