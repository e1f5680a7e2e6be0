"""On a GPU holes of several photos are filled in one call; here a scripted network fills them."""

from functools import partial
from pathlib import Path

from tests.actors.scripted import HoledRetoucher

ERASE = {"type": "erase", "params": {}}


def start(service, folder: Path):
    return service(make_retoucher=partial(HoledRetoucher, folder / "log.txt"), max_workers=1)


def test_photos_of_several_batches_share_a_call(service, tmp_path: Path) -> None:
    here = start(service, tmp_path)
    first = here.submit("sleep 0.5", preset=ERASE)
    second, third = here.submit(*["sleep 0"] * 4, preset=ERASE), here.submit(*["sleep 0"] * 3, preset=ERASE)
    for task, count in ((first, 1), (second, 4), (third, 3)):
        assert here.ended(task)["counts"]["succeeded"] == count
    sizes = [int(line.split()[-1]) for line in here.lines("fill")]
    assert sum(sizes) == 8
    assert max(sizes) > 1, "nothing was filled together"


def test_a_photo_that_kills_the_worker_while_others_are_filled_with_it_is_found(service, tmp_path: Path) -> None:
    here = start(service, tmp_path)
    task = here.submit("sleep 0.5", "sleep 0", "sleep 0 poison", "sleep 0", "sleep 0", preset=ERASE)
    assert here.ended(task)["counts"] | {"succeeded": 4, "failed": 1} == here.ended(task)["counts"]
    assert [photo["status"] for photo in here.photos(task)] == ["succeeded"] * 2 + ["failed"] + ["succeeded"] * 2
    assert here.photos(task)[2]["error"]["code"] == "worker_crashed"


def test_photos_without_holes_are_not_kept_waiting_for_each_other(service, tmp_path: Path) -> None:
    here = start(service, tmp_path)
    filters, holes = here.submit(*["sleep 0"] * 6, preset={"type": "filter"}), here.submit("sleep 0", preset=ERASE)
    for task, count in ((filters, 6), (holes, 1)):
        assert here.ended(task)["counts"]["succeeded"] == count
    assert {int(line.split()[-1]) for line in here.lines("fill")} == {1}
