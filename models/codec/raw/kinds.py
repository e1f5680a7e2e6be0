"""Which files are RAW, and whether they can be developed here. Loads no decoder: the ingress needs it."""

from importlib.metadata import version
from importlib.util import find_spec

from models.codec.container.tiff_pages import Page, read_pages

_KIND, _PHOTOMETRIC, _SUB_PAGES = 254, 262, 330
_CFA, _DNG = 33421, 50706  # the pattern of the mosaic, the version of DNG
_REDUCED = 1
_SENSOR = (32803, 34892)  # photometric interpretations: a mosaic, and what was made of one without more
_LIKE_TIFF = {b"IIRO": b"II*\0", b"IIRS": b"II*\0", b"IIU\0": b"II*\0", b"MMOR": b"MM\0*"}  # ORF, RW2


def is_installed() -> bool:
    """Whether rawpy, which brings LibRaw, is installed; it may still fail to load."""
    return find_spec("rawpy") is not None


def library_name() -> str:
    """Return the name and version of what develops RAW files. Raises PackageNotFoundError."""
    return f"rawpy {version('rawpy')}"


def is_raw_tiff(data: bytes) -> bool:
    """Whether a TIFF is a camera's RAW file: DNG, NEF, ARW, PEF, SRW and others."""
    page = next(read_pages(data), None)
    if page is None:
        return False
    thumbnail_first = page.first(_KIND, 0) == _REDUCED and _SUB_PAGES in page.tags
    return thumbnail_first or _is_sensor(page) or _DNG in page.tags or _CFA in page.tags


def as_tiff(data: bytes) -> bytes | None:
    """Return a RAW file in the form of a TIFF, with the numbers that a TIFF begins with; None for other forms."""
    if data[:4] in (b"II*\0", b"MM\0*"):
        return data
    start = _LIKE_TIFF.get(data[:4])
    return None if start is None else start + data[4:]


def _is_sensor(page: Page) -> bool:
    return page.first(_PHOTOMETRIC, 0) in _SENSOR
