"""Texts beside a picture, as programs write them: chunks of PNG, IPTC, and profiles in hexadecimal digits."""

import struct
import zlib

from tests.models.codec.deep_samples import chunk


def text_chunk(name: str, keyword: str, value: bytes) -> bytes:
    head = keyword.encode("latin-1") + b"\0"
    if name == "tEXt":
        return chunk(b"tEXt", head + value)
    if name == "zTXt":
        return chunk(b"zTXt", head + b"\0" + zlib.compress(value))
    packed = name == "iTXt packed"
    return chunk(b"iTXt", head + bytes([packed, 0]) + b"de\0Titel\0" + (zlib.compress(value) if packed else value))


def raw_profile(kind: str, body: bytes, name: str = "zTXt", title: str = "") -> bytes:
    """As ImageMagick writes it; exiftool gives it another title."""
    digits = body.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return text_chunk(name, f"Raw profile type {kind}", f"\n{title or kind}\n{len(body):8}\n{lines}\n".encode())


def datasets(*fields: tuple[int, int, bytes]) -> bytes:
    return b"".join(
        b"\x1c" + struct.pack(">BBH", record, number, len(value)) + value for record, number, value in fields
    )


def irb(iim: bytes) -> bytes:
    return b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iim)) + iim + bytes(len(iim) % 2)


def with_segments(jpeg: bytes, *segments: tuple[int, bytes]) -> bytes:
    """Put segments (marker and body) behind the first one of a JPEG."""
    at = 4 + int.from_bytes(jpeg[4:6], "big")
    parts = [bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body for marker, body in segments]
    return jpeg[:at] + b"".join(parts) + jpeg[at:]
