"""XMP for a retouched photo: wrong, outdated or private parts are removed, the rest stays."""

import re
from collections import ChainMap
from collections.abc import Collection, Iterable
from typing import NamedTuple

from models.codec.container.geometry import Geometry
from models.codec.container.xmp.names import PREFIXES, name
from models.codec.container.xmp.places import placed
from models.codec.container.xmp.tree import (
    DamagedXmpError,
    Node,
    clean,
    descriptions,
    length_of,
    new_packet,
    parse,
    rdf_of,
    serialised,
)

# Namespaces that describe or hold other renderings: gain maps, depth, originals, motion, extended XMP.
_STALE = {
    PREFIXES[prefix]
    for prefix in (*("hdrgm", "HDRGainMap", "apdi", "Container", "Item", "GDepth", "GImage", "Device", "xmpNote"),)
}
_GAIN_MAPS = {PREFIXES["hdrgm"], PREFIXES["HDRGainMap"]}
_DEPTH = {PREFIXES["GDepth"], PREFIXES["GImage"], PREFIXES["Device"]}
_STALE_OF_A_CAMERA = re.compile(re.escape(f"{{{PREFIXES['GCamera']}}}") + "(MotionPhoto|MicroVideo|Portrait)")
_MAKER_NOTES = re.compile(r"maker_?note|shot_?log_?data", re.IGNORECASE)  # of Google's cameras
_MOTION = (name("GCamera:MotionPhoto"), name("GCamera:MicroVideo"))
_SEMANTIC = name("Item:Semantic")
_OF_PEOPLE = {PREFIXES[prefix] for prefix in ("dc", "xmp", "xmpRights", "Iptc4xmpCore", "Iptc4xmpExt", "exif", "tiff")}
_PROVENANCE = name("dcterms:provenance")  # link to content credentials, which are dropped
_THUMBNAILS = (name("xmp:Thumbnails"), name("xmp:PageInfo"))
_PLACES = {name(f"photoshop:{local}") for local in ("City", "State", "Country")}
_PLACES |= {name(f"Iptc4xmpCore:{local}") for local in ("Location", "CountryCode")}
_PLACES |= {name(f"Iptc4xmpExt:{local}") for local in ("LocationShown", "LocationCreated")}
_COORDINATES = ("latitude", "longitude", "lat", "lon", "lng")
_SIZES = {  # properties, and whether they tell the width
    name("tiff:ImageWidth"): True,
    name("tiff:ImageLength"): False,
    name("exif:PixelXDimension"): True,
    name("exif:PixelYDimension"): False,
}
_SHORT_FIELD = 10  # characters of a date, less than any field of IPTC may have
_ABOUT = name("rdf:about")
_ORIENTATION = name("tiff:Orientation")


class Property(NamedTuple):
    """A property that is put in where none is."""

    name: str  # as dc:title
    form: str  # text, Alt, Bag or Seq
    values: list[str]
    note: str  # if there is another value, which counts more


def patch_xmp(
    packet: bytes,
    width: int,
    height: int,
    strip_gps: bool = False,
    *,
    geometry: Geometry | None = None,
    more: Iterable[Property] = (),
    most: int | None = None,
    without: Collection[str] = (),
) -> tuple[bytes, list[str]]:
    """Return the packet for a retouched, upright picture of `width` × `height` pixels, and notes.

    `more` are properties that are put in where the packet has none of that name; those `without`, named with their
    namespaces, are taken out before. If the packet has more than `most`
    bytes, the longest properties go. An empty packet gives a new one, or nothing if nothing is put in. Raises
    DamagedXmpError.
    """
    root, damaged = parse(packet) if packet else (new_packet(), False)
    for node in descriptions(root) if without else ():
        node.children = [child for child in node.children if child.tag not in without]
        node.attributes = {key: value for key, value in node.attributes.items() if node.full(key) not in without}
    added = _add(root, more)
    gone: list[str] = []
    notes = [*(["xmp_damaged"] if damaged else []), *added]
    notes += ["motion_dropped"] if _is_motion(root) else []
    values = {_ORIENTATION: "1"} | {known: str(width if wide else height) for known, wide in _SIZES.items()}
    for node in root.iter():
        for written, full in [(each, node.full(each)) for each in node.attributes]:
            if written.startswith("xmlns:"):
                if _is_gone(node.attributes[written], strip_gps):
                    del node.attributes[written]
            elif _unwanted(full, strip_gps):
                gone.append(full)
                del node.attributes[written]
            elif full in values:
                node.attributes[written] = values[full]
        gone += [child.tag for child in node.children if _unwanted(child.tag, strip_gps)]
        node.children = [child for child in node.children if not _unwanted(child.tag, strip_gps)]
        if node.tag in values and not node.children:
            node.text = values[node.tag]
    notes += placed(root, geometry or Geometry(1, (width, height), (width, height)))
    notes += ["gain_map_dropped"] if any(_namespace(each) in _GAIN_MAPS for each in gone) else []
    notes += ["depth_dropped"] if any(_namespace(each) in _DEPTH for each in gone) else []
    notes += ["thumbnail_dropped"] if any(each in _THUMBNAILS for each in gone) else []
    notes += ["c2pa_dropped"] if _PROVENANCE in gone else []
    notes += ["makernote_dropped"] if any(map(_is_maker_note, gone)) else []
    notes += ["gps_dropped"] if any(_is_place(each) for each in gone) else []
    if not packet and not descriptions(root):
        return b"", notes
    result = serialised(root)
    if most is not None and len(result) > most:
        _shorten(root, len(result) - most)
        result = serialised(root)
        notes.append("xmp_shortened")
        if len(result) > most:
            raise DamagedXmpError
    return result, notes


