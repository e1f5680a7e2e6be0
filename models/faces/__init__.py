"""Faces: detection, measurement, and retouching feature by feature."""
