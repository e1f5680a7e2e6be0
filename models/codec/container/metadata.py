"""The metadata of a result: the source's, corrected for the retouched picture."""

from dataclasses import dataclass, field, replace

from models.codec.container import jpeg_segments
from models.codec.container.credit import NOBODY, Credit
from models.codec.container.density import of_exif
from models.codec.container.exif import bare, patch_exif, within
from models.codec.container.exif_tables import DamagedExifError, read_exif
from models.codec.container.geometry import Geometry
from models.codec.container.iptc import properties_of
from models.codec.container.texts import COMMENT, as_properties, without_positions
from models.codec.container.xmp.names import name as full_name
from models.codec.container.xmp.packet import Property, patch_xmp
from models.codec.container.xmp.tree import DamagedXmpError
from models.facts import Density, Text
from models.picture import Source

_OF_WHAT_IS_KEPT = (
    "iptc_to_xmp",
    "exif_shortened",
    "xmp_shortened",
    "text_dropped",
    "panorama_dropped",
    "regions_dropped",
)
_ANNOUNCEMENT = 1024  # bytes of a JPEG's XMP that are free for saying that a gain map follows
_TELLS_DENSITY = ("jpeg", "png")  # formats that do so outside of EXIF


@dataclass(slots=True)
class Metadata:
    """The metadata of a result."""

    icc: bytes | None = None
    exif: bytes | None = None  # without prefix
    xmp: bytes | None = None
    texts: list[Text] = field(default_factory=list)  # of a PNG; comments of a JPEG
    density: Density | None = None
    gain_map: bytes | None = None  # the JPEG of one, for a JPEG
    notes: list[str] = field(default_factory=list)

    @property
    def comments(self) -> list[bytes]:
        """The texts as bytes of a JPEG."""
        return [_comment(each) for each in self.texts]


def result_metadata(
    source: Source, width: int, height: int, policy: str, name: str, *, credit: Credit = NOBODY
) -> Metadata:
    """Return the metadata for a result of `width` × `height` pixels in format `name`.

    `policy` is keep, strip_gps or strip; colour profile and resolution always stay. What cannot be read, and pictures
    of the original photo, are dropped and noted under every policy. `credit` is written under every policy.
    """
    xmp, iptc = within(source.exif)
    source = replace(source, xmp=source.xmp or xmp, iptc=source.iptc or iptc)
    geometry = Geometry(source.orientation, (source.width, source.height), (width, height))
    density = source.density
    if density is None or not density.tells:
        density = _density_in(source.exif) or density
    if density and geometry.swapped:
        density = density.turned()
    metadata = Metadata(source.icc, density=density)
    _put_exif(metadata, source, geometry, policy, name, credit=credit)
    _put_xmp(metadata, source, geometry, policy, name, credit=credit)
    if policy == "strip":
        notes = [note for note in metadata.notes if note not in _OF_WHAT_IS_KEPT]
        exif = patch_exif(b"", width, height, density=density if name == "tiff" else None, credit=credit)[0]
        xmp = patch_xmp(b"", width, height, more=credit.properties())[0]
        return Metadata(source.icc, exif or None, xmp or None, density=density, notes=notes)
    return metadata


def _put_exif(
    metadata: Metadata, source: Source, geometry: Geometry, policy: str, name: str, *, credit: Credit
) -> None:
    density = None if name in _TELLS_DENSITY else metadata.density
    most = jpeg_segments.room(jpeg_segments.EXIF) if name == "jpeg" else None
    for block in (source.exif or b"", b""):
        try:
            exif, notes = patch_exif(
                block,
                *geometry.after,
                policy != "keep",
                name != "avif",  # Pillow's writer changes EXIF in which it finds an orientation
                geometry=geometry,
                density=density,
                most=most,
                credit=credit,
            )
        except DamagedExifError:
            metadata.notes.append("exif_dropped")
            continue
        metadata.exif = exif or None
        metadata.notes += notes
        return


def _put_xmp(metadata: Metadata, source: Source, geometry: Geometry, policy: str, name: str, *, credit: Credit) -> None:
    """Put in XMP, with what IPTC and texts tell beside it and no other place is for."""
    texts = [each for each in source.texts if not credit.contradicts(each.keyword)]
    properties = list[Property]()
    if policy != "keep":
        told = len(texts)
        texts = without_positions(texts)
        metadata.notes += ["gps_dropped"] if len(texts) < told else []
    if source.iptc:
        properties, notes = properties_of(source.iptc)
        metadata.notes += [*(["iptc_to_xmp"] if properties else []), *notes]
    if name == "jpeg":
        metadata.texts = [each for each in texts if each.keyword == COMMENT and _fits(each)]
    elif name == "png":
        metadata.texts = texts
    properties = [*credit.properties(), *(each for each in properties if full_name(each.name) not in credit.replaced())]
    more, left = as_properties([each for each in texts if each not in metadata.texts])
    metadata.notes += ["text_dropped"] if left else []
    most = jpeg_segments.room(jpeg_segments.XMP) - _ANNOUNCEMENT if name == "jpeg" else None
    for packet in (source.xmp or b"", b""):
        try:
            xmp, notes = patch_xmp(
                packet,
                *geometry.after,
                policy != "keep",
                geometry=geometry,
                more=properties + more,
                most=most,
                without=credit.replaced(),
            )
        except DamagedXmpError:
            metadata.notes.append("xmp_dropped")
            continue
        metadata.xmp = xmp or None
        metadata.notes += notes
        return


def _density_in(exif: bytes | None) -> Density | None:
    try:
        return of_exif(read_exif(bare(exif or b"")))
    except DamagedExifError:
        return None


def _comment(text: Text) -> bytes:
    return text.text.encode(text.encoding, "replace")


def _fits(text: Text) -> bool:
    return len(_comment(text)) <= jpeg_segments.room(b"")
