"""Checks before any route: API keys, rate limits, and time limits for slow clients."""
