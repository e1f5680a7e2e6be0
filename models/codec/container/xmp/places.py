"""What XMP tells about places in the picture, in pixels or fractions: panoramas, regions and subjects."""

from models.codec.container.geometry import Geometry
from models.codec.container.xmp.names import PREFIXES, name
from models.codec.container.xmp.tree import Node

_PANORAMA = PREFIXES["GPano"]
_ACROSS = (  # of a panorama, in pixels (Photo Sphere XMP)
    *("FullPanoWidthPixels", "CroppedAreaImageWidthPixels", "CroppedAreaLeftPixels"),
    *("LargestValidInteriorRectLeft", "LargestValidInteriorRectWidth"),
)
_DOWN = (
    *("FullPanoHeightPixels", "CroppedAreaImageHeightPixels", "CroppedAreaTopPixels"),
    *("LargestValidInteriorRectTop", "LargestValidInteriorRectHeight"),
)
_REGIONS = name("mwg-rs:Regions")
_WIDE, _HIGH, _UNIT = (name(f"stDim:{local}") for local in ("w", "h", "unit"))
_X, _Y, _AREA_WIDE, _AREA_HIGH = (name(f"stArea:{local}") for local in ("x", "y", "w", "h"))
_AREA_UNIT = name("stArea:unit")
_OTHER_REGIONS = (name("MP:RegionInfo"), name("Iptc4xmpExt:ImageRegion"))
_BOUNDARY_UNIT = name("Iptc4xmpExt:rbUnit")
_SUBJECTS, _ITEM = (name("exif:SubjectArea"), name("exif:SubjectLocation")), name("rdf:li")


def placed(root: Node, geometry: Geometry) -> list[str]:
    """Correct the places for the result, and leave out those that would be wrong; returns notes."""
    if not geometry.turned and geometry.before == geometry.after:
        return []
    notes = []
    for node in root.iter():
        notes += _panorama(node, geometry)
        kept = [child for child in node.children if _is_right(child, geometry)]
        notes += ["regions_dropped"] if len(kept) < len(node.children) else []
        node.children = kept
    return list(dict.fromkeys(notes))


def _panorama(node: Node, geometry: Geometry) -> list[str]:
    """Scale the sizes of a panorama. One that was turned is dropped: its angles would be wrong."""
    across, down = geometry.scale
    own = [key for key in node.attributes if node.full(key).startswith(f"{{{_PANORAMA}}}")]
    if not own and not any(child.tag.startswith(f"{{{_PANORAMA}}}") for child in node.children):
        return []
    if geometry.turned:
        for key in own:
            del node.attributes[key]
        node.children = [child for child in node.children if not child.tag.startswith(f"{{{_PANORAMA}}}")]
        return ["panorama_dropped"]
    for names, by in ((_ACROSS, across), (_DOWN, down)):
        for full in (f"{{{_PANORAMA}}}{local}" for local in names):
            number = _number(node.value(full))
            if number is not None:
                node.set_value(full, str(round(number * by)))
    return []


def _regions(regions: Node, geometry: Geometry) -> bool:
    """Turn the areas, and tell the new size of the picture; returns whether all was understood.

    Areas are fractions of the picture as it is stored (Metadata Working Group, guidelines 2.0). Some programs write
    them for the upright picture: then the size beside them is that of the upright one.
    """
    areas = [node for node in regions.iter() if any(known == _X for known, _ in node.values())]
    applied = next((node for node in regions.iter() if any(known == _WIDE for known, _ in node.values())), None)
    size = (_number(applied.value(_WIDE)), _number(applied.value(_HIGH))) if applied else None
    if applied is not None:
        if applied.value(_UNIT) not in ("", "pixel"):
            return False
        for key, side in zip((_WIDE, _HIGH), geometry.after, strict=True):
            applied.set_value(key, str(side))
    upright = geometry.swapped and size == geometry.before != geometry.stored
    for area in areas:
        if area.value(_AREA_UNIT) not in ("", "normalized"):
            return False
        if geometry.turned and not upright:
            numbers = [_number(area.value(key)) for key in (_X, _Y)]
            if None in numbers:
                return False
            _turn(area, geometry)
    return True


def _turn(area: Node, geometry: Geometry) -> None:
    x, y, wide, high = (_number(area.value(key)) or 0.0 for key in (_X, _Y, _AREA_WIDE, _AREA_HIGH))
    for key, number in zip((_X, _Y), geometry.fraction(x, y), strict=True):
        area.set_value(key, f"{number:.9g}")
    for key, number in zip((_AREA_WIDE, _AREA_HIGH), geometry.size(wide, high), strict=True):
        area.set_value(key, f"{number:.9g}")


def _is_right(node: Node, geometry: Geometry) -> bool:
    """Correct one that tells of places; returns whether it could be corrected."""
    if node.tag == _REGIONS:
        return _regions(node, geometry)
    if node.tag in _SUBJECTS:
        return _subject(node, geometry)
    if node.tag not in _OTHER_REGIONS:
        return True
    values = [value for each in node.iter() for value in each.values()]
    return not geometry.turned and (_BOUNDARY_UNIT, "pixel") not in values


def _subject(node: Node, geometry: Geometry) -> bool:
    items = [item for item in node.iter() if item.tag == _ITEM]
    numbers = [_number(item.text) for item in items]
    known = [int(number) for number in numbers if number is not None]
    if len(known) < len(numbers) or len(known) not in (2, 3, 4):
        return False
    for item, number in zip(items, geometry.subject(known), strict=True):
        item.text = str(number)
    return True


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 2**31 else None
