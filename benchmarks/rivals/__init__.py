"""What a user could pick instead of photobatch: one file each, all behind benchmarks.rivals.peer."""
