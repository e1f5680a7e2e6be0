import pickle
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.colour import lut_file
from models.colour.lut_file import read_lut
from models.errors import LutError
from tests.models.colour.luts import WIDE, cube_1d, cube_3d, grid, hald, look, png

ROWS = "0 0 0\n1 1 1\n"


def refusal(data):
    with pytest.raises(LutError) as caught:
        read_lut(data if isinstance(data, bytes) else data.encode())
    assert caught.value.code == "invalid_lut"
    assert caught.value.detail.endswith(".")
    return caught.value.detail


def test_a_cube_is_read_with_its_title_domain_and_numbers():
    lut = read_lut(cube_3d(3, WIDE))
    assert lut.title == "A look"
    assert (lut.low, lut.high) == WIDE
    assert lut.table.reshape(-1, 3) == pytest.approx(look(grid(3, *WIDE)), abs=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: b"# first\n\n   # second\n" + data.replace(b"\n", b"\n\n#\n"),
        lambda data: data.replace(b" ", b"\t ").replace(b"\n", b"  \n"),
        lambda data: data.rstrip(),
        lambda data: data.replace(b"DOMAIN_MIN 0.0 0.0 0.0\nDOMAIN_MAX 1.0 1.0 1.0\n", b""),
        lambda data: data.replace(b"DOMAIN_MIN 0.0 0.0 0.0\nDOMAIN_MAX 1.0 1.0 1.0\n", b"LUT_1D_INPUT_RANGE 0 1.0\n"),
    ],
    ids=["crlf", "bom", "comments", "white space", "no last newline", "no domain", "range"],
)
def test_a_cube_may_be_written_in_many_ways(change):
    assert read_lut(change(cube_1d(4))) == read_lut(cube_1d(4))


def test_numbers_may_be_written_in_many_ways():
    lut = read_lut(b"LUT_1D_SIZE 2\n-.5 +0 1e-3\n1. 1E0 2.25\n")
    assert lut.table.tolist() == [[-0.5, 0, pytest.approx(1e-3)], [1, 1, 2.25]]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("LUT_1D_SIZE 1\n0 0 0\n", 1, "from 2 to 65536"),
        ("LUT_1D_SIZE 65537\n", 1, "from 2 to 65536"),
        ("LUT_3D_SIZE 130\n", 1, "from 2 to 129"),
        ("LUT_3D_SIZE 99999999999999\n", 1, "from 2 to 129"),
        ("LUT_3D_SIZE 2.0\n", 1, "whole number"),
        ("LUT_3D_SIZE -2\n", 1, "whole number"),
        ("LUT_3D_SIZE\n", 1, "whole number"),
        ("LUT_3D_SIZE 2 2\n", 1, "whole number"),
        ("LUT_1D_SIZE 2\n" + ROWS + "LUT_3D_SIZE 2\n", 4, "1D or 3D"),
        ("LUT_1D_SIZE 2\nLUT_1D_SIZE 2\n" + ROWS, 2, "second size"),
        ("# a comment\n\n0 0 0\nLUT_1D_SIZE 2\n", 3, "before LUT_1D_SIZE"),
        ("LUT_1D_SIZE 2\n0 0\n1 1 1\n", 2, "3 numbers"),
        ("LUT_1D_SIZE 2\n0 0 0 0\n1 1 1\n", 2, "3 numbers"),
        ("LUT_1D_SIZE 2\n0 0 x\n1 1 1\n", 2, "3 numbers"),
        ("LUT_1D_SIZE 2\n0,5 0,5 0,5\n1 1 1\n", 2, "such as 0.5"),
        ("LUT_1D_SIZE 2\n0 0 1_0\n1 1 1\n", 2, "such as 0.5"),
        ("LUT_1D_SIZE 2\n0 0 0\n\n0 nan 0\n", 4, "infinite"),
        ("LUT_1D_SIZE 2\n0 0 0\nnan 0 0\n", 3, "infinite"),
        ("LUT_1D_SIZE 2\n0 0 0\n0 0 -inf\n", 3, "infinite"),
        ("LUT_1D_SIZE 2\n0 0 0\n0 1e39 0\n", 3, "too large"),
        ("LUT_1D_SIZE 2\n" + ROWS + "1 1 1\n", 4, "more than the 2 of LUT_1D_SIZE 2"),
        ("LUT_3D_SIZE 2\n" + ROWS, 3, "2 rows of numbers instead of 8"),
        ("LUT_1D_SIZE 2\nDOMAIN_MIN 0 0\n" + ROWS, 2, "3 numbers"),
        ("LUT_1D_SIZE 2\nDOMAIN_MAX 1 1 inf\n" + ROWS, 2, "infinite"),
        ("LUT_1D_SIZE 2\nDOMAIN_MIN 0 1 0\n" + ROWS, 4, "not below DOMAIN_MAX"),
        ("LUT_1D_SIZE 2\nDOMAIN_MAX 1 1 1e-300\n" + ROWS, 4, "not below DOMAIN_MAX"),
        ("LUT_1D_SIZE 2\nLUT_1D_INPUT_RANGE 0 1 2\n" + ROWS, 2, "2 numbers"),
        ("LUT_1D_SIZE 2\nLUT_IN_VIDEO_RANGE\n" + ROWS, 2, "'LUT_IN_VIDEO_RANGE'"),
        ("<html>\n", 1, "export the LUT as .cube"),
        ("TITLE nothing else\n", 1, "no LUT_1D_SIZE and no LUT_3D_SIZE"),
        ("", 0, "no LUT_1D_SIZE and no LUT_3D_SIZE"),
        ("LUT_1D_SIZE 2\n" + "0" * 2000, 2, "longer than 1000 bytes"),
    ],
)
def test_what_is_wrong_with_a_cube_is_said_with_its_line(text, line, says):
    for newline in ("\n", "\r\n"):
        detail = refusal(text.replace("\n", newline))
        assert f"ine {line} " in detail
        assert says in detail


