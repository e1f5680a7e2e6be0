"""Sending results: single files, byte ranges, ZIP archives."""
