"""Pixels changed by a small library in C, which is compiled on the machine where it runs."""
