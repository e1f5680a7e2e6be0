"""The image of a mark: a small PNG that a client has brought. The service checks it, workers lay it on photos."""

import io

from PIL import Image

from models.errors import PhotoError


def read_mark(png: bytes) -> Image.Image:
    """Return the pixels of a PNG, as RGBA; raises PhotoError `encode_failed` if it is damaged."""
    try:
        return Image.open(io.BytesIO(png), formats=["PNG"]).convert("RGBA")
    except Exception as damage:  # Pillow has many errors for that
        raise PhotoError("encode_failed", "The image of the watermark is damaged; bring it again.") from damage