def _add(root: Node, more: Iterable[Property]) -> list[str]:
    """Put in the properties that are missing, in a description of their own; returns notes on the others."""
    owners = descriptions(root)
    there = {node.full(key): [value] for node in owners for key, value in node.attributes.items() if value}
    there |= {child.tag: told for node in owners for child in node.children if (told := _told(child))}
    missing, notes = list[Property](), list[str]()
    for each in (each._replace(values=[text for text in map(clean, each.values) if text]) for each in more):
        if not each.values:
            continue
        known = there.setdefault(name(each.name), each.values)
        if known is each.values:
            missing.append(each)
        elif not all(_is_among(value, known) for value in each.values):
            notes.append(each.note)
    if not missing:
        return notes
    empty = {name(each.name) for each in missing}
    for node in owners:
        node.children = [child for child in node.children if child.tag not in empty]
        node.attributes = {key: value for key, value in node.attributes.items() if node.full(key) not in empty}
    used = dict.fromkeys(["rdf", *(each.name.partition(":")[0] for each in missing)])
    scope = ChainMap({prefix: PREFIXES[prefix] for prefix in used})
    about = next((node.value(_ABOUT) for node in owners), "")
    attributes = {"rdf:about": about} | {f"xmlns:{prefix}": uri for prefix, uri in scope.items()}
    rdf_of(root).children.append(Node("rdf:Description", attributes, scope, [_node(each, scope) for each in missing]))
    return notes


def _told(node: Node) -> list[str]:
    """Return the texts of a property, and what its fields say."""
    texts = [each.text.strip() for each in node.iter()]
    return [text for text in texts if text] + [
        value for each in node.iter() for key, value in each.attributes.items() if not key.startswith("xml")
    ]


def _node(added: Property, scope: ChainMap[str, str]) -> Node:
    if added.form == "text":
        return Node(added.name, {}, scope, text=added.values[0])
    language = {"xml:lang": "x-default"} if added.form == "Alt" else {}
    items = [Node("rdf:li", dict(language), scope, text=value) for value in added.values]
    return Node(added.name, {}, scope, [Node(f"rdf:{added.form}", {}, scope, items)])


def _is_among(value: str, known: list[str]) -> bool:
    """Whether a value is there, if only in part: fields of IPTC are short, and dates may lack the time."""
    return any(
        each == value
        or (len(value) >= _SHORT_FIELD and each.startswith(value))
        or (len(each) >= _SHORT_FIELD and value.startswith(each))
        for each in known
    )


def _is_motion(root: Node) -> bool:
    return any(
        (known in _MOTION and value not in ("", "0")) or (known == _SEMANTIC and value == "MotionPhoto")
        for node in root.iter()
        for known, value in node.values()
    )


def _shorten(root: Node, excess: int) -> None:
    """Leave out properties until the packet is shorter by `excess` bytes: what people wrote last, the longest first."""
    found: list[tuple[bool, int, Node, Node | str]] = []
    for node in descriptions(root):
        for child in node.children:
            found.append((_namespace(child.tag) not in _OF_PEOPLE, length_of(child), node, child))
        for key, value in node.attributes.items():
            if not key.startswith("xmlns"):
                length = len(f' {key}="{value}"'.encode())
                found.append((_namespace(node.full(key)) not in _OF_PEOPLE, length, node, key))
    doomed = set[tuple[int, Node | str]]()
    for _, length, node, part in sorted(found, key=lambda each: each[:2], reverse=True):
        if excess <= 0:
            break
        doomed.add((id(node), part))
        excess -= length
    for node in descriptions(root):
        node.children = [child for child in node.children if (id(node), child) not in doomed]
        node.attributes = {key: value for key, value in node.attributes.items() if (id(node), key) not in doomed}


def _unwanted(full: str, strip_gps: bool) -> bool:
    gone = _is_gone(_namespace(full), strip_gps) or full == _PROVENANCE or full in _THUMBNAILS
    if gone or _STALE_OF_A_CAMERA.match(full):
        return True
    return strip_gps and (_is_place(full) or _is_maker_note(full))


def _is_gone(namespace: str, strip_gps: bool) -> bool:
    """Whether all names of a namespace go."""
    return namespace in _STALE or (strip_gps and namespace == PREFIXES["geo"])


def _is_place(full: str) -> bool:
    local = full.rpartition("}")[2].lower()  # drones and phones use their own namespaces
    return full in _PLACES or _namespace(full) == PREFIXES["geo"] or "gps" in local or local in _COORDINATES


def _is_maker_note(full: str) -> bool:
    return _MAKER_NOTES.search(full.rpartition("}")[2]) is not None


def _namespace(full: str) -> str:
    return full[1:].partition("}")[0]
