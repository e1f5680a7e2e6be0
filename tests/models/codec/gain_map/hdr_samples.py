"""HDR photos written and read by libvips with libultrahdr, which know nothing of our code."""

import io
from functools import cache

import numpy as np
import pyvips
import simplejpeg
from PIL import Image
from skimage import data

from models.codec.container import jpeg_segments
from models.codec.container.jpeg_segments import segment
from models.codec.gain_map import iso
from models.codec.gain_map.apple import AUXILIARY
from models.codec.gain_map.attached import attached
from models.gain_map import Channel, Scale
from tests.models.codec.heic_samples import heic, with_auxiliary, with_tone_map

ORIENTATION = 0x0112
SUN = (100, 150, 60)  # x, y and size of what is brighter than white
MOST = 3.0  # stops, in the HEIC by the standard
HEADROOM = 5.0  # times white, in Apple's photo
_APPLE = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:apdi="http://ns.apple.com/pixeldatainfo/1.0/"
xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/"><apdi:AuxiliaryImageType>{AUXILIARY}</apdi:AuxiliaryImageType>
<HDRGainMap:HDRGainMapVersion>131072</HDRGainMap:HDRGainMapVersion>
<HDRGainMap:HDRGainMapHeadroom>{HEADROOM}</HDRGainMap:HDRGainMapHeadroom></rdf:Description></rdf:RDF></x:xmpmeta>"""


def linear(codes: np.ndarray) -> np.ndarray:
    """Light of sRGB codes, 0..255."""
    value = codes.astype(np.float64) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def scene() -> np.ndarray:
    """The astronaut beside something six times as bright as white, in linear light; float32 (384, 512, 3)."""
    rows, columns = np.mgrid[:384, :512]
    x, y, size = SUN
    glow = 1 + 5 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / size**2)
    return np.asarray(linear(data.astronaut()[:384]) * glow[..., None], np.float32)


@cache
def ultra_hdr(orientation: int = 1) -> bytes:
    """The scene as libultrahdr writes it, as a camera would store it that was held so."""
    stored = scene()
    if orientation == 6:
        stored = np.rot90(stored)
    elif orientation == 3:
        stored = stored[::-1, ::-1]
    elif orientation == 2:
        stored = stored[:, ::-1]
    image = pyvips.Image.new_from_array(np.ascontiguousarray(stored)).copy(interpretation="scrgb")
    jpeg: bytes = image.uhdrsave_buffer(Q=95)
    if orientation == 1:
        return jpeg
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    head = segment(0xE1, jpeg_segments.EXIF + exif.tobytes().removeprefix(jpeg_segments.EXIF))
    # What lies behind moves, and so does the header of MPF from which its place counts.
    return jpeg[:2] + head + jpeg[2:]


@cache
def apple_photo() -> bytes:
    """A JPEG with a map as phones with iOS write it; its left half is HEADROOM times as bright."""
    base = simplejpeg.encode_jpeg(np.ascontiguousarray(data.astronaut()[:384]), 95, "RGB", "420")
    samples = np.zeros((192, 256, 1), np.uint8)
    samples[:, :128] = 255
    file = simplejpeg.encode_jpeg(samples, 95, "GRAY", "Gray")
    described = jpeg_segments.splice(file, None, _APPLE.encode(), None)
    return attached(bytes(base), described)


def rendition(jpeg: bytes) -> np.ndarray:
    """The picture on an HDR screen, in linear light, by libvips; float32 (h, w, 3)."""
    image = pyvips.Image.uhdrload_buffer(jpeg)
    assert "gainmap-data" in image.get_fields()
    return np.asarray(image.uhdr2scRGB().numpy())


def is_hdr(jpeg: bytes) -> bool:
    """Whether libvips finds a gain map."""
    return "gainmap-data" in pyvips.Image.new_from_buffer(jpeg, "").get_fields()


def standard(jpeg: bytes) -> np.ndarray:
    """The picture on other screens, uint8 (h, w, 3), as it is stored."""
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))


@cache
def apple_heic(orientation: int = 1) -> bytes:
    """A grey HEIC whose map has its own shades, and XMP with the headroom; the container turns both."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = Image.fromarray(data.astronaut()[:384]).convert("L")
    file = heic(image, thumbnails=[256], exif=exif.tobytes(), xmp=_APPLE.encode())
    return with_auxiliary(file, AUXILIARY)


@cache
def standard_heic(orientation: int = 1) -> bytes:
    """The same with numbers of ISO 21496-1: the map has its shades as stops, up to MOST."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = Image.fromarray(data.astronaut()[:384]).convert("L")
    numbers = iso.written(Scale((Channel(0, MOST, 1, 0, 0),), 0, MOST)).removeprefix(iso.SEGMENT)
    return with_tone_map(heic(image, thumbnails=[256], exif=exif.tobytes()), bytes(1) + numbers)
