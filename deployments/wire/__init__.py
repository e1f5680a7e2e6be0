"""The outside form of data: records as JSON, problem details, file names, headers."""
