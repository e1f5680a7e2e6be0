"""The workers as the coordinator sees them: how many there should be, starting them, and ending frozen ones."""
