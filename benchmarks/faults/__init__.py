"""Fault injection: a service under load is killed piece by piece, and what it promised is checked afterwards."""
