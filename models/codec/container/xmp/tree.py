"""XMP packets as trees of elements that keep the prefixes of their source.

Some readers look for a prefix in the bytes of a packet: those of panoramas for `GPano:`. So names stay as they are
written, and their namespaces are looked up where they are needed.
"""

import codecs
import re
from collections import ChainMap
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from models.codec.container.xmp.names import PREFIXES, name

MAX_BYTES = 4 * 2**20  # of a packet
_MAX_DEPTH, _MAX_ELEMENTS, _MAX_UNDECLARED = 40, 100_000, 1000
_PACKET = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n{}\n<?xpacket end="w"?>'
_RDF, _DESCRIPTION = name("rdf:RDF"), name("rdf:Description")
_ROOTS = (name("x:xmpmeta"), name("x:xapmeta"))  # the second is Photoshop 7's
_UNKNOWN = "http://ns.invalid/"  # for a prefix that nobody declares
_ENCODINGS = (  # by the first bytes: a mark of byte order, or "<"
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_NO_CHARACTER = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NO_REFERENCE = re.compile(r"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]));")
_NO_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")


class DamagedXmpError(ValueError):
    """The packet is not XMP, or not safe to read."""


@dataclass(slots=True, eq=False)
class Node:
    """An element; names are as they are written."""

    name: str
    attributes: dict[str, str]
    scope: ChainMap[str, str]  # prefixes and their namespaces; the last map is the root's
    children: list["Node"] = field(default_factory=list)
    text: str = ""
    tail: str = ""

    def full(self, written: str) -> str:
        """Return the name of an attribute with its namespace: {http://purl.org/dc/elements/1.1/}title."""
        prefix, colon, local = written.rpartition(":")
        return f"{{{self.scope.get(prefix) or PREFIXES.get(prefix, '')}}}{local}" if colon else local

    @property
    def tag(self) -> str:
        """The name of the element with its namespace."""
        default = self.scope.get("")
        return self.full(self.name) if ":" in self.name or not default else f"{{{default}}}{self.name}"

    def iter(self) -> Iterator["Node"]:
        """Yield this element and all below."""
        yield self
        for child in self.children:
            yield from child.iter()

    def find(self, full: str) -> "Node | None":
        """Return the first child of a name."""
        return next((child for child in self.children if child.tag == full), None)

    def values(self) -> Iterator[tuple[str, str]]:
        """Yield name and value of each attribute and each child that is a text."""
        for written, value in self.attributes.items():
            yield self.full(written), value
        for child in self.children:
            if not child.children:
                yield child.tag, child.text.strip()

    def value(self, full: str) -> str:
        """Return an attribute's or a child's text."""
        return next((value for known, value in self.values() if known == full), "")

    def set_value(self, full: str, value: str) -> None:
        """Change an attribute or a child that is there."""
        for written in self.attributes:
            if self.full(written) == full:
                self.attributes[written] = value
        for child in self.children:
            if child.tag == full and not child.children:
                child.text = value


def descriptions(root: Node) -> list[Node]:
    """List the elements that hold the properties of the picture."""
    return [child for child in rdf_of(root).children if child.tag == _DESCRIPTION]


def rdf_of(root: Node) -> Node:
    """Return the rdf:RDF, which may be the root. Raises DamagedXmpError."""
    found = root if root.tag == _RDF else root.find(_RDF)
    if found is None:
        raise DamagedXmpError
    return found


def new_packet() -> Node:
    """Return an empty packet."""
    scope = ChainMap({prefix: PREFIXES[prefix] for prefix in ("x", "rdf")})
    rdf = Node("rdf:RDF", {"xmlns:rdf": PREFIXES["rdf"]}, scope)
    return Node("x:xmpmeta", {"xmlns:x": PREFIXES["x"]}, scope, [rdf])


def parse(packet: bytes) -> tuple[Node, bool]:
    """Return the root of a packet, and whether a part of it was damaged and is left out. Raises DamagedXmpError."""
    if len(packet) > MAX_BYTES:
        raise DamagedXmpError
    text, damaged = _text_of(packet)
    root, complete = _Parsing(text).result()
    if not complete:
        damaged = True
        root, complete = _Parsing(_NO_ENTITY.sub("&amp;", text)).result()
    if root is None:
        raise DamagedXmpError
    root, declared = _declared(root)
    return root, damaged or not declared


def serialised(root: Node) -> bytes:
    """Return the packet in UTF-8."""
    return _PACKET.format("".join(_written(root))).encode()


def clean(text: str) -> str:
    """Return a text without what is no character of XML, and without spaces around it."""
    return _NO_CHARACTER.sub("", text).strip()


def length_of(node: Node) -> int:
    """Return how many bytes an element takes in a packet."""
    return sum(len(part.encode()) for part in _written(node)) + len(node.tail.encode())


def _written(node: Node) -> Iterator[str]:
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in node.attributes.items())
    if node.children or node.text:
        yield f"<{node.name}{attributes}>{escape(node.text)}"
        for child in node.children:
            yield from _written(child)
            yield escape(child.tail)
        yield f"</{node.name}>"
    else:
        yield f"<{node.name}{attributes}/>"


