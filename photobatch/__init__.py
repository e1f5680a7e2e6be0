"""photobatch: batches of photos, retouched on a Ray cluster. This package is the light client: no Ray, no torch."""

from importlib.metadata import version

__version__ = version("photobatch")
