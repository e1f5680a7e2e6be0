"""The applier for CPUs: a small library in C, which is compiled on the machine where it runs."""
