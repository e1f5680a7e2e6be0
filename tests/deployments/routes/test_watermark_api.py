"""A mark of a batch: its image is a part of the batch, and answers name it by its digest."""

import hashlib
import io
import json
import struct
import zlib

import pytest
from PIL import Image

from photobatch.schemas.watermark import data_url
from tests.deployments.conftest import World


async def test_answers_have_a_digest_in_place_of_the_image(world: World) -> None:
    target = io.BytesIO()
    Image.new("RGBA", (40, 20)).save(target, "png")
    mark = {"image": data_url(target.getvalue()), "corner": "center"}
    task = await world.submit(output={"watermark": mark})
    digest = f"sha256:{hashlib.sha256(target.getvalue()).hexdigest()}"
    batch = (await world.http.get(f"/api/v1/batch/{task}")).json()
    assert batch["output"]["watermark"]["image"] == digest
    line = json.loads((await world.http.get(f"/api/v1/batch/{task}/manifest.jsonl")).text.splitlines()[0])
    assert line["options"]["watermark"]["image"] == digest
    again = {"preset_id": "filter_warm", "output": batch["output"], "image_urls": world.urls}
    refused = await world.http.post("/api/v1/batch/submit", json=again)
    assert (refused.status_code, refused.json()["field"]) == (422, "output.watermark.image")


async def test_a_text_that_the_font_has_not_is_refused_with_advice(world: World) -> None:
    asked = {"preset_id": "filter_warm", "output": {"watermark": {"text": "照片 Ann"}}}
    refused = await world.http.post("/api/v1/batch/check", json=asked)
    assert (refused.status_code, "bring it as a PNG" in refused.json()["detail"]) == (422, True)


def png(pixels: bytes, depth: int = 8, *more: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of 4 × 4 RGBA, each of whose chunks is whole."""
    head = struct.pack(">2I5B", 4, 4, depth, 6, 0, 0, 0)
    chunks = [(b"IHDR", head), *more, (b"IDAT", pixels), (b"IEND", b"")]
    packed = [(struct.pack(">I", len(data)), kind + data) for kind, data in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(size + data + struct.pack(">I", zlib.crc32(data)) for size, data in packed)


GREY = zlib.compress((b"\0" + b"\x80" * 16) * 4)


@pytest.mark.parametrize(
    ("image", "status"),
    [
        (png(GREY), 202),
        (png(b""), 422),
        (png(b"no pixels"), 422),
        (png(zlib.compress(b"\0")), 422),
        (png(GREY, 7), 422),
        (png(GREY, 8, (b"iCCP", b"a\0\0" + zlib.compress(bytes(50 << 20)))), 422),
    ],
)
async def test_a_damaged_image_is_refused_before_any_photo_fails(world: World, image: bytes, status: int) -> None:
    asked = {"preset_id": "filter_warm", "image_urls": world.urls, "output": {"watermark": {"image": data_url(image)}}}
    answer = await world.http.post("/api/v1/batch/submit", json=asked)
    assert answer.status_code == status, answer.text
    assert status == 202 or answer.json()["field"] == "output.watermark.image"
