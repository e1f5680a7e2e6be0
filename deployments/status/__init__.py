"""What is told about batches and about the service: progress, health, metrics."""
