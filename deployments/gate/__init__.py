"""What a request passes before its route: keys, rates, and patience with slow clients."""
