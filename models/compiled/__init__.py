"""A small library in C, compiled on the machine where it runs: the applier for CPUs, the filling of holes."""
