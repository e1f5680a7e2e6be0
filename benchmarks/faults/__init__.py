"""Fault injection: kills parts of a service under load, and checks its promises afterwards."""
