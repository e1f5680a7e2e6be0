"""XMP for a retouched photo: wrong, outdated or private parts are removed, the rest stays."""

from xml.etree import ElementTree as ET

PREFIXES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "stRef": "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
for _prefix, _uri in PREFIXES.items():
    ET.register_namespace(_prefix, _uri)

_TIFF, _EXIF, _PHOTOSHOP = PREFIXES["tiff"], PREFIXES["exif"], PREFIXES["photoshop"]
_CORE, _EXT = PREFIXES["Iptc4xmpCore"], PREFIXES["Iptc4xmpExt"]
_RDF = PREFIXES["rdf"]
# Namespaces that describe or hold other renderings: gain maps, depth, originals, motion, extended XMP.
_STALE = (
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.apple.com/HDRGainMap/1.0/",
    "http://ns.apple.com/pixeldatainfo/1.0/",
    "http://ns.google.com/photos/1.0/container/",
    "http://ns.google.com/photos/1.0/container/item/",
    "http://ns.google.com/photos/1.0/camera/",
    "http://ns.google.com/photos/1.0/depthmap/",
    "http://ns.google.com/photos/1.0/image/",
    "http://ns.google.com/photos/dd/1.0/device/",
    "http://ns.adobe.com/xmp/note/",
)
_GAIN_MAPS = _STALE[:2]
_WGS84 = "http://www.w3.org/2003/01/geo/wgs84_pos#"
_PROVENANCE = "{http://purl.org/dc/terms/}provenance"  # link to content credentials, which are dropped
_THUMBNAILS = f"{{{PREFIXES['xmp']}}}Thumbnails"
_PLACES = {f"{{{_PHOTOSHOP}}}{name}" for name in ("City", "State", "Country")}
_PLACES |= {f"{{{_CORE}}}{name}" for name in ("Location", "CountryCode")}
_PLACES |= {f"{{{_EXT}}}{name}" for name in ("LocationShown", "LocationCreated")}
_MAX_BYTES, _MAX_DEPTH = 4 * 2**20, 40
_PACKET = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n{}\n<?xpacket end="w"?>'


class DamagedXmpError(ValueError):
    """The packet is not XMP, or not safe to read."""


class _Builder(ET.TreeBuilder):
    """Builds a tree; refuses DOCTYPE (entities) and too deep nesting."""

    depth = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise DamagedXmpError

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise DamagedXmpError
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        self.depth -= 1
        return super().end(tag)


def patch_xmp(packet: bytes, width: int, height: int, strip_gps: bool = False) -> tuple[bytes, list[str]]:
    """Return the packet for a retouched, upright picture of `width` × `height` pixels, and notes.

    Raises DamagedXmpError.
    """
    root = _parse(packet)
    values = {
        f"{{{_TIFF}}}Orientation": "1",
        f"{{{_TIFF}}}ImageWidth": str(width),
        f"{{{_TIFF}}}ImageLength": str(height),
        f"{{{_EXIF}}}PixelXDimension": str(width),
        f"{{{_EXIF}}}PixelYDimension": str(height),
    }
    gone: list[str] = []
    for element in root.iter():
        for name in [name for name in element.attrib if _unwanted(name, strip_gps)]:
            gone.append(name)
            del element.attrib[name]
        for child in [child for child in element if _unwanted(child.tag, strip_gps)]:
            gone.append(child.tag)
            element.remove(child)
        for name in values.keys() & element.attrib.keys():
            element.set(name, values[name])
        if element.tag in values:
            element.text = values[element.tag]
    notes = ["gain_map_dropped"] if any(_namespace(name) in _GAIN_MAPS for name in gone) else []
    notes += ["thumbnail_dropped"] if _THUMBNAILS in gone else []
    notes += ["c2pa_dropped"] if _PROVENANCE in gone else []
    notes += ["gps_dropped"] if any(_is_place(name) for name in gone) else []
    return _PACKET.format(ET.tostring(root, encoding="unicode")).encode(), notes


def _parse(packet: bytes) -> ET.Element:
    if len(packet) > _MAX_BYTES:
        raise DamagedXmpError
    parser = ET.XMLParser(target=_Builder())  # noqa: S314 (see _Builder)
    try:
        parser.feed(packet.strip(b"\0 \r\n\t"))
        root: ET.Element = parser.close()
    except (ET.ParseError, ValueError, LookupError, RecursionError) as damage:
        raise DamagedXmpError from damage
    if root.tag != f"{{{PREFIXES['x']}}}xmpmeta" and root.tag != f"{{{_RDF}}}RDF":
        raise DamagedXmpError
    return root


def _unwanted(name: str, strip_gps: bool) -> bool:
    return _namespace(name) in _STALE or name in (_THUMBNAILS, _PROVENANCE) or (strip_gps and _is_place(name))


def _is_place(name: str) -> bool:
    local = name.rpartition("}")[2].lower()  # drones and phones use their own namespaces
    return name in _PLACES or _namespace(name) == _WGS84 or "gps" in local or local in ("latitude", "longitude")


def _namespace(name: str) -> str:
    return name[1:].partition("}")[0]