def test_files_that_are_too_large_are_refused_before_they_are_read(monkeypatch):
    monkeypatch.setattr(lut_file, "LARGEST_FILE", 1 << 20)
    assert "larger than 1 MB" in refusal(b"\n" * (1 << 20) + b"\n")
    monkeypatch.setattr("models.colour.cube_file._MOST_LINES", 1000)
    assert "more than 1000 lines" in refusal(b"#\n" * 1001)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_hald_picture_is_read_to_the_last_bit(bits):
    lut = read_lut(hald(3, bits))
    most = 2**bits - 1
    assert (lut.table.reshape(-1, 3) == np.rint(look(grid(9)) * most)).all()


def test_the_largest_hald_picture_is_read():
    lut = read_lut(png(np.zeros((4096, 4096, 3), np.uint8)))
    assert lut.table.shape == (256, 256, 256, 3)


def test_a_grey_hald_picture_and_one_with_alpha_are_read_too():
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    lut = read_lut(png(grey))
    assert lut == read_lut(png(np.dstack([grey] * 3)))
    assert lut == read_lut(png(np.dstack([grey, grey, grey, grey])))


def with_chunk(data, kind, content):
    chunk = struct.pack(">I", len(content)) + kind + content
    return data[:33] + chunk + struct.pack(">I", zlib.crc32(chunk[4:])) + data[33:]


def test_what_a_picture_says_of_its_gamma_and_orientation_changes_nothing():
    turned = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # EXIF: a quarter turn
    assert read_lut(with_chunk(hald(2), b"eXIf", turned)) == read_lut(hald(2))
    assert read_lut(with_chunk(hald(2), b"gAMA", struct.pack(">I", 100_000))) == read_lut(hald(2))


def header(width, height, depth):
    data = bytearray(hald(2))
    struct.pack_into(">IIB", data, 16, width, height, depth)
    struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (png(np.zeros((500, 500, 3), np.uint8)), "500 × 500"),
        (png(np.zeros((8, 27, 3), np.uint8)), "27 × 8"),
        (png(np.zeros((1, 1, 3), np.uint8)), "from 2 to 16"),
        (header(17**3, 17**3, 8), "from 2 to 16"),
        (header(2**31, 2**31, 8), "from 2 to 16"),
        (header(8, 8, 4), "4 bits"),
        (header(27, 27, 8), "damaged"),
        (hald(3)[:-20], "damaged"),
        (hald(3)[:30], "no PNG picture"),
        (hald(3).replace(b"IDAT", b"IDAR"), "damaged"),
        (hald(3)[:33] + struct.pack(">I", 2**31 - 1) + hald(3)[37:], "damaged"),
    ],
)
def test_what_is_wrong_with_a_hald_picture_is_said(data, says):
    assert says in refusal(data)


@given(st.integers(0, len(hald(2)) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_picture_is_read_or_refused(at, junk):
    data = hald(2)
    try:
        lut = read_lut(data[:at] + junk + data[at + len(junk) :])
    except LutError:
        return
    assert lut.table.shape == (4, 4, 4, 3)


@given(st.binary(max_size=200) | st.text("LUT_13DSIZE 0.\n#-e", max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(data):
    try:
        lut = read_lut(data)
    except LutError:
        return
    assert np.isfinite(lut.table).all()


def test_refusals_survive_a_pickle():
    with pytest.raises(LutError) as caught:
        read_lut(b"no LUT")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert (again.code, again.detail, again.retryable) == ("invalid_lut", caught.value.detail, False)
