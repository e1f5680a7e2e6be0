"""Files for the codec's tests: real pictures, and the odd things that cameras and editors put around them."""

import io
import struct

import numpy as np
from PIL import Image, ImageCms
from skimage import data as skimage_data

PHOTO = Image.fromarray(skimage_data.chelsea())  # 451 × 300, no symmetry
THUMBNAIL = b"\xff\xd8THUMBNAIL-OF-THE-UNRETOUCHED-PHOTO" * 20 + b"\xff\xd9"
MAKER_NOTE = b"MAKER-NOTE-WITH-POSITION" * 4
PLACE = b"GPSPLACE48N11E"
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# what a viewer does with the stored pixels to show them, and so how to store them, for EXIF 1..8
STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def saved(image: Image.Image, name: str, **settings: object) -> bytes:
    target = io.BytesIO()
    image.save(target, name, **settings)
    return target.getvalue()


def stored(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(STORED[orientation]) if orientation in STORED else image


def exif_block(orientation: int = 6, order: str = "<", size: tuple[int, int] = (451, 300)) -> bytes:
    """A camera's EXIF: IFD0, Exif with maker's note, GPS, and IFD1 with a thumbnail."""
    block = bytearray(b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)

    def table(at: int, entries: list[tuple[int, int, int, bytes]], following: int = 0) -> bytes:
        body, extra = struct.pack(order + "H", len(entries)), b""
        extra_at = at + 2 + 12 * len(entries) + 4
        for tag, kind, count, value in entries:
            field = value.ljust(4, b"\0")
            if len(value) > 4:
                field = struct.pack(order + "I", extra_at + len(extra))
                extra += value
            body += struct.pack(order + "HHI", tag, kind, count) + field
        return body + struct.pack(order + "I", following) + extra

    def short(value: int) -> bytes:
        return struct.pack(order + "H", value)

    def long(value: int) -> bytes:
        return struct.pack(order + "I", value)

    exif_at, gps_at, ifd1_at, thumbnail_at = 200, 500, 700, 800
    root = table(
        8,
        [
            (0x010F, 2, 6, b"Maker\0"),
            (0x0112, 3, 1, short(orientation)),
            (0x8769, 4, 1, long(exif_at)),
            (0x8825, 4, 1, long(gps_at)),
        ],
        ifd1_at,
    )
    exif = table(
        exif_at,
        [
            (0x9003, 2, 20, b"2024:05:06 07:08:09\0"),
            (0x927C, 7, len(MAKER_NOTE), MAKER_NOTE),
            (0xA002, 3, 1, short(size[0])),
            (0xA003, 3, 1, short(size[1])),
        ],
    )
    degrees = struct.pack(order + "6I", 48, 1, 8, 1, 15, 1)
    gps = table(gps_at, [(1, 2, 2, b"N\0"), (2, 5, 3, degrees), (0x1B, 7, len(PLACE), PLACE)])
    ifd1 = table(ifd1_at, [(0x0201, 4, 1, long(thumbnail_at)), (0x0202, 4, 1, long(len(THUMBNAIL)))])
    for at, piece in ((8, root), (exif_at, exif), (gps_at, gps), (ifd1_at, ifd1), (thumbnail_at, THUMBNAIL)):
        assert len(block) <= at
        block += bytes(at - len(block)) + piece
    return bytes(block)


def xmp_packet(size: tuple[int, int] = (451, 300)) -> bytes:
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 tiff:Orientation="6" tiff:ImageWidth="{size[0]}" exif:GPSLatitude="48,8.25N" hdrgm:Version="1.0"
 xmp:Rating="4" photoshop:City="Garching">
<exif:PixelXDimension>{size[0]}</exif:PixelXDimension><exif:GPSLongitude>11,34.5E</exif:GPSLongitude>
<xmp:Thumbnails><rdf:Alt><rdf:li>THUMBNAIL-IN-XMP</rdf:li></rdf:Alt></xmp:Thumbnails>
<dc:creator><rdf:Seq><rdf:li>Käthe</rdf:li></rdf:Seq></dc:creator>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def camera_jpeg(orientation: int = 6, order: str = "<", **settings: object) -> bytes:
    """A JPEG with everything around it."""
    jpeg = saved(stored(PHOTO, orientation), "JPEG", quality=95, subsampling=0, **settings)
    return jpeg[:2] + segments(orientation, order) + jpeg[2:]


def segments(orientation: int, order: str) -> bytes:
    parts = [
        (0xE1, b"Exif\0\0" + exif_block(orientation, order)),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp_packet()),
        (0xE2, b"MPF\0" + b"MPF-INDEX"),
        (0xEB, b"JP\0\1C2PA-MANIFEST"),
        (0xED, b"Photoshop 3.0\0IRB-WITH-A-THUMBNAIL"),
    ]
    return b"".join(b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body for marker, body in parts)


