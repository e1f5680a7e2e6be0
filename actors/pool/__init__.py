"""The workers as the coordinator sees them: how many there should be, their start, and the end of frozen ones."""
