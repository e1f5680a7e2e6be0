"""Masks on their way: found like photos, kept as long as a batch needs them; and workers that start anew."""

from dataclasses import replace
from pathlib import Path

from actors.messages.records import BatchSpec, PhotoSpec
from tests.actors.new_batch import new_batch
from tests.actors.scripted import MaskedRetoucher


def spec(**params) -> BatchSpec:
    return BatchSpec("b", "u", {"id": None, "type": "erase", "version": 1, "params": params}, {})


def test_the_uploads_of_masks_are_wanted_as_long_as_the_batch() -> None:
    photos = [PhotoSpec("upload:one", "1"), PhotoSpec("http://x/2", "2", {"mask": "upload:two"})]
    batch = new_batch(spec(mask="upload:all"), photos)
    assert batch.uploads() == {"one", "all", "two"}


def test_each_photo_comes_with_its_mask(service, tmp_path: Path) -> None:
    for name in ("all", "own"):
        (tmp_path / name).write_bytes(name.encode())
    here = service(make_retoucher=MaskedRetoucher)
    own = {"mask": (tmp_path / "own").as_uri()}
    task = here.submit_photos(
        replace(spec(mask=(tmp_path / "all").as_uri()), task_id="b_masks"),
        [None, own, {"mask": (tmp_path / "nowhere").as_uri()}],
    )
    here.ended(task)
    photos = here.photos(task)
    assert [photo["status"] for photo in photos] == ["succeeded", "succeeded", "failed"]
    assert [here.result(task, index) for index in (0, 1)] == [b"all", b"own"]
    assert photos[2]["error"]["code"] == "source_not_found"
    assert photos[2]["error"]["message"].startswith("The mask can't be fetched.")


def test_a_worker_whose_weights_changed_finishes_what_it_holds_and_is_replaced(service) -> None:
    here = service(max_workers=1)
    here.ready(1)
    task = here.submit(*["sleep 0.2"] * 6)
    here.until(lambda: here.get(task)["counts"]["processing"], "work to be under way")
    (first,) = {line.split()[0] for line in here.lines("load")}
    here.log.with_name(f"renewed-{first}").touch()
    assert here.ended(task)["counts"]["succeeded"] == 6
    assert len(here.lines("retouch")) == 6, "each once: nothing was dropped"
    here.until(lambda: len(here.lines("load")) == 2, "its successor")
