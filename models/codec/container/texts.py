"""Texts that people and programs put beside a picture: comments of JPEG and GIF, text chunks of PNG."""

import re
from collections.abc import Iterable
from datetime import datetime
from email.utils import parsedate_to_datetime

from models.codec.container.xmp.packet import Property
from models.facts import Text

COMMENT = "Comment"
# Keywords of PNG, and what means the same in XMP.
_PROPERTIES = {
    "Title": ("dc:title", "Alt"),
    "Author": ("dc:creator", "Seq"),
    "Description": ("dc:description", "Alt"),
    "Copyright": ("dc:rights", "Alt"),
    "Software": ("xmp:CreatorTool", "text"),
    "Source": ("dc:source", "text"),
    COMMENT: ("exif:UserComment", "Alt"),
}
_TIME, _DROPPED = "Creation Time", "text_dropped"
_OF_FILES = "date:"  # ImageMagick's keywords for the times of the file
# A degree, or a number with more decimals than people write; by this a program tells of a position.
_POSITION = re.compile(r"\d\.\d{3}|\d\s*[°º]|latitude|longitude|\bgps", re.IGNORECASE)
_PLACES = ("City", "Country", "Location", "Place", "State")  # keywords


def comment(value: bytes) -> Text | None:
    """Return a comment of a JPEG or GIF, whose encoding nobody tells."""
    encoding = "utf-8"
    try:
        text = value.decode()
    except UnicodeDecodeError:
        encoding = "latin-1"
        text = value.decode(encoding)
    return Text(COMMENT, text, encoding) if text.strip("\0 ") else None


def _date(text: str) -> str:
    """Return a time in ISO 8601, from that or from RFC 1123, as PNG recommends; empty if it is none."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(text.strip()).isoformat()
        except (ValueError, OverflowError):
            continue
    return ""


def without_positions(texts: Iterable[Text]) -> list[Text]:
    """Return those that tell of no position."""
    return [
        each
        for each in texts
        if not any(map(_POSITION.search, (each.keyword, each.text))) and each.keyword not in _PLACES
    ]


def as_properties(texts: Iterable[Text]) -> tuple[list[Property], list[Text]]:
    """Return the properties of XMP that say the same, and the texts for which there is none."""
    properties: list[Property] = []
    left = []
    for each in texts:
        known = _PROPERTIES.get(each.keyword)
        date = _date(each.text) if each.keyword == _TIME else ""
        if known:
            properties.append(Property(*known, [each.text], _DROPPED))
        elif date:
            properties.append(Property("xmp:CreateDate", "text", [date], _DROPPED))
        elif not each.keyword.startswith(_OF_FILES):
            left.append(each)
    return properties, left
