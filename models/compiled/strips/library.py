"""The libjpeg-turbo that came with Pillow, by the addresses of its functions.

Its C interface is the only one that decodes and encodes a few rows at a time. Pillow's extension is linked with it, and
so its functions are found through that extension, wherever the library itself may be.
"""

import ctypes

from PIL import _imaging, features

# In the order of `struct libjpeg` of strips.h.
FUNCTIONS = (
    "jpeg_std_error",
    "jpeg_CreateDecompress",
    "jpeg_mem_src",
    "jpeg_read_header",
    "jpeg_start_decompress",
    "jpeg_read_scanlines",
    "jpeg_finish_decompress",
    "jpeg_destroy_decompress",
    "jpeg_CreateCompress",
    "jpeg_set_defaults",
    "jpeg_set_quality",
    "jpeg_add_quant_table",
    "jpeg_start_compress",
    "jpeg_write_raw_data",
    "jpeg_finish_compress",
    "jpeg_destroy_compress",
)

Addresses = ctypes.Array[ctypes.c_void_p]


def libjpeg() -> Addresses | None:
    """Return the addresses; None if Pillow has another libjpeg, or hides it."""
    if not features.check_feature("libjpeg_turbo"):
        return None
    try:
        library = ctypes.CDLL(_imaging.__file__)
        found = [ctypes.cast(getattr(library, name), ctypes.c_void_p) for name in FUNCTIONS]
    except (OSError, AttributeError):
        return None
    return (ctypes.c_void_p * len(FUNCTIONS))(*found)
