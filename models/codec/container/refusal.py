"""The errors of refused photos: a stable code and a sentence that says what to do."""

from models.errors import PhotoError

SUPPORTED = "JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP or GIF"


def empty_file() -> PhotoError:
    """The file has no bytes."""
    return PhotoError("empty_file", "The file is empty: copy or upload it again.")


def too_large(size: int, limit: int) -> PhotoError:
    """The file has more bytes than allowed."""
    allowed = f"at most {limit / 2**20:,.0f} MB are allowed"
    detail = f"The file has {size / 2**20:,.1f} MB and {allowed}: save it smaller."
    return PhotoError("too_large", detail)


def too_many_pixels(width: int, height: int, limit: int) -> PhotoError:
    """The header claims more pixels than allowed."""
    detail = (
        f"The picture is {width:,} × {height:,} pixels and at most {limit / 1e6:,.0f} million are allowed: "
        "make it smaller first."
    )
    return PhotoError("too_many_pixels", detail)


def too_long(width: int, height: int, limit: int) -> PhotoError:
    """One side is longer than allowed."""
    detail = f"The picture is {width:,} × {height:,} pixels and a side may have {limit:,}: cut it into pieces."
    return PhotoError("too_many_pixels", detail)


def unsupported_media(kind: str) -> PhotoError:
    """The file is not a supported picture."""
    return PhotoError("unsupported_media", f"This seems to be {kind}: send the photo as {SUPPORTED}.")


def raw_not_installed() -> PhotoError:
    """The file is a camera's RAW file, and nothing is installed that develops it."""
    detail = (
        "This is a camera's RAW file: whoever runs photobatch adds what reads it by `pip install 'photobatch[raw]'`; "
        "or send the photo as JPEG."
    )
    return PhotoError("unsupported_media", detail)


def unknown_raw() -> PhotoError:
    """The file is a RAW file that LibRaw does not know."""
    detail = (
        "This is a RAW file of a camera or of a kind that LibRaw doesn't read: convert it to DNG, or send it as JPEG."
    )
    return PhotoError("unsupported_media", detail)


def unsupported_tiff(how: str) -> PhotoError:
    """The file is a TIFF of a kind that is not read; `how` describes it."""
    detail = (
        f"This TIFF is {how}: save it in RGB with 8 bits per channel, without compression or with LZW, and send that."
    )
    return PhotoError("unsupported_media", detail)


def unsupported_bit_depth(name: str, bits: str, how: str = "") -> PhotoError:
    """The picture has an unsupported number of bits, or floats; `how` describes the layout."""
    detail = f"This {name} has {bits} per channel{how and ' '}{how}: save it with 8 bits per channel and send it again."
    return PhotoError("unsupported_bit_depth", detail)


def truncated() -> PhotoError:
    """The file ends before the picture does."""
    return PhotoError("truncated", "The picture ends too early, the file was cut off: send the complete file again.")


def corrupt() -> PhotoError:
    """The file is damaged, or no decoder accepts it."""
    detail = "The picture is damaged and can't be read: open it in a photo editor, save it again and send that."
    return PhotoError("corrupt", detail)


def output_too_large(name: str, side: int) -> PhotoError:
    """The output format cannot hold this many rows or columns."""
    article = "An" if name[0] in "AEIOU" else "A"
    detail = (
        f"{article} {name} can be at most {side:,} pixels wide and high: "
        "choose another output format or a smaller max_side."
    )
    return PhotoError("output_too_large", detail)


def encode_failed(name: str) -> PhotoError:
    """The encoder failed."""
    return PhotoError("encode_failed", f"The result could not be written as {name}: choose another output format.")
