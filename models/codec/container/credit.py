"""Who made a photo and whose it is, written where programs look: EXIF and XMP.

IPTC's own records are not written. The IPTC Photo Metadata Standard has these two fields in XMP, as `dc:creator` and
`dc:rights`, and programs read them there first.
"""

from dataclasses import dataclass

from models.codec.container.exif_tables import ASCII, Exif, Value
from models.codec.container.xmp.names import name
from models.codec.container.xmp.packet import Property

_ARTIST, _COPYRIGHT = 0x013B, 0x8298
_AUTHORS = {0x9C9D}  # XPAuthor, in which Windows repeats the artist
_OF_CREATOR = {name("dc:creator"), name("tiff:Artist"), name("xmpRights:Owner")}
_OF_COPYRIGHT = {name("dc:rights"), name("tiff:Copyright"), name("xmpRights:WebStatement"), name("xmpRights:Marked")}
_KEYWORDS = {"Author": "creator", "Copyright": "copyright"}  # texts of a PNG


@dataclass(frozen=True, slots=True)
class Credit:
    """What a result says instead of its source; None: what the source says stays."""

    creator: str | None = None
    copyright: str | None = None

    def __bool__(self) -> bool:
        return bool(self.creator or self.copyright)

    def put_into(self, exif: Exif) -> None:
        """Replace the tags of EXIF. Their type is ASCII; what is not ASCII is UTF-8, as programs expect it."""
        for tag, text in ((_ARTIST, self.creator), (_COPYRIGHT, self.copyright)):
            if text:
                data = text.encode() + b"\0"
                exif.root[tag] = Value(ASCII, len(data), data)
        for tag in _AUTHORS if self.creator else ():
            exif.root.pop(tag, None)

    def properties(self) -> list[Property]:
        """Return the properties of XMP that say it."""
        told = [("dc:creator", "Seq", self.creator), ("dc:rights", "Alt", self.copyright)]
        return [Property(name, form, [text], "") for name, form, text in told if text]

    def replaced(self) -> set[str]:
        """Return the names, with their namespaces, of the properties that say something else."""
        return (_OF_CREATOR if self.creator else set()) | (_OF_COPYRIGHT if self.copyright else set())

    def contradicts(self, keyword: str) -> bool:
        """Whether a text of a PNG with this keyword says the same of the source."""
        return bool(keyword in _KEYWORDS and getattr(self, _KEYWORDS[keyword]))


NOBODY = Credit()
