"""What benchmarks and tests start: the service, Redis, S3, photo hosts, simulated workers."""
