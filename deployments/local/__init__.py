"""The service on one machine: its HTTP server, the service process, and the supervisor that keeps it alive."""
