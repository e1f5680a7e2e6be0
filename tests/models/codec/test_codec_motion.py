"""The video of a motion photo does not come along, and the result says so."""

import struct

import pytest

from models.codec import Limits, OutputOptions, decode, encode
from tests.models.codec.codec_samples import PHOTO, saved
from tests.models.codec.heic_samples import heic

LIMITS = Limits()
SMALL = PHOTO.resize((96, 64))
VIDEO = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(500)
SAMSUNG = b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data" + VIDEO + b"SEFH" + bytes(24) + b"SEFT"


@pytest.mark.parametrize("trailer", [VIDEO, VIDEO.replace(b"mp42", b"isom"), VIDEO.replace(b"mp42", b"qt  "), SAMSUNG])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_video_behind_a_jpeg_is_named(trailer: bytes, progressive: bool) -> None:
    picture = decode(saved(SMALL, "JPEG", progressive=progressive) + trailer, LIMITS)
    assert "motion_dropped" in picture.notes
    written = encode(picture, OutputOptions())
    assert b"ftyp" not in written.data
    assert "motion_dropped" not in written.notes, "it is said once"


@pytest.mark.parametrize("trailer", [b"", b"ftyp", b"some ftypmp42", bytes(500)])
def test_what_is_no_video_is_none(trailer: bytes) -> None:
    assert decode(saved(SMALL, "JPEG") + trailer, LIMITS).notes == []


def test_a_video_in_a_heic_is_named() -> None:
    data = heic(SMALL) + struct.pack(">I", 8 + len(VIDEO)) + b"mpvd" + VIDEO
    assert decode(data, LIMITS).notes == ["motion_dropped"]
