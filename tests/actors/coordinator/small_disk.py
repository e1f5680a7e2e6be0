"""Run as a process of its own, root of its own mount namespace: a service on a disk of 96 MB that fills up under it."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from deployments.local.session import new_scratch_folder
from deployments.settings import prepare_ray_environment

prepare_ray_environment()

from actors.messages.errors import BatchError  # noqa: E402
from deployments.local.local_ray import LocalRay  # noqa: E402
from storage.sqlite import SqliteJournal  # noqa: E402
from tests.actors.service import Service  # noqa: E402
from tests.told import tell  # noqa: E402

MB = 1 << 20


def fill(path: Path) -> None:
    """Take all the room there is."""
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(MB)):
                pass
        except OSError:
            return


def main(folder: Path) -> None:
    """Tell what the service said."""
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(disk)], check=True)
    local = LocalRay(cpus=4, scratch=new_scratch_folder())
    local.start()
    try:
        here = Service(
            disk,
            open_journal=partial(SqliteJournal, disk / "journal.db", reserve_bytes=8 * MB),
            least_room=16 * MB,
        ).start()
        here.ready()
        task = here.submit(*["sleep 0.05"] * 10, *["sleep 0.2"] * 50)  # some are done, and seconds of work are left
        here.until(lambda: here.get(task)["counts"]["succeeded"] > 5, "some photos")
        fill(disk / "somebody else's file")
        stats = here.until(lambda: (said := here.stats())["hold"] and said, "the hold")
        held = here.until(
            lambda: (batch := here.get(task))["counts"]["processing"] == 0 and batch,
            "photos in flight to return",
        )
        try:
            here.submit_known()
            refused = ""
        except BatchError as error:
            refused = error.code
        paused = here.control(task, "pause")["status"]  # the journal writes on, out of its reserve
        here.control(task, "resume")
        (disk / "somebody else's file").unlink()
        done = here.ended(task)
        here.until(lambda: not here.stats()["hold"], "the hold to end")
        seen = {
            "hold": stats["hold"],
            "held": held["status"],
            "failed": held["counts"]["failed"],
            "refused": refused,
            "paused": paused,
            "counts": done["counts"],
            "attempts": max(photo["attempts"] for photo in here.photos(task)),
            "accepted_after": here.ended(here.submit("sleep 0"))["status"],
        }
        tell(folder, seen)
    finally:
        local.stop()
        os.sync()


main(Path(sys.argv[1]))
