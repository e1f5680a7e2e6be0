"""Reporting of benchmarks: figures with targets, stamps, records on file, tables and plots."""
