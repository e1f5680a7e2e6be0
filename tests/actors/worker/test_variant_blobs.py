"""A photo that was done before is copied with its further outputs, which every attempt stores beside its result."""

import hashlib
import json
import zlib
from pathlib import Path
from typing import Any

from actors.messages.records import BatchSpec, Done, Lease, LeaseKey
from actors.sources.fetch import Fetcher, Roots
from actors.worker.crumb import Crumb
from actors.worker.retoucher import Retouched, Variant
from actors.worker.stages import Stages
from actors.worker.work import Work
from storage.keys import attempt_prefix, result_key, upload_record_key, variant_key
from tests.deployments.in_process import blobs_in

EARLIER, LATER = LeaseKey("b1", 0, 1), LeaseKey("b2", 3, 2)


class Idle:
    """A retoucher that computes nothing."""

    engine = "test"
    side_by_side = 1


def stages(folder: Path) -> tuple[Stages, Any]:
    blobs = blobs_in(folder)
    fetcher = Fetcher(blobs, max_bytes=1000, roots=Roots((str(folder),)), allowed_hosts=frozenset())
    made = Stages(
        fetcher=fetcher,
        retoucher=Idle(),  # type: ignore[arg-type]
        blobs=blobs,
        crumb=Crumb(folder / "crumb"),
        timeout_s=10,
        find=None,  # type: ignore[arg-type]
        finished=lambda _: None,
    )
    return made, blobs


def work(folder: Path, key: LeaseKey) -> Work:
    photo = folder / "photo.jpg"
    photo.write_bytes(b"no EXIF")
    return Work(Lease(key, photo.as_uri(), None), BatchSpec(key.task_id, "ann", {}, {}), data=photo.read_bytes())


async def test_a_result_is_stored_and_copied_with_its_variants(tmp_path: Path) -> None:
    made, blobs = stages(tmp_path)
    web = Variant("web", b"small", "webp", 4, 3)
    retouched = Retouched(b"large", None, "jpeg", 8, 6, "00", 1, False, [], also=[web])
    result = await made._put(work(tmp_path, EARLIER), retouched)
    told = {"width": 4, "height": 3, "bytes": 5, "format": "webp", "crc32": zlib.crc32(b"small")}
    assert result["also"] == {"web": told | {"sha256": hashlib.sha256(b"small").hexdigest()}}
    assert result["taken"][:2] == "20", "the time of the file, as its bytes do not say"
    assert await blobs.get(variant_key(*EARLIER.place, "web", "webp")) == b"small"

    copied = await made._copy(work(tmp_path, LATER), Done(EARLIER, result, []))
    assert copied["also"] == result["also"]
    await blobs.delete_prefix(attempt_prefix(*EARLIER.place))
    assert await blobs.get(variant_key(*LATER.place, "web", "webp")) == b"small"
    assert await blobs.get(result_key(*LATER.place, "jpg")) == b"large"


async def test_an_upload_has_the_time_of_its_file(tmp_path: Path) -> None:
    made, blobs = stages(tmp_path)
    for upload, record in (("u1", {"changed": "2026-05-03T14:07:09"}), ("u2", {})):
        await blobs.put(upload_record_key(upload), json.dumps(record).encode())
    wanted = {"upload:u1": "2026-05-03T14:07:09", "upload:u2": None, "upload:u3": None, "https://example.com/a": None}
    for source, taken in wanted.items():
        photo = Work(Lease(EARLIER, source, None), BatchSpec("b1", "ann", {}, {}), data=b"no EXIF")
        assert await made._taken(photo) == taken


async def test_results_without_variants_say_nothing_of_them(tmp_path: Path) -> None:
    made, _ = stages(tmp_path)
    result = await made._put(work(tmp_path, EARLIER), Retouched(b"large", None, "jpeg", 8, 6, "00", 1, False, []))
    assert "also" not in result
