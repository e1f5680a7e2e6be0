"""The numbers of a gain map in XMP, as Adobe defined them and Ultra HDR took them over.

https://developer.android.com/media/platform/hdr-image-format and Adobe's "Gain Map" specification, version 1.0.
"""

from collections import ChainMap
from dataclasses import astuple

from models.codec.container.xmp.names import PREFIXES, name
from models.codec.container.xmp.tree import DamagedXmpError, Node, descriptions, new_packet, parse, rdf_of, serialised
from models.codec.gain_map.iso import UnknownError
from models.gain_map import Channel, Scale

_LI = name("rdf:li")
_NUMBERS = (
    "GainMapMin",
    "GainMapMax",
    "Gamma",
    "OffsetSDR",
    "OffsetHDR",
)  # the fields of a Channel, whose defaults hold
_SCOPE = ChainMap({prefix: PREFIXES[prefix] for prefix in ("rdf", "hdrgm", "Container", "Item")})


def read(packet: bytes) -> Scale | None:
    """Return what the packet of a map says; None if it says nothing about maps. Raises UnknownError."""
    try:
        nodes = descriptions(parse(packet)[0])
    except DamagedXmpError:
        return None
    known = {tag: values for node in nodes for tag, values in _values(node)}
    if name("hdrgm:Version") not in known:
        return None
    if known.get(name("hdrgm:BaseRenditionIsHDR"), ["False"]) != ["False"]:
        raise UnknownError

    def numbers(local: str, neutral: float) -> list[float]:
        return [float(value) for value in known.get(name(f"hdrgm:{local}"), [str(neutral)])]

    try:
        fields = [numbers(local, neutral) for local, neutral in zip(_NUMBERS, astuple(Channel()), strict=True)]
        (least,), (most,) = numbers("HDRCapacityMin", 0.0), numbers("HDRCapacityMax", 1.0)
    except ValueError as damage:
        raise UnknownError from damage
    count = max(len(values) for values in fields)
    if any(len(values) not in (1, count) for values in fields):
        raise UnknownError
    rows = [values * (count // len(values)) for values in fields]
    scale = Scale(tuple(Channel(*each) for each in zip(*rows, strict=True)), least, most)
    if not scale.sound:
        raise UnknownError
    return scale


def _values(node: Node) -> list[tuple[str, list[str]]]:
    found = [(node.full(key), [value.strip()]) for key, value in node.attributes.items()]
    for child in node.children:
        items = [each.text.strip() for each in child.iter() if each.tag == _LI]
        found.append((child.tag, items or [child.text.strip()]))
    return found


def written(scale: Scale) -> bytes:
    """Return the packet of a map."""
    node = _description("hdrgm")
    node.attributes |= {
        "hdrgm:Version": "1.0",
        "hdrgm:HDRCapacityMin": _shown(scale.capacity_min),
        "hdrgm:HDRCapacityMax": _shown(scale.capacity_max),
        "hdrgm:BaseRenditionIsHDR": "False",
    }
    for local, values in zip(_NUMBERS, zip(*map(astuple, scale.channels), strict=True), strict=True):
        if len(set(values)) == 1:
            node.attributes[f"hdrgm:{local}"] = _shown(values[0])
        else:
            items = [Node("rdf:li", {}, _SCOPE, text=_shown(value)) for value in values]
            node.children.append(Node(f"hdrgm:{local}", {}, _SCOPE, [Node("rdf:Seq", {}, _SCOPE, items)]))
    root = new_packet()
    rdf_of(root).children.append(node)
    return serialised(root)


def announced(packet: bytes | None, length: int) -> bytes:
    """Return the packet of a base picture, which says that a map of `length` bytes follows it."""
    root = parse(packet)[0] if packet else new_packet()
    node = _description("hdrgm", "Container", "Item")
    node.attributes["hdrgm:Version"] = "1.0"
    items = [{"Item:Semantic": "Primary", "Item:Mime": "image/jpeg"}]
    items.append({"Item:Semantic": "GainMap", "Item:Mime": "image/jpeg", "Item:Length": str(length)})
    entries = [
        Node("rdf:li", {"rdf:parseType": "Resource"}, _SCOPE, [Node("Container:Item", item, _SCOPE)]) for item in items
    ]
    node.children.append(Node("Container:Directory", {}, _SCOPE, [Node("rdf:Seq", {}, _SCOPE, entries)]))
    rdf_of(root).children.append(node)
    return serialised(root)


def _description(*prefixes: str) -> Node:
    declared = {f"xmlns:{prefix}": PREFIXES[prefix] for prefix in ("rdf", *prefixes)}
    return Node("rdf:Description", {"rdf:about": ""} | declared, _SCOPE)


def _shown(value: float) -> str:
    return f"{value:.7g}"
