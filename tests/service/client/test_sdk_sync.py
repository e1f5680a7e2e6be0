"""The waiting client against a real service: in a script, in a running loop, and when somebody presses Ctrl-C."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from benchmarks.servers.server import Server
from photobatch import PhotoBatch

SCRIPT = """
import sys
from photobatch import PhotoBatch
batch = PhotoBatch().submit(sys.argv[1:], preset="filter_warm")
last = None
for event in batch.progress():
    last = event
print(last.type, batch.wait().counts.succeeded, [path.name for path in batch.download("out")])
raise SystemExit(not all(name not in sys.modules for name in ("ray", "torch", "numpy")))
"""
INTERRUPTED = """
import sys
from photobatch import PhotoBatch
client = PhotoBatch()
batch = client.batch(sys.argv[1])
try:
    for event in batch.progress():
        print(event.batch.status, flush=True)
except KeyboardInterrupt:
    print("interrupted", batch.get().status, flush=True)
try:
    print("waiting", flush=True)
    batch.wait()
except KeyboardInterrupt:
    print("interrupted again", flush=True)
"""


def test_a_plain_script(server: Server, photo_folder: Path, tmp_path: Path) -> None:
    files = [str(photo_folder / "astronaut.jpg"), str(photo_folder / "coffee.png")]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *files],
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PHOTOBATCH_URL": server.url},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split(maxsplit=2) == ["done", "2", "['astronaut.jpg', 'coffee.png']\n"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["astronaut.jpg", "coffee.png"]


async def test_in_a_running_loop(server: Server, photo_folder: Path) -> None:
    with PhotoBatch(server.url) as client:
        batch = client.submit((photo_folder / "rocket.jpg").as_uri(), preset="filter_warm")
        assert [event.type for event in batch.progress()][-1] == "done"
        assert batch.wait().status == "completed"
        assert [photo.status for photo in batch.photos()] == ["succeeded"]
        assert batch.task_id in [known.task_id for known in client.batches()]
        assert "filter_warm" in [preset.id for preset in client.presets.list()]
        batch.delete()


def test_ctrl_c_ends_a_wait_and_leaves_the_batch(server: Server, photo_folder: Path) -> None:
    task = server.submit(image_urls=[(photo_folder / "astronaut.jpg").as_uri()] * 50, preset_id="beauty_heavy")
    assert server.http.post(f"/api/v1/batch/{task['task_id']}/pause").json()["status"] == "paused"
    waiting = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, task["task_id"]],
        env=os.environ | {"PHOTOBATCH_URL": server.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert waiting.stdout is not None
    said = [waiting.stdout.readline().strip()]
    waiting.send_signal(signal.SIGINT)
    while said[-1] != "waiting":
        assert said[-1], "it ended before it waited"
        said.append(waiting.stdout.readline().strip())
    waiting.send_signal(signal.SIGINT)
    rest, errors = waiting.communicate(timeout=60)
    assert (waiting.returncode, errors, rest) == (0, "", "interrupted again\n")
    assert said[-2:] == ["interrupted paused", "waiting"]
    server.http.delete(f"/api/v1/batch/{task['task_id']}")
