"""Servers for benchmarks and tests: the service, Redis, S3, photo hosts, simulated workers."""
