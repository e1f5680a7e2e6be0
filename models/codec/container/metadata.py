"""The metadata of a result: the source's, corrected for the retouched picture."""

from dataclasses import dataclass, field

from models.codec.container import jpeg_segments
from models.codec.container.exif import DamagedExifError, patch_exif
from models.codec.container.xmp import DamagedXmpError, patch_xmp
from models.picture import Source


@dataclass(slots=True)
class Metadata:
    """The metadata of a result."""

    icc: bytes | None = None
    exif: bytes | None = None  # without prefix
    xmp: bytes | None = None
    notes: list[str] = field(default_factory=list)


def result_metadata(source: Source, width: int, height: int, policy: str, name: str) -> Metadata:
    """Return the metadata for a result of `width` × `height` pixels in format `name`.

    `policy` is keep, strip_gps or strip; the colour profile always stays. Damaged metadata, and pictures of the
    original photo, are dropped and noted under every policy.
    """
    metadata = Metadata(icc=source.icc)
    gps = policy != "keep"
    if source.exif:
        try:
            # Pillow's AVIF writer rewrites EXIF if it finds an orientation
            metadata.exif, notes = patch_exif(source.exif, width, height, gps, keep_orientation=name != "avif")
            metadata.notes += notes
        except DamagedExifError:
            metadata.notes.append("exif_dropped")
    if source.xmp:
        try:
            metadata.xmp, notes = patch_xmp(source.xmp, width, height, gps)
            metadata.notes += notes
        except DamagedXmpError:
            metadata.notes.append("xmp_dropped")
    if policy == "strip":
        return Metadata(icc=source.icc, notes=metadata.notes)
    if name == "jpeg":
        _fit_segments(metadata)
    return metadata


def _fit_segments(metadata: Metadata) -> None:
    """A JPEG segment ends at 64 KB; blocks of other formats may be longer."""
    if metadata.exif and not jpeg_segments.fits(jpeg_segments.EXIF, metadata.exif):
        metadata.exif = None
        metadata.notes.append("exif_dropped")
    if metadata.xmp and not jpeg_segments.fits(jpeg_segments.XMP, metadata.xmp):
        metadata.xmp = None
        metadata.notes.append("xmp_dropped")
