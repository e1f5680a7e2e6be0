"""One photo in every format that is read, with whatever metadata a test wants in it."""

import io
import struct

import numpy as np
from PIL import Image, PngImagePlugin

from models.codec.container.tiff_metadata import graft_exif
from tests.models.codec.codec_samples import stored
from tests.models.codec.deep_samples import chunk, deep_png
from tests.models.codec.heic_samples import LOSSLESS, heic

INPUTS = ["jpeg", "png", "webp", "avif", "tiff", "heic", "png of 16 bits", "tiff of 16 bits"]
OUTPUTS = ["jpeg", "png", "webp", "avif", "tiff"]
LOSSY = {"quality": 100, "subsampling": 0}


def photo_in(
    name: str, photo: Image.Image, orientation: int = 1, *, exif: bytes, xmp: bytes = b"", icc: bytes | None = None
) -> bytes:
    """Write an upright photo in RGB as a file of a format, stored by an orientation that `exif` says."""
    image = stored(photo, orientation)
    extra = {"exif": exif, "icc_profile": icc, "xmp": xmp}
    if name == "heic":  # libheif turns what it gets as is said in its EXIF
        extra = {"exif": b"Exif\0\0" + exif} | ({"icc_profile": icc} if icc else {}) | ({"xmp": xmp} if xmp else {})
        return heic(image, **LOSSLESS, **extra)
    if name == "png of 16 bits":
        before = [chunk(b"eXIf", exif)]
        before += [chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)] if xmp else []
        packed = _by_pillow(image, "PNG", {"icc_profile": icc}) if icc else b""
        at = packed.find(b"iCCP") - 4
        before += [packed[at : at + 12 + int.from_bytes(packed[at : at + 4], "big")]] if icc else []
        return deep_png(np.asarray(image).astype(np.uint16) * 257, before=b"".join(before))
    if name == "tiff of 16 bits":
        return _deepened(image, exif, xmp, icc)
    if name == "png":
        text = PngImagePlugin.PngInfo()
        if xmp:
            text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        return _by_pillow(image, "PNG", {**extra, "pnginfo": text})
    if name == "tiff":
        tags = {700: xmp} if xmp else {}
        data = _by_pillow(image, "TIFF", {"icc_profile": icc, "tiffinfo": tags, "compression": "tiff_lzw"})
        return graft_exif(data, exif)
    if name == "jpeg":
        extra["exif"] = b"Exif\0\0" + exif
    settings = {"jpeg": LOSSY, "webp": {"lossless": True}, "avif": {**LOSSY, "subsampling": "4:4:4", "speed": 8}}[name]
    return _by_pillow(image, name.upper(), settings | {key: value for key, value in extra.items() if value})


def _by_pillow(image: Image.Image, name: str, settings: dict[str, object]) -> bytes:
    target = io.BytesIO()
    image.save(target, name, **settings)
    return target.getvalue()


def _deepened(image: Image.Image, exif: bytes, xmp: bytes, icc: bytes | None) -> bytes:
    """Write a TIFF of twice the width by Pillow, whose tags then say that it has half of it and 16 bits."""
    deep = (np.asarray(image).astype("<u2") * 257).tobytes()
    wide = Image.frombytes("RGB", (image.width * 2, image.height), deep)
    data = bytearray(
        graft_exif(_by_pillow(wide, "TIFF", {"icc_profile": icc, "tiffinfo": {700: xmp} if xmp else {}}), exif)
    )
    at = int.from_bytes(data[4:8], "little")
    for entry in range(at + 2, at + 2 + 12 * int.from_bytes(data[at : at + 2], "little"), 12):
        tag = int.from_bytes(data[entry : entry + 2], "little")
        if tag == 256:
            data[entry + 8 : entry + 12] = struct.pack(
                "<HH" if data[entry + 2] == 3 else "<I", image.width, *[0] * (data[entry + 2] == 3)
            )
        elif tag == 258:
            bits = int.from_bytes(data[entry + 8 : entry + 12], "little")
            data[bits : bits + 6] = struct.pack("<3H", 16, 16, 16)
    return bytes(data)
