"""Formats of photos by the extensions of their files, and the extensions of results."""

RAW = (".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".raf", ".rw2", ".orf", ".pef", ".srw", ".mrw", ".x3f")
FORMATS = {
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".png": "png",
    ".webp": "webp",
    ".avif": "avif",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".bmp": "bmp",
    ".gif": "gif",
    ".heic": "heic",
    ".heif": "heic",
    ".hif": "heic",
    **dict.fromkeys(RAW, "raw"),
}
EXTENSIONS = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "avif": ".avif", "tiff": ".tif"}
WRITTEN_AS = {"heic": "jpeg", "raw": "jpeg", "bmp": "png", "gif": "png"}  # formats that are read and not written


def likely_extension(name: str, wanted: str) -> str:
    """Return the extension, without its dot, that the result of a photo of that name will most likely have.

    `wanted` is `format` of the output options.
    """
    suffix = "." + name.rpartition(".")[2].lower()
    source = FORMATS.get(suffix, "jpeg")
    made = WRITTEN_AS.get(source, source) if wanted == "same" else wanted
    return EXTENSIONS[made].removeprefix(".")
