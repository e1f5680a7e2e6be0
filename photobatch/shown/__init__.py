"""What is shown in a terminal: progress, tables, and what an interrupt does."""