def wide_profile() -> bytes:
    """Display P3: sRGB's curve with P3's colorants (D50), as a v2 profile of three JPEG chunks."""
    return _rgb_profile(
        ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)), pad=150_000
    )


def adobe_profile() -> bytes:
    """Adobe RGB (1998), as its makers round it."""
    return _rgb_profile(((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)), pad=10)


def viewing_profile() -> bytes:
    """A screen of BT.2020 with a gamma of 563/256."""
    return _rgb_profile(
        ((0.67348, 0.27904, -0.00193), (0.16566, 0.67535, 0.02998), (0.12505, 0.04561, 0.79686)), pad=10
    )


def _rgb_profile(colorants: tuple[tuple[float, ...], ...], pad: int) -> bytes:
    def xyz(values: tuple[float, ...]) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"curv" + struct.pack(">IIH", 0, 1, 0x0233) + b"\0\0"
    name = b"desc" + struct.pack(">II", 0, 3) + b"P3\0" + bytes(79)
    text = b"text\0\0\0\0" + np.random.default_rng(3).bytes(pad)
    tags = [(b"wtpt", xyz((0.9642, 1.0, 0.8249))), (b"desc", name), (b"cprt", text)]
    tags += [(tag, xyz(values)) for tag, values in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True)]
    tags += [(tag, curve) for tag in (b"rTRC", b"gTRC", b"bTRC")]
    return _profile(b"RGB ", b"XYZ ", tags)


def cmyk_profile() -> bytes:
    """A printer whose inks are a grid of two points a channel: paper is white, full inks are a known Lab."""
    grid = []
    for index in range(16):
        cyan, magenta, yellow, black = (index >> shift & 1 for shift in (3, 2, 1, 0))
        light = max(0.0, 100 - 40 * cyan - 45 * magenta - 10 * yellow) * (1 - black)
        a = (-35 * cyan + 70 * magenta) * (1 - black)
        b = (-45 * cyan - 5 * magenta + 90 * yellow) * (1 - black)
        grid += [round(light * 2.55), round(a + 128), round(b + 128)]
    identity = bytes(range(256))
    matrix = b"".join(struct.pack(">i", 65536 if row == column else 0) for row in range(3) for column in range(3))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + identity * 4 + bytes(grid) + identity * 3
    white = b"XYZ \0\0\0\0" + struct.pack(">iii", 63190, 65536, 54061)
    name = b"desc" + struct.pack(">II", 0, 4) + b"Ink\0" + bytes(79)
    return _profile(b"CMYK", b"Lab ", [(b"A2B0", lut), (b"wtpt", white), (b"desc", name)], b"prtr")


def gray_profile() -> bytes:
    """Linear grey."""
    white = b"XYZ \0\0\0\0" + struct.pack(">iii", 63190, 65536, 54061)
    name = b"desc" + struct.pack(">II", 0, 5) + b"Gray\0" + bytes(79)
    curve = b"curv" + struct.pack(">II", 0, 0)
    return _profile(b"GRAY", b"XYZ ", [(b"wtpt", white), (b"desc", name), (b"kTRC", curve)])


def _profile(space: bytes, pcs: bytes, tags: list[tuple[bytes, bytes]], kind: bytes = b"mntr") -> bytes:
    at, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, payload in tags:
        table += name + struct.pack(">II", at + len(body), len(payload))
        body += payload + bytes(-len(payload) % 4)
    head = struct.pack(">I4sI", at + len(body), b"lcms", 0x02400000) + kind + space + pcs
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += struct.pack(">iii", 63190, 65536, 54061) + bytes(48)
    return head + table + body
