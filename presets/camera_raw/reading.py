"""Reads the settings out of an `.xmp` preset: attributes and elements of the namespace crs.

The reader of XMP is that of photos' metadata: no entities, no external files, bounded depth and size.
"""

from dataclasses import dataclass, field

from models.codec.container.xmp.names import PREFIXES, name
from models.codec.container.xmp.tree import DamagedXmpError, Node, descriptions, parse
from presets.errors import PresetError

LARGEST_FILE = 1 << 20  # bytes; a preset with masks and a look has 100 KB
_CRS = f"{{{PREFIXES['crs']}}}"
_LI = name("rdf:li")


@dataclass(slots=True)
class Settings:
    """The settings of a file, by their names without `crs:`."""

    values: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[str]] = field(default_factory=dict)  # of sequences and alternatives: the curves, the name
    nested: list[str] = field(default_factory=list)  # what has a structure of its own: looks, masks


def read(data: bytes) -> Settings:
    """Read a file. Raises PresetError `invalid_xmp`."""
    if len(data) > LARGEST_FILE:
        raise _refused(f"the file is larger than {LARGEST_FILE >> 10} KB")
    try:
        root, damaged = parse(data)
        about = descriptions(root)
    except DamagedXmpError:
        raise _refused("it holds no XMP, or more than a preset may") from None
    if damaged:
        raise _refused("a part of its XML is damaged")
    settings = Settings()
    for description in about:
        _read_into(settings, description)
    if not (settings.values or settings.rows or settings.nested):
        raise _refused("it holds no settings of Camera Raw")
    return settings


def _read_into(settings: Settings, description: Node) -> None:
    for written, value in description.attributes.items():
        full = description.full(written)
        if full.startswith(_CRS):
            settings.values[full.removeprefix(_CRS)] = value.strip()
    for child in description.children:
        if not child.tag.startswith(_CRS):
            continue
        short = child.tag.removeprefix(_CRS)
        items = [item for each in child.children for item in each.children if item.tag == _LI]
        if not child.children and not child.attributes:
            settings.values[short] = child.text.strip()
        elif items and not any(item.children for item in items):
            settings.rows[short] = [item.text.strip() for item in items]
        else:
            settings.nested.append(short)


def _refused(why: str) -> PresetError:
    return PresetError("invalid_xmp", f"This is no preset of Lightroom or Camera Raw: {why}. Export it again as .xmp.")
