import hashlib
import io
from collections.abc import AsyncIterator

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from deployments.intake.uploads import HEAD
from tests.deployments.conftest import World
from tests.models.codec.raw.raw_samples import dng

UPLOADS = "/api/v1/uploads"


async def test_an_upload(world: World, jpeg: bytes) -> None:
    answer = await world.http.post(UPLOADS, params={"name": "图/美.jpg"}, content=jpeg)
    assert answer.status_code == 201
    body = answer.json()
    assert body | {"id": "", "source": ""} == {
        "id": "",
        "source": "",
        "name": "美.jpg",
        "bytes": len(jpeg),
        "sha256": hashlib.sha256(jpeg).hexdigest(),
        "width": 64,
        "height": 48,
        "format": "jpeg",
    }
    assert body["source"] == f"upload:{body['id']}"
    assert await world.blobs.get(f"uploads/{body['id']}/content") == jpeg


async def test_an_upload_of_a_phone(world: World) -> None:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (96, 64))).save(buffer)
    answer = await world.http.post(UPLOADS, params={"name": "IMG_1.HEIC"}, content=buffer.getvalue())
    assert answer.status_code == 201
    body = answer.json()
    assert (body["format"], body["width"], body["height"]) == ("heic", 96, 64)


async def test_an_upload_of_a_camera_has_no_size_yet(world: World) -> None:
    answer = await world.http.post(UPLOADS, params={"name": "1.DNG"}, content=dng(np.ones((48, 64, 3))))
    assert answer.status_code == 201
    body = answer.json()
    assert (body["format"], body["width"], body["height"]) == ("raw", None, None)


def picture(size: tuple[int, int], kind: str = "png") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "empty_file"),
        (b"hello there", 415, "unsupported_media"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_media"),
        (picture((2000, 2000)), 413, "too_many_pixels"),
        (picture((64, 64), "jpeg")[:40], 422, "truncated"),
        (b"\xff\xd8\xff" + b"x" * 300_000, 413, "too_large"),
    ],
)
async def test_what_is_no_photo_is_refused_and_not_kept(world: World, content: bytes, status: int, code: str) -> None:
    answer = await world.http.post(UPLOADS, content=content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert world.stored() == []


async def test_an_endless_upload_is_cut_off_at_the_limit(world: World) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 50_000
            yield b"x" * 50_000

    answer = await world.http.post(UPLOADS, content=endless())
    assert answer.status_code == 413
    assert sent <= 300_000


async def test_a_form_is_not_a_photo(world: World, jpeg: bytes) -> None:
    answer = await world.http.post(UPLOADS, files={"file": jpeg})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media")


async def test_a_header_behind_the_first_megabyte_is_found(world: World) -> None:
    world.api.state.parts.uploads._limits = type(world.api.state.parts.services.limits)(10**8, 10**8)
    buffer = io.BytesIO()
    Image.effect_noise((1200, 1000), 90).save(buffer, "tiff")  # its directory comes last
    assert len(buffer.getvalue()) > HEAD
    answer = await world.http.post(UPLOADS, content=buffer.getvalue())
    assert (answer.status_code, answer.json()["width"], answer.json()["format"]) == (201, 1200, "tiff")
