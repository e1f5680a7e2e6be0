"""Measured figures: each module is run as `python -m benchmarks.NAME`."""
