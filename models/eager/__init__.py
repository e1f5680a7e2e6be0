"""Pixels changed by torch: on a GPU, without a C compiler, and as what models/compiled is held to."""
