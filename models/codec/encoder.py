"""Encodes a picture to the bytes of a result."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import simplejpeg
from PIL import Image, PngImagePlugin

from models.codec.container import jpeg_segments, refusal
from models.codec.container.credit import Credit
from models.codec.container.metadata import Metadata, result_metadata
from models.codec.container.png_chunks import with_density
from models.codec.container.tiff_metadata import graft_exif
from models.codec.gain_map.adobe import announced
from models.codec.gain_map.attached import attached, map_file
from models.codec.header import NAMES
from models.codec.options import DEFAULT_QUALITY, OutputOptions, output_format
from models.codec.sixteen_bits import sixteen_bit_tiff
from models.colour.deep import Deep
from models.errors import PhotoError
from models.picture import Coding, Parts, Picture, Pixels, Source

_MAX_SIDE = {"jpeg": 65_500, "webp": 16_383, "avif": 16_384}
_SUBSAMPLING = {"444": 0, "422": 1, "420": 2}  # Pillow's numbers
_COARSEST = 24  # step of the first luma coefficient: libjpeg's quality 33
_PNG_LEVEL = 2  # 12 MP with noise: 0.8 s and 13.9 MB; level 6 takes 4.0 s for 12.2 MB
_SHORT_TEXT = 1024  # characters; a longer one is compressed
_WEBP_METHOD = 2  # 0.4 s and 1.1 MB; method 4 takes 1.0 s and is not smaller
_AVIF_SPEED = 8  # 1.6 s on one core; speed 6 takes 6.6 s and saves a tenth
_XMP_TAG, _PREDICTOR_TAG = 700, 317


@dataclass(frozen=True, slots=True)
class Encoded:
    """A result, ready to be stored."""

    data: bytes
    format: str
    width: int
    height: int
    notes: list[str]  # of decoding and encoding: "alpha_flattened", "exif_dropped", …
    jpeg: str | None = None  # how a JPEG was written: see `encode`
    blocks: int | None = None  # of 8×8 samples, that changed; None: all
    small: Pixels | None = None  # the picture reduced, where its pixels are not all there


def encode(picture: Picture, options: OutputOptions) -> Encoded:
    """Encode a picture like its source, or as the options say.

    A JPEG is written "whole", or, if it was decoded in places, "partial": all but the changed blocks keep their bits,
    or "coefficients": they keep their coefficients.

    Raises PhotoError: `output_too_large` if the format cannot hold the picture, `encode_failed`; DoubtError and
    DeviceLostError of `picture.parts`.
    """
    name = output_format(picture.source.format, options)
    height, width = picture.pixels.shape[:2]
    if picture.parts is not None:
        return _in_parts(picture, picture.parts, options)
    if max(width, height) > _MAX_SIDE.get(name, 2**31):
        raise refusal.output_too_large(NAMES[name], _MAX_SIDE[name])
    metadata = _metadata_of(picture, options, name)
    try:
        if name == "jpeg":
            data = _jpeg(picture, options, metadata)
        elif name == "tiff" and picture.deep is not None:
            data = _deep_tiff(picture, picture.deep, metadata)
        else:
            data = _by_pillow(picture, name, options, metadata)
    except PhotoError:
        raise
    except Exception as failure:
        raise refusal.encode_failed(NAMES.get(name, name)) from failure
    notes = [note for note in dict.fromkeys(metadata.notes) if note not in picture.notes]
    return Encoded(data, name, width, height, notes, jpeg="whole" if name == "jpeg" else None)


def _in_parts(picture: Picture, parts: Parts, options: OutputOptions) -> Encoded:
    height, width = picture.pixels.shape[:2]
    metadata = _metadata_of(picture, options, "jpeg")
    written = parts.written()
    icc = None if picture.source.subsampling == "gray" else metadata.icc
    data = _with_metadata(written.data, metadata, icc)
    notes = [note for note in dict.fromkeys(metadata.notes) if note not in picture.notes]
    return Encoded(data, "jpeg", width, height, notes, written.how, written.blocks, written.small)


def _metadata_of(picture: Picture, options: OutputOptions, name: str) -> Metadata:
    """Return what goes into a result besides the picture: with the gain map, if the format can hold one."""
    height, width = picture.pixels.shape[:2]
    credit = Credit(options.creator, options.copyright)
    metadata = result_metadata(picture.source, width, height, options.metadata, name, credit=credit)
    if picture.gain_map is None:
        return metadata
    metadata.notes = [note for note in metadata.notes if note != "gain_map_dropped"]
    if name == "jpeg" and options.hdr == "keep":
        metadata.gain_map = map_file(picture.gain_map, width, height)
        metadata.xmp = announced(metadata.xmp, len(metadata.gain_map))
    else:
        metadata.notes.append("gain_map_dropped")
    return metadata


def over_white(pixels: Pixels) -> Pixels:
    """Blend (H, W, 4) over white; returns the same array where nothing is transparent."""
    if pixels[..., 3].min() == 255:
        return pixels
    flat = np.empty_like(pixels)
    for top in range(0, pixels.shape[0], 64):  # in strips that stay in cache
        strip = pixels[top : top + 64].astype(np.uint16)
        alpha = strip[..., 3:]
        flat[top : top + 64] = (strip * alpha + 255 * (255 - alpha) + 127) // 255
    flat[..., 3] = 255
    return flat


def _jpeg(picture: Picture, options: OutputOptions, metadata: Metadata) -> bytes:
    pixels = np.ascontiguousarray(picture.pixels)
    if picture.has_alpha:
        flat = over_white(pixels)
        if flat is not pixels:
            metadata.notes.append("alpha_flattened")
        pixels = flat
    subsampling = _subsampling(picture, options)
    data = _encoded(pixels, coding_of(picture.source, subsampling, options))
    icc = None if subsampling == "Gray" else metadata.icc  # an RGB profile does not apply to grey
    return _with_metadata(data, metadata, icc)


def _with_metadata(data: bytes | memoryview, metadata: Metadata, icc: bytes | None) -> bytes:
    jpeg = jpeg_segments.splice(
        data, metadata.exif, metadata.xmp, icc, comments=metadata.comments, density=metadata.density
    )
    return jpeg if metadata.gain_map is None else attached(jpeg, metadata.gain_map)


def coding_of(source: Source, subsampling: str, options: OutputOptions) -> Coding:
    """Return how a picture is encoded: with its source's tables, in which a second encoding rounds least, if it may."""
    quants = source.quants
    own = options.quality is None and subsampling in _SUBSAMPLING and quants and not is_coarse(quants[0])
    return Coding(subsampling, None, quants) if own else Coding(subsampling, _quality(options))


