"""Reads LUT files of all supported kinds."""

from models.colour.cube_file import read_cube
from models.colour.hald import SIGNATURE, read_hald
from models.colour.lut import Lut
from models.errors import LutError

LARGEST_FILE = 150 << 20  # bytes; a cube of 129 a side with many digits has 100 MB, a Hald picture of 16 bits too


def read_lut(data: bytes) -> Lut:
    """Read a `.cube` file or a Hald PNG, distinguished by the first bytes.

    Raises LutError `invalid_lut`, with a sentence that says what is wrong and where, and what to do.
    """
    if len(data) > LARGEST_FILE:
        raise LutError("invalid_lut", f"The file is larger than {LARGEST_FILE >> 20} MB; export a smaller LUT.")
    return read_hald(data) if data.startswith(SIGNATURE) else read_cube(data)
