"""The main picture of a HEIC or AVIF, and the other items in the file."""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice

from models.codec.container import refusal
from models.codec.container.iso_boxes import Cursor, DamagedBoxesError, Items, boxes, read_items
from models.errors import PhotoError

Box = tuple[int, int, int, int]  # left, top, width and height

_BOXES = 1000  # most boxes read in a file; a photo has a handful
_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_PICTURES = (b"hvc1", b"grid", b"av01", b"jpeg", b"iden", b"iovl")
_ALPHA = ("auxid:1", "auxiliary:alpha")
_NAMES = 256  # bytes read of the type of an auxiliary picture
_DEPTH = ("auxid:2", "auxiliary:depth", "aux:disparity")


@dataclass(slots=True)
class IsoPicture:
    """The main picture of a file."""

    kind: bytes = b""  # hvc1: one picture; grid: of tiles; av01: AVIF
    width: int = 0  # as displayed
    height: int = 0
    stored: tuple[int, int] = (0, 0)  # width and height before it is cropped and turned
    crop: Box | None = None  # of the stored picture
    orientation: int = 1  # the container's rotation and mirroring, as an EXIF orientation
    bits: int = 8  # a channel
    code_points: tuple[int, int] | None = None  # primaries and transfer, as ITU-T H.273 numbers them
    sizes: list[tuple[int, int]] = field(default_factory=list)  # of every picture, tile and map in the file
    notes: list[str] = field(default_factory=list)  # other items, which are not carried to the result


def read_picture(data: bytes) -> IsoPicture:
    """Find the main picture. Raises PhotoError `truncated`, `corrupt` or `unsupported_media`."""
    try:
        meta, notes = meta_of(data)
        picture = _picture(read_items(meta))
    except DamagedBoxesError as damage:
        raise refusal.corrupt() from damage
    picture.notes += notes
    return picture


def crop_of(data: bytes, stored: tuple[int, int]) -> Box | None:
    """Return the part of the stored picture, of this width and height, that is shown; None for all of it."""
    try:
        picture = read_picture(data)
    except PhotoError:
        return None
    return picture.crop if picture.stored == stored else None


def meta_of(data: bytes) -> tuple[bytes, list[str]]:
    """Return the body of the `meta` box, and notes on its neighbours."""
    meta, notes, names = b"", list[str](), set[bytes]()
    end = 0
    for name, start, end in islice(boxes(data), _BOXES):
        names.add(name)
        if name == b"meta" and not meta and end <= len(data):
            meta = data[start:end]
        if name == b"uuid" and data[start : start + 16] == _C2PA:
            notes.append("c2pa_dropped")
        if name == b"mpvd":  # the video of a motion photo
            notes.append("motion_dropped")
    if meta:
        return meta, notes
    if b"moov" in names:
        raise refusal.unsupported_media("a sequence of pictures")
    raise refusal.truncated() if end > len(data) or not names - {b"ftyp"} else refusal.corrupt()


def _picture(items: Items) -> IsoPicture:
    picture = IsoPicture(items.kinds.get(items.primary, b""), notes=_beside(items))
    picture.sizes = [_size(body) for name, body in items.properties if name == b"ispe"]
    own = items.of(items.primary)
    for name, body in own:
        if name == b"ispe":
            picture.stored = picture.width, picture.height = _size(body)
    turns, mirrored = 0, False  # quarter turns to the left, then a mirror from left to right
    for name, body in own:
        if name == b"clap":
            _crop(picture, body, turns, mirrored)
        elif name == b"irot" and body:
            turn = body[0] & 3
            turns += -turn if mirrored else turn
            if turn % 2:
                picture.width, picture.height = picture.height, picture.width
        elif name == b"imir" and body:
            mirrored = not mirrored
            turns += 0 if body[0] & 1 else 2  # upside down: from left to right, and half a turn
    picture.orientation = _ORIENTATIONS[turns % 4, mirrored]
    first = items.targets(b"dimg", items.primary)[:1]
    described = own + [known for tile in first for known in items.of(tile)]  # a grid may leave it to its tiles
    picture.bits = _bits(described)
    picture.code_points = next(
        (_points(body) for name, body in described if name == b"colr" and body[:4] == b"nclx"), None
    )
    return picture


