"""One shoot, one light: all photos are analysed, matched, and then computed, on real actors."""

import os
import signal

from actors.messages.ids import new_id
from actors.messages.records import BatchSpec, PhotoSpec


def test_photos_are_computed_once_all_are_analysed_whoever_dies_meanwhile(service) -> None:
    here = service()
    pids = here.ready()
    scripts = ["light 0"] * 5 + ["light 1.5"] + ["bad"] + ["light 0"] * 5
    photos = []
    for number, script in enumerate(scripts):
        path = here.folder / f"{number}.txt"
        path.write_text(f"{number} {script}")
        photos.append(PhotoSpec(path.as_uri(), path.name, {"fade": 0.5} if number == 5 else None))
    spec = BatchSpec(new_id("b"), "ann", {}, {}, consistency=1.0)
    task = here.ask(here.coordinator.submit(spec, photos))["task_id"]
    here.until(lambda: len(here.lines("light")) > 2, "some photos to be analysed")
    os.kill(pids["coordinator"], signal.SIGKILL)
    here.until(lambda: here.pids()["coordinator"] != pids["coordinator"], "a new coordinator")
    ended = here.ended(task)
    assert (ended["counts"]["succeeded"], ended["counts"]["failed"]) == (11, 1)
    said = [line.split()[1] for line in here.log.read_text().splitlines()]
    last_light = len(said) - 1 - said[::-1].index("light")
    assert last_light < said.index("retouch"), "nothing is computed before all are analysed"
    assert said.count("retouch") == 11
    shown = here.photos(task)
    assert shown[5]["shift"]["exposure"] < -0.5, "it is a stop and a half over the others"
    assert shown[5]["params"] == {"fade": 0.5}
    assert shown[6]["shift"] is None
    assert all(not photo["shift"] or abs(photo["shift"]["exposure"]) < 0.5 for photo in shown[:5])
