"""How the outside contract is written: records to JSON, problem details, file names, headers."""
