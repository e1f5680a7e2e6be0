"""Decodes any supported file to an upright picture."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from PIL import Image

from models.codec import profile
from models.codec.container import refusal
from models.codec.container.beside import look_beside
from models.codec.container.exif import bare, is_adobe_rgb, orientation_of
from models.codec.container.iso_picture import Box
from models.codec.container.jpeg_segments import JpegFile, holds_video, read_segments
from models.codec.container.tiff_depth import has_shared_colours
from models.codec.container.tiff_metadata import orientation_of_tiff
from models.codec.container.tiff_pages import with_picture_first
from models.codec.container.xmp.extended import with_extension
from models.codec.encoder import coding_of
from models.codec.gain_map.found import map_of_jpeg
from models.codec.header import Header, Limits, read_header
from models.codec.jpeg import DAMAGE, decode_jpeg, lacking_only_end
from models.codec.named_spaces import adobe_rgb
from models.codec.options import OutputOptions, output_format
from models.codec.orientation import upright
from models.codec.pillow import opened
from models.codec.png_colour import described_profile
from models.codec.raster import pixels_of, rgb_image
from models.codec.workspace import Workspace
from models.errors import PhotoError
from models.picture import Coding, Parts, Picture, Pixels, Source

OpenParts = Callable[[bytes, int, int, int], Parts | None]
OpenStrips = Callable[[bytes, int, int, int, Coding], Parts | None]


def decode(
    data: bytes | memoryview,
    limits: Limits,
    workspace: Workspace | None = None,
    least: int = 0,
    *,
    deep_for: OutputOptions | None = None,
    raw: str = "develop",
) -> Picture:
    """Decode a file to its upright picture; only the first frame or page of several.

    With `least` a JPEG or RAW may be decoded smaller, with a long side of at least that: for previews. With `deep_for`
    16 bits are there too, if the result that it describes can hold them. `raw` says what a camera's RAW file gives:
    "develop", or "embedded": the camera's own JPEG in it, if that has the photo's full size.
    The pixels are in `workspace` and valid until its next use. Raises PhotoError: those of `read_header`,
    and `truncated` or `corrupt` for any failure of a decoder.
    """
    if len(data) <= limits.max_bytes:
        data = bytes(data)
    header = read_header(data, limits)
    workspace = workspace or Workspace()
    data = bytes(data)
    deep = deep_for is not None and output_format(header.format, deep_for) == "tiff"
    try:
        if header.format == "tiff":
            return _tiff(data, header, workspace, deep)
        if header.format == "jpeg":
            return _jpeg(data, header, workspace, least)
        if header.format == "heic":
            return _heic(data, header, workspace)
        if header.format == "raw":
            return _raw(data, limits, workspace, least, raw, deep=deep)
        if header.bits > 8:
            return _deep(data, header, workspace, None, deep)
        return _other(data, header, workspace)
    except PhotoError:
        raise
    except Exception as damage:
        raise refusal.corrupt() from damage


def decode_in_places(data: bytes | memoryview, limits: Limits, open_parts: OpenParts) -> Picture | None:
    """Open a JPEG whose pixels are decoded where somebody needs them; None if it must be decoded as a whole.

    `open_parts` takes the file, its EXIF orientation, and the size of the upright picture. Raises PhotoError: those of
    `read_header`.
    """
    found = _sequential(data, limits)
    if found is None:
        return None
    data, header, jpeg = found
    orientation = orientation_of(jpeg.exif)
    parts = open_parts(data, orientation, header.height, header.width)
    if parts is None:
        return None
    source, notes = _source_of(jpeg, header, jpeg.icc)
    picture = Picture(parts.pixels, source, notes=[*jpeg.dropped, *_motion(data), *notes], parts=parts)
    return _with_map(picture, data, jpeg)


def decode_in_strips(
    data: bytes | memoryview, limits: Limits, options: OutputOptions, open_strips: OpenStrips
) -> Picture | None:
    """Open a JPEG whose pixels are changed while it is decoded and encoded again; None if it must be decoded before.

    `open_strips` takes what `open_parts` takes, and how the result is encoded. Raises PhotoError: those of
    `read_header`.
    """
    found = _sequential(data, limits)
    if found is None or found[2].components != 3 or output_format("jpeg", options) != "jpeg":
        return None
    data, header, jpeg = found
    source, notes = _source_of(jpeg, header, jpeg.icc)
    subsampling = source.subsampling if options.subsampling == "same" else options.subsampling
    coding = coding_of(source, subsampling, options)
    parts = open_strips(data, source.orientation, header.height, header.width, coding)
    if parts is None:
        return None
    picture = Picture(parts.pixels, source, notes=[*jpeg.dropped, *_motion(data), *notes], parts=parts)
    return _with_map(picture, data, jpeg)


def _sequential(data: bytes | memoryview, limits: Limits) -> tuple[bytes, Header, JpegFile] | None:
    """Return file, header and segments of a JPEG that need not be decoded as a whole. Raises PhotoError."""
    header = read_header(data, limits)
    if header.format != "jpeg":
        return None
    data = bytes(data)
    jpeg = read_segments(data)
    if jpeg.progressive or jpeg.precision != 8 or profile.fits_mode(jpeg.icc, "L"):
        return None
    return data, header, jpeg


def _jpeg(data: bytes, header: Header, workspace: Workspace, least: int) -> Picture:
    jpeg = read_segments(data)
    notes = [*jpeg.dropped, *_motion(data)] + (["progressive"] if jpeg.progressive else [])
    icc = jpeg.icc
    by_profile = profile.fits_mode(icc, "L")
    pixels, more = (None, list[str]()) if by_profile else decode_jpeg(data, jpeg, workspace, least)
    notes += more
    if pixels is None:
        pixels, icc, more = _jpeg_by_pillow(data, jpeg, workspace)
        notes += more
    source, more = _source_of(jpeg, header, icc)
    notes = list(dict.fromkeys(notes + more))
    picture = Picture(upright(pixels, source.orientation, workspace), source, notes=notes)
    return picture if least else _with_map(picture, data, jpeg)


def _with_map(picture: Picture, data: bytes, jpeg: JpegFile) -> Picture:
    """Put in the gain map of a JPEG, if it has one; then no note says that it goes."""
    if "mpf_dropped" not in jpeg.dropped and b"GainMap" not in (jpeg.xmp or b""):
        return picture
    found = map_of_jpeg(data, jpeg, picture.source.orientation)
    if found is not None:
        picture.gain_map = found.gain_map
        gone = {"gain_map_dropped"} if found.others else {"gain_map_dropped", "mpf_dropped"}
        picture.notes = [note for note in picture.notes if note not in gone]
    return picture


def _motion(data: bytes) -> list[str]:
    """Return a note if a video follows the picture."""
    return ["motion_dropped"] if holds_video(data) else []


def _source_of(jpeg: JpegFile, header: Header, icc: bytes | None) -> tuple[Source, list[str]]:
    """Return the properties of a JPEG whose pixels are in the profile `icc`, and notes."""
    notes = []
    if jpeg.icc is None and jpeg.components == 3 and is_adobe_rgb(jpeg.exif):
        icc, notes = adobe_rgb(), ["adobe_rgb_by_exif"]
    icc, bad = profile.kept(icc, damaged=jpeg.icc_damaged)
    xmp, more = with_extension(jpeg.xmp, jpeg.extended_xmp)
    size, orientation = (header.width, header.height), orientation_of(jpeg.exif)
    quants = tuple(map(_transposed, jpeg.quants)) if orientation >= 5 else jpeg.quants
    source = Source(header.format, *size, orientation, jpeg.subsampling, icc, jpeg.exif, xmp, quants)
    source = replace(source, iptc=jpeg.iptc, texts=jpeg.texts, density=jpeg.density)
    return source, notes + bad + more


def _transposed(quants: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(quants[8 * row + column] for column in range(8) for row in range(8))


def _jpeg_by_pillow(data: bytes, jpeg: JpegFile, workspace: Workspace) -> tuple[Pixels, bytes | None, list[str]]:
    """Decode with Pillow, which accepts CMYK, unusual sampling, and damaged but complete files."""
    try:
        return _by_pillow(data, jpeg, workspace)
    except PhotoError:
        whole = lacking_only_end(data, jpeg)
        if whole is None:
            raise
    pixels, icc, notes = _by_pillow(whole, jpeg, workspace)
    return pixels, icc, [DAMAGE, *notes]


def _by_pillow(data: bytes, jpeg: JpegFile, workspace: Workspace) -> tuple[Pixels, bytes | None, list[str]]:
    with opened(data, "jpeg") as image:
        _same_size(image, jpeg.width, jpeg.height)
        image.load()
        converted, in_srgb, notes = rgb_image(image, jpeg.icc, inverted=not jpeg.adobe)
        return pixels_of(converted, workspace), None if in_srgb else jpeg.icc, notes


def _heic(data: bytes, header: Header, workspace: Workspace) -> Picture:
    from models.codec.heif import decode_heic  # noqa: PLC0415  # what few photos need is loaded when one comes

    return decode_heic(data, header, workspace)


def _raw(data: bytes, limits: Limits, workspace: Workspace, least: int, how: str, *, deep: bool) -> Picture:
    from models.codec.raw.developing import develop, embedded_jpeg  # noqa: PLC0415

    if how != "embedded":
        return develop(data, limits, workspace, least, deep=deep)
    jpeg = embedded_jpeg(data, limits)
    if jpeg is not None:
        with suppress(PhotoError):
            return _embedded(data, jpeg, limits, workspace)
    picture = develop(data, limits, workspace, least, deep=deep)
    picture.notes.append("raw_preview_missing")
    return picture


def _embedded(data: bytes, jpeg: bytes, limits: Limits, workspace: Workspace) -> Picture:
    """Decode the JPEG of a RAW file, which has the metadata of that file."""
    from models.codec.raw.metadata import read_raw  # noqa: PLC0415

    picture = _jpeg(jpeg, read_header(jpeg, limits), workspace, 0)
    found = read_raw(data)
    source = replace(picture.source, format="raw", exif=found.exif or picture.source.exif)
    if source.icc is None and is_adobe_rgb(source.exif):
        source = replace(source, icc=adobe_rgb())
    picture.source = replace(source, xmp=found.xmp or source.xmp, iptc=found.iptc or source.iptc)
    picture.notes = list(dict.fromkeys(["raw_embedded", *picture.notes, *found.notes]))
    return picture


def _tiff(data: bytes, header: Header, workspace: Workspace, deep: bool) -> Picture:
    reordered = with_picture_first(data)
    before = None if reordered is data else data
    if header.bits > 8 or has_shared_colours(reordered):
        picture = _deep(reordered, header, workspace, before, deep)
    else:
        picture = _other(reordered, header, workspace, before)
    if reordered is not data:
        picture.notes = list(dict.fromkeys([*picture.notes, "thumbnail_dropped"]))
    return picture


def _deep(data: bytes, header: Header, workspace: Workspace, before: bytes | None, deep: bool) -> Picture:
    from models.codec.deep import decode_deep  # noqa: PLC0415

    return decode_deep(data, header, workspace, before, deep=deep)


def _other(data: bytes, header: Header, workspace: Workspace, before: bytes | None = None) -> Picture:
    with opened(data, header.format) as image:
        beside = look_beside(data, image, header.format, before)
        # Not n_frames: Pillow takes a minute to count the pages of a TIFF with 100,000.
        notes = ["first_frame_only"] if getattr(image, "is_animated", False) else []
        icc, applied = beside.icc, header.format == "tiff"  # Pillow turns TIFFs itself
        orientation = orientation_of_tiff(image) if applied else beside.orientation
        if beside.crop is None and image.width * image.height > header.width * header.height:
            raise refusal.corrupt()  # before it allocates: of two PNG headers, for example, it believes the last one
        image.load()
        shown = image if beside.crop is None else _cropped(image, beside.crop)
        swapped = orientation >= 5 and not applied
        _same_size(shown, *((header.height, header.width) if swapped else (header.width, header.height)))
        converted, in_srgb, more = rgb_image(shown, icc)
        pixels = pixels_of(converted, workspace)
    if in_srgb:
        icc, bad = None, list[str]()
    else:
        icc = None if beside.first else icc
        described = None if icc else described_profile(pixels[..., :3], beside.described)
        icc, bad = profile.settle(pixels, icc, code_points=beside.code_points, described=described)
    size = header.width, header.height
    source = Source(
        header.format,
        *size,
        orientation,
        icc=icc,
        exif=bare(beside.exif) if beside.exif else None,
        xmp=beside.xmp,
        iptc=beside.iptc,
        texts=beside.texts,
        density=beside.density,
    )
    pixels = pixels if applied else upright(pixels, orientation, workspace)
    notes = list(dict.fromkeys(notes + beside.notes + more + bad))
    return Picture(pixels, source, has_alpha=converted.mode == "RGBA", notes=notes)


def _cropped(image: Image.Image, crop: Box) -> Image.Image:
    left, top, width, height = crop
    return image.crop((left, top, left + width, top + height))


def _same_size(image: Image.Image, width: int, height: int) -> None:
    """Refuse a file whose decoder reports a different size than the checked header."""
    if image.size != (width, height):
        raise refusal.corrupt()
