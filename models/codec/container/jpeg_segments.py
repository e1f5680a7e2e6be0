"""The segments of a JPEG file: its header, its metadata, and the insertion of metadata."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from models.codec.container import refusal
from models.codec.container.density import jfif_fields, of_jfif
from models.codec.container.iptc import PHOTOSHOP, iptc_in
from models.codec.container.texts import comment
from models.facts import Density, Text

EXIF = b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
ICC = b"ICC_PROFILE\0"
Quants = tuple[int, ...]  # 64 steps of coefficients, row by row

MAX_PAYLOAD = 65_533  # bytes after the two of the length
ICC_CHUNK = MAX_PAYLOAD - len(ICC) - 2  # 65,519

_JFIF, _DENSITY_AT = b"JFIF\0", 13  # in the file: after SOI, marker, length, name and version
_SAMSUNG_VIDEO = b"MotionPhoto_Data"
_VIDEOS = 1000  # most places that are looked at
_VIDEO_BOX = range(16, 128)  # bytes of its first box
_VIDEO_BRANDS = (
    b"mp42",
    b"mp41",
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"avc1",
    b"qt  ",
    b"3gp4",
    b"3gp5",
    b"MSNV",
)
_MOST_SEGMENTS = 20_000  # before the picture; a long colour profile takes 255
_COMMENTS = 100  # most that are kept
_LONGEST_EXIF = 2**20  # bytes of a block in several segments
# Place in a block of each coefficient of a file, figure A.6 of ITU-T T.81: the diagonals, up and down in turns.
ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))
_DQT = 0xDB
EOI, SOS, _APP0, _APP1, APP2 = 0xD9, 0xDA, 0xE0, 0xE1, 0xE2
_APP13, _APP14, _COM = 0xED, 0xEE, 0xFE
BESIDE = {*range(0xE0, 0xF0), _COM}  # segments that do not code the picture: APPn and comments
_NO_LENGTH = {0x01, *range(0xD0, 0xD9)}
SOF = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = {0xC2, 0xCA}
_LOSSLESS = {0xC3, 0xC7, 0xCB, 0xCF}
_SUBSAMPLING = {(1, 1): "444", (2, 1): "422", (2, 2): "420", (1, 2): "440", (4, 1): "411"}
# Segments not carried to the output, because they show or describe the original photo: marker, beginning and content
# of a segment, and the note about it. IPTC and a thumbnail are resources within Photoshop's.
_DROPPED = (
    (_APP0, b"JFXX\0", b"", "thumbnail_dropped"),
    (APP2, b"MPF\0", b"", "mpf_dropped"),
    (APP2, b"urn:iso:std:iso:ts:21496:-1\0", b"", "gain_map_dropped"),
    (0xEB, b"JP", b"", "c2pa_dropped"),
    (_APP13, PHOTOSHOP, b"", "photoshop_dropped"),
    (_APP13, PHOTOSHOP, b"8BIM\x04\x09", "thumbnail_dropped"),
    (_APP13, PHOTOSHOP, b"8BIM\x04\x0c", "thumbnail_dropped"),
)
# How application segments begin that are read, or named above, or say nothing of the photo; others have a note.
_KNOWN = (
    *(_JFIF, EXIF[:5], XMP, EXTENDED_XMP, ICC, b"Adobe", b"Ducky"),
    *(magic for _, magic, _, _ in _DROPPED),
)
_APPS = range(0xE0, 0xF0)


@dataclass(slots=True)
class JpegFile:
    """The part of the file before the first scan."""

    width: int = 0  # as stored, before orientation
    height: int = 0
    precision: int = 0  # bits a channel
    components: int = 0
    subsampling: str = "420"  # 444, 422, 420, 440, 411 or gray; the nearest of them
    progressive: bool = False
    lossless: bool = False
    adobe: bool = False  # has the Adobe marker: CMYK is stored inverted
    quants: tuple[Quants, ...] = ()  # of each component; empty if one is missing or has values above 255
    icc: bytes | None = None
    icc_damaged: bool = False
    exif: bytes | None = None  # without the prefix
    xmp: bytes | None = None
    extended_xmp: list[bytes] = field(default_factory=list)  # in pieces
    iptc: bytes | None = None
    texts: tuple[Text, ...] = ()  # comments
    density: Density | None = None
    dropped: list[str] = field(default_factory=list)  # notes about dropped segments


def read_segments(data: bytes) -> JpegFile:
    """Walk the segments up to the first scan. Raises PhotoError `truncated` or `corrupt`."""
    jpeg = JpegFile()
    quants: dict[int, Quants] = {}
    numbers: list[int] = []  # of the tables of the components
    pieces: dict[bytes, list[bytes]] = {ICC: [], PHOTOSHOP: [], EXTENDED_XMP: []}
    for marker, payload in _segments(data):
        if marker in SOF and not jpeg.components:
            _read_frame(jpeg, marker, payload)
            numbers = list(payload[8 : 6 + 3 * jpeg.components : 3])
        elif marker == _DQT:
            quants |= _quants(payload)
        elif marker == _COM and (text := comment(payload)):
            jpeg.texts = (*jpeg.texts, text)[:_COMMENTS]
        elif marker in _APPS:
            _read_application(jpeg, marker, payload, pieces)
    if not jpeg.components:
        raise refusal.corrupt()
    if len(numbers) in (1, 3) and all(number in quants for number in numbers):
        jpeg.quants = tuple(quants[number] for number in numbers)
    jpeg.icc = _join_icc(pieces[ICC])
    jpeg.icc_damaged = bool(pieces[ICC]) and jpeg.icc is None
    jpeg.iptc = iptc_in(b"".join(pieces[PHOTOSHOP]))
    jpeg.extended_xmp = pieces[EXTENDED_XMP]
    return jpeg


def _read_application(jpeg: JpegFile, marker: int, payload: bytes, pieces: dict[bytes, list[bytes]]) -> None:
    """Read a segment of an application; what several segments hold is put to the pieces of its kind."""
    if marker == _APP0 and payload.startswith(_JFIF):
        jpeg.density = jpeg.density or of_jfif(payload)
    elif marker == _APP1 and payload.startswith(EXIF[:5]):
        jpeg.exif = _joined_exif(jpeg.exif, payload[len(EXIF) :])
    elif marker == _APP1 and payload.startswith(XMP):
        jpeg.xmp = jpeg.xmp or payload[len(XMP) :]
    elif marker == _APP14 and payload.startswith(b"Adobe"):
        jpeg.adobe = True
    for at, start in ((_APP1, EXTENDED_XMP), (APP2, ICC), (_APP13, PHOTOSHOP)):
        if marker == at and payload.startswith(start):
            pieces[start].append(payload[len(start) :])
    notes = [
        note
        for at, magic, content, note in _DROPPED
        if marker == at and payload.startswith(magic) and content in payload
    ]
    if payload and not payload.startswith(_KNOWN):
        notes.append("segments_dropped")
    jpeg.dropped += [note for note in notes if note not in jpeg.dropped]


def splice(
    jpeg: bytes | memoryview,
    exif: bytes | None,
    xmp: bytes | None,
    icc: bytes | None,
    *,
    comments: Iterable[bytes] = (),
    density: Density | None = None,
) -> bytes:
    """Return `jpeg` (as simplejpeg writes it: SOI, APP0, …) with the metadata after its APP0, in which the density is.

    `exif`, `xmp` and each comment must fit one segment: see `room`.
    """
    at = 4 + int.from_bytes(jpeg[4:6], "big") if jpeg[3] == _APP0 else 2
    parts: list[bytes | memoryview] = [jpeg[:at]]
    if density and bytes(jpeg[6:11]) == _JFIF and at >= _DENSITY_AT + 7:
        parts = [jpeg[:_DENSITY_AT], jfif_fields(density), jpeg[_DENSITY_AT + 5 : at]]
    if exif:
        parts.append(segment(_APP1, EXIF + exif))
    if xmp:
        parts.append(segment(_APP1, XMP + xmp))
    if icc:
        pieces = [icc[start : start + ICC_CHUNK] for start in range(0, len(icc), ICC_CHUNK)]
        parts += [segment(APP2, ICC + bytes([number, len(pieces)]) + piece) for number, piece in enumerate(pieces, 1)]
    parts += [segment(_COM, each) for each in comments]
    if len(parts) == 1:
        return bytes(jpeg)
    return b"".join([*parts, jpeg[at:]])


def room(prefix: bytes) -> int:
    """Return how many bytes fit one segment behind a prefix."""
    return MAX_PAYLOAD - len(prefix)


def segment(marker: int, payload: bytes) -> bytes:
    """Return a segment as it stands in a file."""
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def holds_video(data: bytes) -> bool:
    """Whether the video of a motion photo lies behind the picture: an MP4 begins with a small box `ftyp`."""
    if data.endswith(b"\xff\xd9"):  # nothing lies behind
        return False
    if data.find(_SAMSUNG_VIDEO) >= 0:
        return True
    at = -1
    for _ in range(_VIDEOS):
        at = data.find(b"ftyp", at + 1)
        if at < 4:
            return False
        if data[at - 4 : at - 1] == bytes(3) and data[at - 1] in _VIDEO_BOX and data[at + 4 : at + 8] in _VIDEO_BRANDS:
            return True
    return False


def without_strays(data: bytes) -> bytes:
    """Return a JPEG without the stray bytes between its segments, up to the first scan."""
    kept, scan = [data[:2]], len(data)
    for marker, start, end in places(data):
        if marker == SOS:
            scan = start - 2
            break
        kept.append(segment(marker, data[start:end]))
    return b"".join([*kept, data[scan:]])


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, payload) up to the first scan."""
    for marker, start, end in places(data):
        if marker != SOS:
            yield marker, data[start:end]