# by quarter turns to the left, and whether a mirror from left to right follows
_ORIENTATIONS = {
    (0, False): 1,
    (0, True): 2,
    (2, False): 3,
    (2, True): 4,
    (3, True): 5,
    (3, False): 6,
    (1, True): 7,
    (1, False): 8,
}


def _size(body: bytes) -> tuple[int, int]:
    cursor = Cursor(body)
    cursor.version()
    return cursor.number(4), cursor.number(4)


def _crop(picture: IsoPicture, body: bytes, turns: int, mirrored: bool) -> None:
    """Crop a picture that is turned so far; a crop that reaches beyond it does not count."""
    cursor = Cursor(body)
    numbers = [cursor.number(4) for _ in range(8)]
    if not all(numbers[1::2]):
        raise DamagedBoxesError
    wide, high = Fraction(*numbers[:2]), Fraction(*numbers[2:4])
    right, down = Fraction(_signed(numbers[4]), numbers[5]), Fraction(_signed(numbers[6]), numbers[7])
    width, height = round(wide), round(high)
    left = math.floor((picture.width - wide) / 2 + right)  # as libheif rounds
    top = math.floor((picture.height - high) / 2 + down)
    if min(left, top) < 0 or not 0 < width <= picture.width - left or not 0 < height <= picture.height - top:
        return
    box, frame = (left, top, width, height), (picture.width, picture.height)
    x, y, *size = _as_stored(box, frame, turns, mirrored)
    before = picture.crop or (0, 0, *picture.stored)
    picture.crop = before[0] + x, before[1] + y, size[0], size[1]
    picture.width, picture.height = width, height


def _as_stored(box: Box, frame: tuple[int, int], turns: int, mirrored: bool) -> Box:
    """Return where a box of a turned picture of size `frame` lies in the picture as it was before."""
    left, top, width, height = box
    if mirrored:
        left = frame[0] - left - width
    for _ in range(turns % 4):  # back to the right
        left, top, width, height = frame[1] - top - height, left, height, width
        frame = frame[1], frame[0]
    return left, top, width, height


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number


def _points(body: bytes) -> tuple[int, int]:
    cursor = Cursor(body[4:])
    return cursor.number(2), cursor.number(2)


def _bits(properties: list[tuple[bytes, bytes]]) -> int:
    for name, body in properties:
        if name == b"pixi" and len(body) > 5:
            return max(body[5:])
        if name == b"hvcC" and len(body) > 18:
            return 8 + max(body[17] & 7, body[18] & 7)
        if name == b"av1C" and len(body) > 2 and body[2] & 0x40:
            return 12 if body[2] & 0x20 else 10
    return 8


def _beside(items: Items) -> list[str]:
    """Return notes on other items: thumbnails, gain and depth maps, mattes, further photos."""
    notes = ["gain_map_dropped"] if b"tmap" in items.kinds.values() else []
    parts = {items.primary} | items.hidden
    for kind, source, targets in items.references:
        parts.update(targets if kind == b"dimg" else ())
        if kind == b"thmb":
            parts.add(source)
            notes.append("thumbnail_dropped")
        elif kind == b"auxl" and source not in parts:  # only once
            parts.add(source)
            notes += _auxiliary(items.of(source))
    if any(kind in _PICTURES and item not in parts for item, kind in items.kinds.items()):
        notes.append("first_frame_only")
    return list(dict.fromkeys(notes))


def _auxiliary(properties: list[tuple[bytes, bytes]]) -> list[str]:
    use = next(
        (body[4:_NAMES].partition(b"\0")[0].decode("latin-1") for name, body in properties if name == b"auxC"), ""
    )
    if use.endswith(_ALPHA):
        return []
    if "gainmap" in use.lower():
        return ["gain_map_dropped"]
    return ["depth_dropped"] if use.endswith(_DEPTH) else ["auxiliary_dropped"]
