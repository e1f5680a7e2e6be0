"""Retouching inside other people's Ray Data: a stage, its columns, and the process that computes for it."""
