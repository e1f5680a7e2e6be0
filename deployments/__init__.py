"""The HTTP server (on one machine or as a Ray Serve ingress), its settings, and the composition root."""
