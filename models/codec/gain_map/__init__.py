"""Gain maps in files: found in JPEG and HEIC, and written into JPEG."""
