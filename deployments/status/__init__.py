"""Progress of batches, and health and metrics of the service."""
