"""Extended XMP: what does not fit the packet of a JPEG, in pieces in further segments (XMP, part 3)."""

from collections.abc import Sequence

from models.codec.container.xmp.tree import MAX_BYTES, DamagedXmpError, descriptions, parse, rdf_of, serialised

_NAME, _HEAD = 32, 40  # bytes of a piece: its name; name, length of the whole and offset
_MOST = 1000  # pieces that are read; the longest packet has 66
_DROPPED = ["extended_xmp_dropped"]


def with_extension(packet: bytes | None, pieces: Sequence[bytes]) -> tuple[bytes | None, list[str]]:
    """Return a packet with the properties that its extension holds, and a note if they cannot be read."""
    if not pieces:
        return packet, []
    if len(pieces) > _MOST:
        return packet, _DROPPED
    extension = _joined(packet or b"", pieces)
    if packet is None or extension is None:
        return packet, _DROPPED
    try:
        root, _ = parse(packet)
        for node in descriptions(parse(extension)[0]):
            declared = {f"xmlns:{prefix}" if prefix else "xmlns": uri for prefix, uri in node.scope.items()}
            node.attributes = declared | node.attributes
            rdf_of(root).children.append(node)
    except DamagedXmpError:
        return packet, _DROPPED
    whole = serialised(root)
    return (whole, []) if len(whole) <= MAX_BYTES else (packet, _DROPPED)


def _joined(packet: bytes, pieces: Sequence[bytes]) -> bytes | None:
    """Join the pieces that the packet names; None if one is missing."""
    own = {piece[:_NAME] for piece in pieces if len(piece) > _HEAD and piece[:_NAME] in packet}
    if len(own) != 1:
        return None
    length, parts = 0, dict[int, bytes]()
    for piece in pieces:
        if piece[:_NAME] in own:
            length = int.from_bytes(piece[_NAME : _NAME + 4], "big")
            parts.setdefault(int.from_bytes(piece[_NAME + 4 : _HEAD], "big"), piece[_HEAD:])
    at = 0
    for offset in sorted(parts):
        if offset != at:
            return None
        at += len(parts[offset])
    return b"".join(parts[offset] for offset in sorted(parts)) if at == length else None
