"""The text chunks of a PNG: texts, XMP, and the metadata that ImageMagick writes into them as hexadecimal digits."""

import binascii
import zlib
from dataclasses import dataclass, field

from models.codec.container.iptc import iptc_in
from models.facts import Text

TEXTS = (b"tEXt", b"zTXt", b"iTXt")
RAW = b"Raw profile type "
_XMP, _RAW = "XML:com.adobe.xmp", RAW.decode()
_XMP_SEGMENT, _PHOTOSHOP = b"http://ns.adobe.com/xap/1.0/\0", b"Photoshop 3.0\0"
_LARGEST = 16 * 2**20  # bytes of an unpacked profile or packet
_KEYWORD = 79  # bytes that it may have
_LONGEST, _MOST, _MOST_BYTES = 2**20, 500, 4 * 2**20  # of a text, of texts, of all of them


@dataclass(slots=True)
class TextChunks:
    """What the text chunks hold; the first of several counts."""

    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    texts: list[Text] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _bytes: int = 0
    _unpacked_left: int = 4 * _LARGEST  # bytes for all chunks of a file, of which each might be a bomb

    def add(self, name: bytes, body: bytes) -> None:
        """Read one chunk; damaged ones are left out."""
        keyword, _, rest = body.partition(b"\0")
        word, language, translated = keyword[:_KEYWORD].decode("latin-1"), "", b""
        special = word == _XMP or word.startswith(_RAW)
        packed, encoding = name == b"zTXt", "latin-1"
        if name == b"iTXt":
            packed, encoding = rest[:1] == b"\1", "utf-8"
            tongue, _, rest = rest[2:].partition(b"\0")
            language = tongue.decode("latin-1")
            translated, _, rest = rest.partition(b"\0")
        elif packed:
            rest = rest[1:]
        value = self._unpacked(rest, _LARGEST if special else _LONGEST) if packed else rest
        if value is None:
            self._note("text_dropped")
        if not value or not word:
            return
        if word == _XMP:
            self.xmp = self.xmp or value
        elif special:
            self._raw(word.removeprefix(_RAW).lower(), value)
        else:
            self._bytes += len(value)
            if len(self.texts) < _MOST and self._bytes <= _MOST_BYTES and len(value) <= _LONGEST:
                text = value.decode(encoding, "replace")
                self.texts.append(Text(word, text, "utf-8", language, translated.decode("utf-8", "replace")))
            else:
                self._note("text_dropped")

    def _unpacked(self, packed: bytes, most: int) -> bytes | None:
        most = min(most, self._unpacked_left)
        text = unpacked(packed, most) if most > 0 else None
        self._unpacked_left -= most if text is None else len(text)
        return text

    def _raw(self, kind: str, text: bytes) -> None:
        """Take a profile: a line with its name, one with its length, and lines of digits."""
        lines = text.lstrip().split(b"\n", 2)
        try:
            profile = binascii.unhexlify(b"".join(lines[2].split()))
        except (IndexError, binascii.Error):
            self._note("text_dropped")
            return
        if kind in ("exif", "app1") and profile.startswith(_XMP_SEGMENT):
            self.xmp = self.xmp or profile[len(_XMP_SEGMENT) :]
        elif kind in ("exif", "app1"):
            self.exif = self.exif or profile
        elif kind == "xmp":
            self.xmp = self.xmp or profile
        elif kind in ("iptc", "8bim"):  # ImageMagick calls Photoshop's block so too
            self.iptc = self.iptc or (profile if profile[:1] == b"\x1c" else iptc_in(profile.removeprefix(_PHOTOSHOP)))
            self._note("photoshop_dropped" if profile[:1] != b"\x1c" else "")
        else:
            self._note("text_dropped")

    def _note(self, note: str) -> None:
        if note and note not in self.notes:
            self.notes.append(note)


def unpacked(packed: bytes, most: int = _LARGEST) -> bytes | None:
    """Return what is packed; None if it is damaged or longer than `most` bytes."""
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(packed, most)
    except zlib.error:
        return None
    return text if unpacking.eof else None