def is_coarse(luma: Sequence[int]) -> bool:
    """Whether the quantisation of a source is so coarse that a retouched picture would lose too much by it."""
    return luma[0] > _COARSEST


def _encoded(pixels: Pixels, coding: Coding) -> bytes:
    if coding.quality is not None:
        return bytes(simplejpeg.encode_jpeg(pixels, coding.quality, "RGBX", coding.subsampling))
    height, width = pixels.shape[:2]
    image = Image.frombuffer("RGBX", (width, height), pixels, "raw", "RGBX", 0, 1)
    target = io.BytesIO()  # simplejpeg takes no tables; Pillow has libjpeg-turbo too
    tables = [list(table) for table in (coding.quants[0], coding.quants[-1])]
    image.save(target, "JPEG", qtables=tables, subsampling=_SUBSAMPLING[coding.subsampling])
    return target.getvalue()


def _quality(options: OutputOptions) -> int:
    return DEFAULT_QUALITY if options.quality is None else options.quality


def _subsampling(picture: Picture, options: OutputOptions) -> str:
    if options.subsampling != "same":
        return options.subsampling
    if picture.source.subsampling != "gray":
        return picture.source.subsampling
    return "Gray" if _is_gray(picture.pixels) else "420"


def _is_gray(pixels: Pixels) -> bool:
    red, green, blue = (cv2.extractChannel(pixels, channel) for channel in range(3))
    return np.array_equal(red, green) and np.array_equal(green, blue)


def _by_pillow(picture: Picture, name: str, options: OutputOptions, metadata: Metadata) -> bytes:
    pixels = np.ascontiguousarray(picture.pixels)
    image = Image.fromarray(pixels)  # RGBA, shares the memory
    if not picture.has_alpha:
        image = image.convert("RGB")
    try:
        return _saved(image, name, options, metadata)
    except Exception:
        if not metadata.exif:
            raise
    # EXIF that we can read but Pillow cannot: drop it rather than fail the photo
    metadata.exif = None
    metadata.notes.append("exif_dropped")
    return _saved(image, name, options, metadata)


def _saved(image: Image.Image, name: str, options: OutputOptions, metadata: Metadata) -> bytes:
    target = io.BytesIO()
    image.save(target, format=name.upper(), **_SETTINGS[name](options, metadata))
    if name == "tiff" and metadata.exif:
        return graft_exif(target.getvalue(), metadata.exif)
    if name == "png" and metadata.density and metadata.density.tells:
        return with_density(target.getvalue(), metadata.density)
    return target.getvalue()


def _deep_tiff(picture: Picture, deep: Deep, metadata: Metadata) -> bytes:
    picture.notes = [note for note in picture.notes if note != "depth_reduced"]
    metadata.notes.append("sixteen_bits")
    return sixteen_bit_tiff(deep, metadata.exif, metadata.xmp, metadata.icc)


def _png(options: OutputOptions, metadata: Metadata) -> dict[str, object]:
    text = PngImagePlugin.PngInfo()
    for each in metadata.texts:
        value = each.text.replace("\0", "")
        if each.language or each.translated:
            text.add_itxt(each.keyword, value, each.language, each.translated, zip=len(value) > _SHORT_TEXT)
        else:
            text.add_text(each.keyword, value, zip=len(value) > _SHORT_TEXT)
    if metadata.xmp:
        text.add_itxt("XML:com.adobe.xmp", metadata.xmp.decode())
    settings: dict[str, object] = {"compress_level": _PNG_LEVEL, "pnginfo": text}
    return settings | _given(icc_profile=metadata.icc, exif=metadata.exif)


def _webp(options: OutputOptions, metadata: Metadata) -> dict[str, object]:
    settings: dict[str, object] = {"quality": _quality(options), "method": _WEBP_METHOD}
    return settings | _given(icc_profile=metadata.icc, exif=metadata.exif, xmp=metadata.xmp)


def _avif(options: OutputOptions, metadata: Metadata) -> dict[str, object]:
    # one thread: the bytes depend on their number
    settings: dict[str, object] = {"quality": _quality(options), "speed": _AVIF_SPEED, "max_threads": 1}
    return settings | _given(icc_profile=metadata.icc, exif=metadata.exif, xmp=metadata.xmp)


def _tiff(options: OutputOptions, metadata: Metadata) -> dict[str, object]:
    tags: dict[int, object] = {_PREDICTOR_TAG: 2}
    if metadata.xmp:
        tags[_XMP_TAG] = metadata.xmp
    settings: dict[str, object] = {"compression": "tiff_lzw", "tiffinfo": tags}
    return settings | _given(icc_profile=metadata.icc)


def _given(**fields: bytes | None) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value}


_SETTINGS = {"png": _png, "webp": _webp, "avif": _avif, "tiff": _tiff}
