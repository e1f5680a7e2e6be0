"""PNG and TIFF by OpenCV: of 16 bits a channel, which Pillow truncates in colour, and in subsampled YCbCr."""

import cv2
import numpy as np
import numpy.typing as npt

from models.codec.container import png_chunks, refusal
from models.codec.container.exif import bare, orientation_of
from models.codec.container.tiff_depth import ends_early, lying_as_stored
from models.codec.container.tiff_metadata import orientation_of_tiff, read_tiff
from models.codec.eight_bit import Array, eight_bit
from models.codec.header import Header
from models.codec.orientation import turned, upright
from models.codec.pillow import opened
from models.codec.png_colour import described_profile
from models.codec.profile import settle
from models.codec.workspace import Workspace
from models.picture import Picture, Source

_PHOTOMETRIC, _EXTRA = 262, 338
_WHITE_IS_ZERO = 0
_PREMULTIPLIED, _STRAIGHT = 1, 2  # meaning of a fourth channel

cv2.utils.logging.setLogLevel(
    cv2.utils.logging.LOG_LEVEL_SILENT
)  # it would log each damaged file to stderr; the photo's owner gets the error


def decode_deep(
    data: bytes, header: Header, workspace: Workspace, before: bytes | None = None, *, deep: bool = False
) -> Picture:
    """Decode a PNG of 16 bits or a TIFF; `before` is a TIFF as it was before its picture was put first.

    With `deep` the picture has 16 bits too, unless it is transparent or its colours were converted. Raises PhotoError,
    or any exception of OpenCV for a damaged file.
    """
    if header.format == "png":
        return _png(data, header, workspace, deep)
    return _tiff(data, header, workspace, before, deep)


def _png(data: bytes, header: Header, workspace: Workspace, deep: bool) -> Picture:
    png = png_chunks.read_chunks(data)
    if png_chunks.ends_early(data):
        raise refusal.truncated()
    if not png_chunks.intact(data):
        raise refusal.corrupt()  # OpenCV would return the part before the damage
    array = _read(png_chunks.only_pixels(data))
    orientation = orientation_of(png.exif)
    _same_size(array, header, orientation)
    clear = array == png.clear_grey if _is_grey(array) and png.clear_grey is not None else None  # OpenCV ignores it
    described = described_profile(array[..., :3] if array.ndim > 2 else array, png.described)
    pixels = eight_bit(array, 16, workspace, bgr=True)
    if clear is not None:
        pixels[..., 3][clear] = 0
    icc = None if png.code_points else png.icc  # they take precedence by the standard
    icc, notes = settle(pixels, icc, grey=png.grey, code_points=png.code_points, described=described)
    exif = bare(png.exif) if png.exif else None
    size = header.width, header.height
    source = Source(
        "png",
        *size,
        orientation,
        icc=icc,
        exif=exif,
        xmp=png.xmp,
        iptc=png.iptc,
        texts=png.texts,
        density=png.density,
    )
    frames = ["first_frame_only"] if png.frames > 1 else []
    picture = Picture(
        upright(pixels, orientation, workspace),
        source,
        has_alpha=array.shape[2:] == (4,) or clear is not None,
        notes=["depth_reduced", *frames, *png.notes, *notes],
    )
    if deep and not picture.has_alpha and not notes and described is None:
        picture.deep = _colours(array, orientation)
    return picture


def _tiff(data: bytes, header: Header, workspace: Workspace, before: bytes | None, deep: bool) -> Picture:
    tiff = read_tiff(data, before)
    with opened(data, "tiff") as image:
        tags = getattr(image, "tag_v2", {})
        if ends_early(tags, len(data)):
            raise refusal.truncated()
        icc = image.info.get("icc_profile")
        inverted = tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
        extra = tags.get(_EXTRA, (0,))[0]
        orientation = orientation_of_tiff(image)
        notes = [*(["depth_reduced"] if header.bits > 8 else []), *tiff.notes]
        notes += ["first_frame_only"] if getattr(image, "is_animated", False) else []
    array = _read(lying_as_stored(data), header.bits)
    _same_size(array, header, orientation)
    has_alpha = array.shape[2:] == (4,) and extra in (_PREMULTIPLIED, _STRAIGHT)
    pixels = eight_bit(array, header.bits, workspace, bgr=True, premultiplied=has_alpha and extra == _PREMULTIPLIED)
    if inverted:
        np.subtract(255, pixels[..., :3], out=pixels[..., :3])
    if not has_alpha:
        pixels[..., 3] = 255
    icc, more = settle(pixels, icc, grey=_is_grey(array))
    size = header.width, header.height
    source = Source("tiff", *size, orientation, icc=icc, exif=tiff.exif, xmp=tiff.xmp, iptc=tiff.iptc)
    picture = Picture(upright(pixels, orientation, workspace), source, has_alpha=has_alpha, notes=notes + more)
    if deep and header.bits == 16 and array.shape[2:] != (4,) and not inverted and not more:
        picture.deep = _colours(array, orientation)
    return picture


def _colours(array: Array, orientation: int) -> npt.NDArray[np.uint16]:
    """Return upright RGB (H, W, 3) of (H, W) or (H, W, 3) with blue first."""
    code = cv2.COLOR_GRAY2RGB if _is_grey(array) else cv2.COLOR_BGR2RGB
    return turned(np.asarray(cv2.cvtColor(array, code), np.uint16), orientation)


def _read(data: bytes, bits: int = 16) -> Array:
    """Return (H, W), (H, W, 3) or (H, W, 4) uint8 or uint16, blue first, as stored."""
    array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if array is None or array.dtype != (np.uint16 if bits > 8 else np.uint8):
        raise refusal.corrupt()
    return array


def _is_grey(array: Array) -> bool:
    return array.ndim == 2


def _same_size(array: Array, header: Header, orientation: int) -> None:
    size = (header.width, header.height) if orientation >= 5 else (header.height, header.width)
    if array.shape[:2] != size:
        raise refusal.corrupt()
