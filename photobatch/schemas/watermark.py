"""A mark laid on every result."""

import base64
import binascii
import re
import zlib
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from photobatch.schemas.messages import Wire

PREFIX = "data:image/png;base64,"
MOST_BYTES = 96 << 10  # of a PNG: it is a part of the batch
MOST_SIDE = 2_000  # pixels
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# What the one font has that comes with Pillow.
_DRAWN = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("©«»°±´·‘’“”…‹›⁄™")


class Watermark(Wire):
    """A text or a PNG in a corner of every result, on the result's own size."""

    text: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="ASCII and a few others such as ©; for other scripts bring a PNG."
    )
    image: Annotated[str, Field(max_length=len(PREFIX) + MOST_BYTES * 4 // 3 + 4)] | None = Field(
        None, description="A PNG of at most 96 KB as `data:image/png;base64,…`; answers have `sha256:…` in its place."
    )
    corner: Literal["top_left", "top_right", "bottom_left", "bottom_right", "center"] = "bottom_right"
    opacity: Annotated[float, Field(ge=0.01, le=1)] = 0.6
    size: Annotated[float, Field(ge=0.01, le=1, description="Its height, as a part of the result's short side.")] = 0.05

    @field_validator("text")
    @classmethod
    def _can_be_drawn(cls, text: str | None) -> str | None:
        check_text(text or "")
        return text

    @field_validator("image")
    @classmethod
    def _is_a_png(cls, image: str | None) -> str | None:
        if image is not None and not _DIGEST.fullmatch(image):
            png_of(image)
        return image

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (self.image is None):
            raise ValueError("needs a text or an image, and not both")
        return self


def check_text(text: str) -> None:
    """Raise ValueError if the font cannot draw a text."""
    if missing := [sign for sign in dict.fromkeys(text) if sign not in _DRAWN]:
        shown = " ".join(sign if sign.isprintable() else f"U+{ord(sign):04X}" for sign in missing[:5])
        raise ValueError(f"has characters that the font lacks, {shown}: bring it as a PNG")


def png_of(image: str) -> bytes:
    """Return the bytes of a PNG in an address `data:`; raises ValueError."""
    try:
        data = base64.b64decode(image.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not image.startswith(PREFIX):
        raise ValueError(f"is no PNG; write it as {PREFIX}…")
    if not (data.startswith(_SIGNATURE) and data[12:16] == b"IHDR"):
        raise ValueError("is no PNG; only a PNG can be a mark")
    if not _is_whole(data):
        raise ValueError("is a damaged PNG; write it anew")
    if len(data) > MOST_BYTES:
        raise ValueError(f"has {len(data) >> 10} KB; a mark may have {MOST_BYTES >> 10} KB, make it smaller")
    sides = [int.from_bytes(data[at : at + 4], "big") for at in (16, 20)]
    if not 0 < min(sides) <= max(sides) <= MOST_SIDE:
        raise ValueError(f"has {sides[0]} × {sides[1]} pixels; a mark may have {MOST_SIDE} on a side")
    return data


def _is_whole(png: bytes) -> bool:
    """Whether every chunk is there up to the last, with the bytes that it was written with."""
    at = len(_SIGNATURE)
    while at + 12 <= len(png):
        end = at + 8 + int.from_bytes(png[at : at + 4], "big")
        if zlib.crc32(png[at + 4 : end]) != int.from_bytes(png[end : end + 4], "big"):
            return False
        if png[at + 4 : at + 8] == b"IEND":
            return True
        at = end + 4
    return False


def data_url(png: bytes) -> str:
    """Return a PNG as the `image` of a watermark."""
    return PREFIX + base64.b64encode(png).decode()
