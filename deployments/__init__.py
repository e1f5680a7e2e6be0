"""The Ray Serve ingress: HTTP, WebSocket, SSE, settings, and the composition root."""