def places(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each payload up to the first scan, which has none; stray bytes are skipped.

    Raises PhotoError `truncated` or `corrupt`.
    """
    at = 2
    for _ in range(_MOST_SEGMENTS):
        at = data.find(b"\xff", at)
        while 0 <= at < len(data) and data[at] == 0xFF:
            at += 1
        if at < 0 or at >= len(data):
            raise refusal.truncated()
        marker = data[at]
        at += 1
        if marker == 0 or marker in _NO_LENGTH:
            continue
        if marker == SOS:
            yield marker, at, at
        if marker in (SOS, EOI):
            return
        length = int.from_bytes(data[at : at + 2], "big")
        if at + length > len(data):
            raise refusal.truncated()
        if length < 2:
            raise refusal.corrupt()
        yield marker, at + 2, at + length
        at += length
    raise refusal.corrupt()


def _joined_exif(before: bytes | None, payload: bytes) -> bytes:
    """Join a block that goes on in further segments, as libheif and libvips write a long one; a second one is left."""
    if before is None:
        return payload
    return before if payload[:4] in (b"II*\0", b"MM\0*") or len(before) > _LONGEST_EXIF else before + payload


def _read_frame(jpeg: JpegFile, marker: int, frame: bytes) -> None:
    if len(frame) < 6 or not frame[5] or len(frame) < 6 + 3 * frame[5]:
        raise refusal.corrupt()
    jpeg.precision = frame[0]
    jpeg.height = int.from_bytes(frame[1:3], "big")
    jpeg.width = int.from_bytes(frame[3:5], "big")
    jpeg.components = frame[5]
    jpeg.subsampling = _subsampling([divmod(frame[7 + 3 * index], 16) for index in range(frame[5])])
    jpeg.progressive = marker in PROGRESSIVE
    jpeg.lossless = marker in _LOSSLESS


def _quants(payload: bytes) -> dict[int, Quants]:
    """Return the tables of 8 bits in a DQT segment, by number; others are left out."""
    tables = {}
    at = 0
    while at < len(payload):
        wide, number = divmod(payload[at], 16)
        values = payload[at + 1 : at + 65]
        if not wide and len(values) == len(ZIGZAG) and all(values):
            tables[number] = tuple(value for _, value in sorted(zip(ZIGZAG, values, strict=True)))
        at += 129 if wide else 65
    return tables


def _subsampling(factors: list[tuple[int, int]]) -> str:
    if len(factors) < 3:
        return "gray"
    (h, v), (chroma_h, chroma_v) = factors[:2]
    if not chroma_h or not chroma_v:
        raise refusal.corrupt()
    return _SUBSAMPLING.get((h // chroma_h, v // chroma_v), "420")


def _join_icc(chunks: list[bytes]) -> bytes | None:
    """Join the numbered chunks; None if one is missing."""
    numbered = {chunk[0]: chunk[2:] for chunk in chunks if len(chunk) > 2}
    if not numbered or sorted(numbered) != list(range(1, chunks[0][1] + 1)):
        return None
    return b"".join(numbered[number] for number in sorted(numbered))
