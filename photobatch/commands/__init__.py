"""The command line: one module for each command, and code that several commands share."""