def _text_of(packet: bytes) -> tuple[str, bool]:
    """Return the characters, and whether some of them were no characters of XML."""
    packet = packet.lstrip(b" \r\n\t")
    encoding = next((encoding for start, encoding in _ENCODINGS if packet.startswith(start)), "utf-8")
    if "8" in encoding:
        packet = packet.strip(b"\0")
    else:  # padding may end within a character
        packet = packet[: len(packet) // 4 * 4 if "32" in encoding else len(packet) // 2 * 2]
    try:
        text, damaged = packet.decode(encoding), False
    except UnicodeDecodeError:
        text, damaged = packet.decode(encoding, "latin-1 instead" if "8" in encoding else "replace"), True
    text = text[max(0, text.find("<")) :].rstrip("\0 \r\n\t")
    mended = _NO_REFERENCE.sub("", _NO_CHARACTER.sub("", text))
    return mended, damaged or mended != text


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("latin-1 instead", _as_latin_1)


class _Parsing:
    """One run of the parser, which ends at the first damage."""

    def __init__(self, text: str) -> None:
        self._root: Node | None = None
        self._open: list[Node] = []
        self._complete = True
        self._elements_left = _MAX_ELEMENTS
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(text.encode(), True)
        except expat.ExpatError:
            self._complete = self._root is not None and not self._open  # what follows the root does not count
        self._leave_out_unfinished()

    def result(self) -> tuple[Node | None, bool]:
        return self._root, self._complete

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements_left -= 1
        if len(self._open) >= _MAX_DEPTH or self._elements_left < 0:
            raise DamagedXmpError
        scope = self._open[-1].scope if self._open else ChainMap[str, str]()
        own = {key.partition(":")[2]: uri for key, uri in attributes.items() if key.partition(":")[0] == "xmlns"}
        node = Node(name, attributes, scope.new_child(own) if own else scope)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._root = node
        self._open.append(node)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        node = self._open[-1]
        if node.children:
            node.children[-1].tail += text
        else:
            node.text += text

    def _doctype(self, *_: object) -> None:
        raise DamagedXmpError  # it may hold entities

    def _leave_out_unfinished(self) -> None:
        for above, node in zip(self._open, self._open[1:], strict=False):
            if above.tag == _DESCRIPTION:
                above.children.remove(node)
                return


def _declared(root: Node) -> tuple[Node, bool]:
    """Return the part that is XMP, with all its prefixes declared, and whether they were."""
    if root.tag not in (*_ROOTS, _RDF):
        found = next((node for node in root.iter() if node.tag in (*_ROOTS, _RDF)), None)
        if found is None:
            raise DamagedXmpError
        root = found
        root.attributes |= {f"xmlns:{prefix}" if prefix else "xmlns": uri for prefix, uri in root.scope.items()}
    if root.tag == _ROOTS[1]:
        root.name = root.name.replace("xapmeta", "xmpmeta")
    rdf_of(root)
    missing = dict.fromkeys(
        prefix
        for node in root.iter()
        for written in (node.name, *node.attributes)
        if (prefix := written.rpartition(":")[0]) not in ("", "xml", "xmlns") and prefix not in node.scope
    )
    if len(missing) > _MAX_UNDECLARED:
        raise DamagedXmpError
    for prefix in missing:
        uri = PREFIXES.get(prefix, f"{_UNKNOWN}{prefix}/")
        root.attributes[f"xmlns:{prefix}"] = root.scope.maps[-1][prefix] = uri
    return root, not missing
