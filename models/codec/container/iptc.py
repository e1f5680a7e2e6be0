"""IPTC (IIM 4.2) and the Photoshop block around it, turned into the properties of XMP that mean the same.

The pairs are those of the IPTC Photo Metadata Standard.
"""

from models.codec.container.xmp.packet import Property

PHOTOSHOP = b"Photoshop 3.0\0"
_RESOURCES = (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR")
_IIM = 0x0404
_MARK = 0x1C  # before each dataset
_DROPPED = "iptc_dropped"
_MOST = 2000  # datasets, or resources around them, that are read
_CHARACTERS, _UTF8 = (1, 90), b"\x1b%G"
_TIMES = {55: (60, "photoshop:DateCreated"), 62: (63, "xmp:CreateDate")}  # a date, the time to it, and both in XMP
_PREVIEWS = (200, 201, 202)
_SILENT = {0, *_PREVIEWS, *(time for time, _ in _TIMES.values())}  # the version, and what is read with another
_PROPERTIES = {  # of the second record
    5: ("dc:title", "Alt"),
    10: ("photoshop:Urgency", "text"),
    15: ("photoshop:Category", "text"),
    20: ("photoshop:SupplementalCategories", "Bag"),
    25: ("dc:subject", "Bag"),
    40: ("photoshop:Instructions", "text"),
    65: ("xmp:CreatorTool", "text"),
    80: ("dc:creator", "Seq"),
    85: ("photoshop:AuthorsPosition", "text"),
    90: ("photoshop:City", "text"),
    92: ("Iptc4xmpCore:Location", "text"),
    95: ("photoshop:State", "text"),
    100: ("Iptc4xmpCore:CountryCode", "text"),
    101: ("photoshop:Country", "text"),
    103: ("photoshop:TransmissionReference", "text"),
    105: ("photoshop:Headline", "text"),
    110: ("photoshop:Credit", "text"),
    115: ("photoshop:Source", "text"),
    116: ("dc:rights", "Alt"),
    120: ("dc:description", "Alt"),
    122: ("photoshop:CaptionWriter", "text"),
}


def iptc_in(block: bytes) -> bytes | None:
    """Return the IPTC in a Photoshop block (without its prefix); None if there is none."""
    at = 0
    for _ in range(_MOST):
        if at + 12 > len(block) or block[at : at + 4] not in _RESOURCES:
            return None
        name = 1 + block[at + 6]
        start = at + 6 + name + name % 2 + 4
        size = int.from_bytes(block[start - 4 : start], "big")
        if int.from_bytes(block[at + 4 : at + 6], "big") == _IIM:
            return block[start : start + size]
        at = start + size + size % 2
    return None


def properties_of(iim: bytes) -> tuple[list[Property], list[str]]:
    """Return the properties, and notes on what has no property or cannot be read."""
    fields: dict[int, list[bytes]] = {}
    utf8 = False
    datasets, whole = _datasets(iim)
    for record, number, value in datasets:
        utf8 |= (record, number) == _CHARACTERS and value.startswith(_UTF8)
        if record == 2 and value:
            fields.setdefault(number, []).append(value)
    texts = {number: [_text(value, utf8) for value in values] for number, values in fields.items()}
    properties: list[Property] = []
    for number, (name, form) in _PROPERTIES.items():
        if values := [text for text in texts.pop(number, []) if text]:
            joined = ["; ".join(values)] if form in ("text", "Alt") else values
            properties.append(Property(name, form, joined, _DROPPED))
    for number, (time, name) in _TIMES.items():
        date = _date(*texts.pop(number, [""])[:1], *texts.get(time, [""])[:1])
        properties += [Property(name, "text", [date], _DROPPED)] if date else []
    notes = ["thumbnail_dropped"] if any(number in texts for number in _PREVIEWS) else []
    return properties, notes + ([_DROPPED] if texts.keys() - _SILENT or not whole else [])


def _datasets(iim: bytes) -> tuple[list[tuple[int, int, bytes]], bool]:
    """Return record, number and value of each dataset up to the first that is damaged, and whether there is none."""
    found, at = list[tuple[int, int, bytes]](), 0
    while at + 5 <= len(iim) and iim[at] == _MARK and len(found) < _MOST:
        record, number, size = iim[at + 1], iim[at + 2], int.from_bytes(iim[at + 3 : at + 5], "big")
        at += 5
        if size & 0x8000:  # an extended dataset: that many bytes tell its size
            wide = min(size & 0x7FFF, 8)
            size = int.from_bytes(iim[at : at + wide], "big")
            at += wide
        found.append((record, number, iim[at : at + size]))
        at += size
    return found, at <= len(iim) and not iim[at:].strip(b"\0")


def _text(value: bytes, utf8: bool) -> str:
    """Decode a text: by what the file says, or UTF-8 where it is, or Latin-1."""
    value = value.rstrip(b"\0 ")
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("utf-8" if utf8 else "cp1252", "replace")


def _date(date: str, time: str) -> str:
    """Return CCYYMMDD and HHMMSS±HHMM as ISO 8601; empty if it is no date."""
    if len(date) < 8 or not _is_number(date[:8]):
        return ""
    year, month, day = date[:4], date[4:6], date[6:8]
    parts = [part for part in (year, month, day) if int(part)]
    if len(parts) < 3 or len(time) < 6 or not _is_number(time[:6]):
        return "-".join(parts)
    zone = f"{time[6:9]}:{time[9:11]}" if len(time) == 11 and time[6] in "+-" and _is_number(time[7:]) else ""
    return f"{year}-{month}-{day}T{time[:2]}:{time[2:4]}:{time[4:6]}{zone}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
