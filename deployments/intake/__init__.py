"""Submits and uploads: bodies read in pieces, checked, stored, and turned into a batch."""
