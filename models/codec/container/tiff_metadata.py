"""The EXIF of a TIFF, which is among the tags that describe the file."""

from PIL import Image

from models.codec.container.exif import ORIENTATION, TiffBlock

# description, make, model, orientation, resolution, software, date, artist, host, copyright
_DESCRIPTIVE = (270, 271, 272, 274, 282, 283, 296, 305, 306, 315, 316, 33432)
_TABLES = (0x8769, 0x8825)  # Exif, GPS
_INTEROP = 0xA005  # an offset into the original file
_LEFT_OUT = {  # tags that are dropped
    330: "thumbnail_dropped",  # further pictures, usually smaller
    33723: "iptc_dropped",
    34377: "photoshop_dropped",
    52545: "c2pa_dropped",
}


def left_out(image: Image.Image) -> list[str]:
    """Return notes on items of an opened TIFF that the result will not have."""
    tags = getattr(image, "tag_v2", {})
    return [note for tag, note in _LEFT_OUT.items() if tag in tags]


def orientation_of_tiff(image: Image.Image) -> int:
    """Return the orientation 1..8 of an opened TIFF; 1 if it is missing or invalid."""
    orientation = getattr(image, "tag_v2", {}).get(ORIENTATION, 1)
    return orientation if orientation in range(1, 9) else 1


def exif_of_tiff(image: Image.Image) -> bytes | None:
    """Return the EXIF block of an opened TIFF; None if it is missing, or Pillow cannot handle it."""
    try:
        kept = _described(image.getexif())
        return kept.tobytes()[6:] if len(kept) else None
    except Exception:  # noqa: BLE001 (metadata never fails a photo)
        return None


def graft_exif(tiff: bytes, block: bytes) -> bytes:
    """Return a little-endian TIFF with the tags of an EXIF block in its first table.

    Pillow's compressing writer cannot write the Exif and GPS tables. So they are appended, and after them a new
    first table with the old entries (offsets in a TIFF are absolute, so they stay valid) and the new ones.
    Raises Pillow's errors for an unreadable block.
    """
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + block)
    kept = _described(exif)
    kept.endian = "<"
    tiff += bytes(len(tiff) % 2)
    addition = kept.tobytes(len(tiff))[14:]  # after the prefix and the header
    grown = TiffBlock(tiff + addition + bytes(len(addition) % 2))
    tables = grown.ifd(grown.u32(4)), grown.ifd(len(tiff))
    entries = {entry.tag: grown.data[entry.at : entry.at + 12] for table in tables for entry in table.entries}
    grown.write(4, len(grown.data), 4)
    grown.data += len(entries).to_bytes(2, "little") + b"".join(entries[tag] for tag in sorted(entries)) + bytes(4)
    return bytes(grown.data)


def _described(whole: Image.Exif) -> Image.Exif:
    kept = Image.Exif()
    for tag in _DESCRIPTIVE:
        if tag in whole:
            kept[tag] = whole[tag]
    for tag in _TABLES:
        if table := whole.get_ifd(tag):
            kept.get_ifd(tag).update({key: value for key, value in table.items() if key != _INTEROP})
            kept[tag] = 0  # Pillow's writers look for the key and take the table from the call above
    return kept
