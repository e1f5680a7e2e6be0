"""Options for writing results."""

from dataclasses import dataclass

EXTENSIONS = {
    "jpeg": ".jpg",
    "png": ".png",
    "webp": ".webp",
    "avif": ".avif",
    "heic": ".heic",
    "tiff": ".tif",
    "bmp": ".bmp",
    "gif": ".gif",
}
MEDIA_TYPES = {name: f"image/{name}" for name in EXTENSIONS}

DEFAULT_QUALITY = 92  # of what is encoded as a whole

_LIKE_SOURCE = {"heic": "jpeg", "raw": "jpeg", "bmp": "png", "gif": "png"}  # formats that are read but not written


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """The client's options; validated by the ingress."""

    format: str = "same"  # same, jpeg, png, webp, avif, tiff
    quality: int | None = None  # 1..100, of JPEG, WebP and AVIF; None: see `DEFAULT_QUALITY`
    subsampling: str = "same"  # same, 444, 422, 420; of JPEG
    metadata: str = "keep"  # keep, strip_gps, strip
    hdr: str = "keep"  # keep, drop: the gain map of a JPEG
    raw: str = "develop"  # develop, embedded: see models.codec.decoder.decode
    creator: str | None = None  # who made the photo, and what the law says of it: in place of what the source says
    copyright: str | None = None

    @property
    def like_source(self) -> bool:
        """Whether a JPEG is to stay as it is where no pixel changes."""
        return self.format in ("same", "jpeg") and self.quality is None and self.subsampling == "same"


def output_format(source_format: str, options: OutputOptions) -> str:
    """Return the format of the result: `same` is the source's, but HEIC and RAW become JPEG, BMP and GIF PNG."""
    if options.format != "same":
        return options.format
    return _LIKE_SOURCE.get(source_format, source_format)
