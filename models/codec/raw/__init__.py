"""Cameras' RAW files: recognised and described by our own readers, developed by LibRaw, which only workers load."""
