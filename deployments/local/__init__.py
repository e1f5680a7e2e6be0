"""The service on one machine: its HTTP server, the process that runs it, and the supervisor that keeps that alive."""
