"""The gain map of a HEIC as ISO 21496-1 puts it there: an item `tmap` made of a picture and of its hidden map."""

from models.codec.container.iso_boxes import DamagedBoxesError, read_items
from models.codec.container.iso_content import content
from models.codec.container.iso_picture import meta_of
from models.errors import PhotoError

_KIND, _PARTS = b"tmap", 2


def tone_map_of(data: bytes) -> tuple[int, bytes] | None:
    """Return the item of the map of a file's main picture and its numbers, as models.codec.gain_map.iso reads them.

    None if there is none or it is damaged.
    """
    try:
        meta, _ = meta_of(data)
        items = read_items(meta)
        for item, kind in items.kinds.items():
            parts = items.targets(b"dimg", item)
            if kind == _KIND and len(parts) == _PARTS and parts[0] == items.primary:
                return parts[1], content(data, meta, item)[1:]  # behind a version
    except (DamagedBoxesError, PhotoError):
        pass
    return None


def with_main(data: bytes, item: int) -> bytes | None:
    """Return a file whose main picture is another item, which may have been hidden; None if that cannot be.

    Decoders show no hidden item. Only numbers change, so everything stays where it is.
    """
    main = data.find(b"pitm\0\0\0\0")  # of version 0, with short numbers
    if main < 0 or item > 0xFFFF:
        return None
    file, number = bytearray(data), item.to_bytes(2, "big")
    entry = data.find(b"infe\2\0\0\1" + number)
    file[main + 8 : main + 10] = number
    if entry >= 0:
        file[entry + 7] = 0
    return bytes(file)
