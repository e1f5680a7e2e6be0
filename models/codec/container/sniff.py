"""Detects the format of a file by its first bytes, never by its name."""

from models.codec.container import refusal

HEAD = 4096  # bytes that are examined

_AVIF_BRANDS = (b"avif", b"avis")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)  # sizes of the header that follows the file header

_PICTURES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"IIRO", "raw"),  # ORF
    (b"IIRS", "raw"),
    (b"MMOR", "raw"),
    (b"IIU\0", "raw"),  # RW2
    (b"II\x1a\0\0\0HEAP", "raw"),  # CRW
    (b"\0MRM", "raw"),  # MRW
    (b"FOVb", "raw"),  # X3F
    (b"FUJIFILMCCD-RAW", "raw"),
)
_STRANGERS = (
    (b"%PDF", "a PDF document"),
    (b"%!", "a PostScript document"),
    (b"\xc5\xd0\xd3\xc6", "an EPS drawing"),
    (b"8BPS", "a Photoshop document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\0\0\x01\0", "an icon"),
    (b"v/1\x01", "an OpenEXR picture"),
    (b"#?R", "a Radiance HDR picture"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)


def sniff(data: bytes) -> str:
    """Return the format of the file: jpeg, png, webp, avif, heic, tiff, bmp, gif or raw.

    A RAW file in the form of a TIFF is a tiff here: `models.codec.raw.kinds` tells.
    Raises PhotoError `empty_file`, or `unsupported_media` for anything else.
    """
    if not data:
        raise refusal.empty_file()
    head = data[:HEAD]
    for magic, name in _PICTURES:
        if head.startswith(magic):
            return "raw" if name == "tiff" and head[8:10] == b"CR" else name  # CR2
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "bmp"
    raise refusal.unsupported_media(_stranger(head))


def _iso_media(head: bytes) -> str:
    """AVIF, HEIC, CR3 and MP4 share one container; the list of brands tells them apart."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12]] + [head[at : at + 4] for at in range(16, size - 3, 4)]
    if any(brand in _AVIF_BRANDS for brand in brands):
        return "avif"
    if any(brand in _HEIF_BRANDS for brand in brands):
        return "heic"
    if brands[0] == b"crx ":
        return "raw"  # CR3
    raise refusal.unsupported_media("a video")


def _stranger(head: bytes) -> str:
    for magic, kind in _STRANGERS:
        if head.startswith(magic):
            return kind
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text:
        return "an SVG drawing"
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if b"%!ps" in text or b"%pdf" in text:
        return "a PDF or PostScript document"
    if _is_text(head):
        return "a text file"
    return "no picture that we know"


def _is_text(head: bytes) -> bool:
    if any(byte < 32 and byte not in b"\t\r\n\f" for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as damage:
        return damage.start > HEAD - 4  # only the last character, cut at the end of the head
    return True
