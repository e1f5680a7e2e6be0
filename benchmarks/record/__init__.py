"""How a benchmark reports: figures with targets, stamps, results on file, tables and plots."""
