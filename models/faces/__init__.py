"""Faces: found, measured, and retouched feature by feature."""
