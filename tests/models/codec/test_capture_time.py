"""When a photo was taken, from every container that holds EXIF."""

import pytest
from PIL import Image

from models.codec.capture_time import capture_time
from tests.models.codec.codec_samples import saved
from tests.models.codec.heic_samples import heic

_ORIGINAL, _DIGITIZED, _CHANGED, _SUB_IFD = 0x9003, 0x9004, 0x0132, 0x8769


def block(**times: str) -> bytes:
    exif = Image.Exif()
    if "changed" in times:
        exif[_CHANGED] = times["changed"]
    below = {_ORIGINAL: times.get("original"), _DIGITIZED: times.get("digitized")}
    exif.get_ifd(_SUB_IFD).update({tag: time for tag, time in below.items() if time is not None})
    return exif.tobytes()


def picture(exif: bytes, name: str = "jpeg") -> bytes:
    image = Image.new("RGB", (64, 48))
    return heic(image, exif=exif) if name == "heic" else saved(image, name, exif=exif)


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "avif", "tiff", "heic"])
def test_every_container_tells(name: str) -> None:
    exif = block(original="2026:05:03 14:07:09", changed="2026:06:01 00:00:00")
    assert capture_time(picture(exif, name)) == "2026-05-03T14:07:09"


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ({"digitized": "2026:05:03 14:07:09", "changed": "2026:06:01 00:00:00"}, "2026-05-03T14:07:09"),
        ({"original": "0000:00:00 00:00:00", "changed": "2026:06:01 00:00:00"}, "2026-06-01T00:00:00"),
        ({"original": "    :  :     :  :  "}, None),
        ({"original": "2026:02:31 14:07:09"}, None),
        ({"original": "1026:02:01 14:07:09"}, None),
        ({"original": "2026:05:03 14:07:09+02:00"}, "2026-05-03T14:07:09"),
        ({}, None),
    ],
)
def test_clocks_that_were_never_set_tell_nothing(times: dict[str, str], told: str | None) -> None:
    assert capture_time(picture(block(**times))) == told


@pytest.mark.parametrize(
    "data", [b"", b"text", b"\xff\xd8\xff", b"RIFF\xff\xff\xff\xffWEBP" + b"\xff" * 40, b"BM" + bytes(60)]
)
def test_damage_tells_nothing(data: bytes) -> None:
    assert capture_time(data) is None
    whole = picture(block(original="2026:05:03 14:07:09"))
    assert all(capture_time(whole[:end]) in (None, "2026-05-03T14:07:09") for end in range(0, len(whole), 7))
