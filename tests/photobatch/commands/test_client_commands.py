"""Commands that ask a service, against the real application; its photos are worked on by the tests."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from photobatch.schemas import Batch, BatchStatus, Preset, Stats
from tests.deployments.conftest import World
from tests.deployments.in_process import served
from tests.photobatch.scripted_service import problem
from tests.photobatch.typed import Typist

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
BAD = {"code": "corrupt", "message": "The file is damaged [here].", "retryable": False}


async def test_a_batch_is_steered(world: World, typist: Typist) -> None:
    task = await world.submit()
    for action, status in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled"), ("retry", "queued")):
        said = await typist.types(action, task)
        assert (said.status, said.stdout) == (0, f"{task} is {status}: 0 of 2 photos done.\n"), said.stderr
    assert Batch.model_validate((await typist.types("pause", task, "--json")).json).status == "paused"
    refused = await typist.types("retry", task)
    assert (refused.status, refused.stdout) == (2, "")
    assert "(bad_transition)" in refused.stderr
    gone = await typist.types("rm", task)
    assert (gone.status, gone.stdout) == (0, f"{task} is removed.\n")
    for command in (("status", task), ("watch", task), ("fetch", task, "--out", "x"), ("pause", task)):
        missing = await typist.types(*command)
        assert (missing.status, missing.stdout) == (2, ""), command
        assert missing.stderr.count("(not_found)") == 1


async def test_a_batch_is_shown_with_its_failures(world: World, typist: Typist) -> None:
    task = await world.submit()
    before = await typist.types("status", task)
    assert (before.status, before.stderr) == (0, "")
    world.coordinator.work(task, 0, error=BAD)
    world.coordinator.work(task, 1)
    said = await typist.types("status", task)
    assert said.status == 1
    rows = [line.split(maxsplit=1) for line in said.stdout.splitlines()]
    assert ["status", "completed"] in rows
    assert ["failed", "1"] in rows
    assert said.stdout.splitlines()[-1] == "one.jpg: corrupt: The file is damaged [here]."
    told = await typist.types("status", task, "--json")
    assert (told.status, Batch.model_validate(told.json).counts.failed) == (1, 1)


async def test_a_watched_batch_is_told_to_its_end(world: World, typist: Typist) -> None:
    task = await world.submit()
    watching = asyncio.create_task(typist.types("watch", task, "--json"))
    while "watch" not in world.coordinator.asked:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    world.coordinator.work(task, 0, error=BAD)
    world.coordinator.work(task, 1)
    said = await watching
    assert said.status == 1
    assert "one.jpg: corrupt: The file is damaged [here].\n" in said.stderr
    assert said.stderr.count("corrupt") == 1
    assert "2/2 photos" in said.stderr
    assert not CONTROL.search(said.stderr)
    assert said.json.keys() == {"task_id", "batch", "failed", "refused", "not_taken", "files"}
    [failed] = said.json["failed"]
    assert (failed["index"], failed["error"]) == (0, BAD)
    assert Batch.model_validate(said.json["batch"]).status == "completed"
    again = await typist.types("watch", task)
    assert again.status == 1
    assert again.stdout.startswith(f"task         {task}\n")
    assert again.stderr.count("corrupt") == 1, "what failed before one came is told as well"


async def test_ctrl_c_leaves_the_batch_running_and_says_how_to_come_back(world: World, typist: Typist) -> None:
    task = await world.submit()
    world.coordinator.work(task, 0)
    terminal = typist.terminal("watch", task, "--out", "my results")
    await asyncio.to_thread(terminal.reads, "1/2 photos")
    terminal.interrupts()
    assert await asyncio.to_thread(terminal.ends) == 130
    assert f"Come back with: photobatch watch {task} --out 'my results'" in terminal.shown.replace("\r\n", " ")
    assert terminal.shown.rindex("\x1b[?25h") > terminal.shown.rindex("\x1b[?25l"), "the cursor is there again"
    assert "Traceback" not in terminal.shown
    world.coordinator.work(task, 1)
    assert (await world.http.get(f"/api/v1/batch/{task}")).json()["status"] == "completed"


async def test_removing_asks_on_a_terminal(world: World, typist: Typist) -> None:
    task = await world.submit()
    for arguments, keys, left in (((), "n\n", 1), ((), "y\n", 0)):
        terminal = typist.terminal("rm", task, *arguments)
        await asyncio.to_thread(terminal.reads, "[y/N]")
        assert "2 photos" in terminal.shown
        terminal.types(keys)
        assert await asyncio.to_thread(terminal.ends) == left
        assert len((await world.http.get("/api/v1/batch")).json()["items"]) == left
    task = await world.submit()
    terminal = typist.terminal("rm", task, "--yes")
    assert await asyncio.to_thread(terminal.ends) == 0
    assert "[y/N]" not in terminal.shown


async def test_the_way_back_leads_to_the_same_service(world: World, typist: Typist) -> None:
    task = await world.submit()
    url = ("--url", typist.environment["PHOTOBATCH_URL"])
    there = " ".join((task, *url))
    for action, back in (("pause", "resume"), ("cancel", "retry")):
        assert (await typist.types(action, task, *url)).stderr.endswith(f"photobatch {back} {there}\n")
    task = await world.submit()
    world.coordinator.work(task, 0, error=BAD)
    world.coordinator.work(task, 1)
    (typist.folder / "a file").write_text("")
    fetched = await typist.types("fetch", task, "--out", "a file/out", *url)
    assert f"photobatch fetch {task} --out FOLDER {' '.join(url)}\n" in fetched.stderr


async def test_a_service_that_refuses_to_list_presets_is_not_passed_over(typist: Typist) -> None:
    async def busy(request: Request) -> Response:
        return problem(503, "journal_unavailable")

    async with served(Starlette(routes=[Route("/api/v1/presets", busy)])) as host:
        modules = "from photobatch import address; from photobatch.commands import command"
        script = f"{modules}; address.LOCAL = 'http://{host}'; command.main()"
        said = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", f"import sys; sys.argv = ['photobatch', 'presets']; {script}"],
            env=typist.environment | {"PHOTOBATCH_URL": ""},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (said.returncode, said.stdout) == (3, "")
    assert "(journal_unavailable)" in said.stderr


async def test_batches_are_listed_newest_first(world: World, typist: Typist) -> None:
    tasks = [await world.submit() for _ in range(3)]
    await world.http.post(f"/api/v1/batch/{tasks[0]}/cancel")
    listed = await typist.types("list", "--json")
    assert [batch["task_id"] for batch in listed.json["items"]] == tasks[::-1]
    some = await typist.types("list", "--limit", "2")
    assert [line.split()[0] for line in some.stdout.splitlines()] == ["task", *tasks[:0:-1]]
    assert "--limit 0" in some.stderr
    cancelled = await typist.types("list", "--status", "cancelled", "--limit", "0")
    assert tasks[0] in cancelled.stdout
    assert tasks[1] not in cancelled.stdout
    assert (await typist.types("list", "--status", "done")).status == 2
    choices = (await typist.types("list", "--help")).stdout
    assert all(status.value in choices for status in BatchStatus)


async def test_the_service_is_shown_in_numbers(world: World, typist: Typist) -> None:
    await world.submit()
    assert Stats.model_validate((await typist.types("stats", "--json")).json).queue.photos == 2
    shown = await typist.types("stats")
    assert "2 photos in 1 batches" in shown.stdout


async def test_presets_are_made_changed_and_removed(world: World, typist: Typist) -> None:
    added = await typist.types(
        "presets", "add", "our_warm", "--like", "filter_warm", "--param", "temperature=0.3", "--name", "Ours"
    )
    assert (added.status, added.stdout) == (0, "our_warm is there, version 1.\n"), added.stderr
    kept = await typist.types("presets", "show", "our_warm", "--json")
    preset = Preset.model_validate(kept.json)
    assert (preset.params["temperature"], preset.name.en, preset.shared) == (0.3, "Ours", False)
    again = await typist.types("presets", "add", "our_warm", "--from", "-", stdin=kept.stdout.encode())
    assert (again.status, "(preset_exists)" in again.stderr) == (2, True)
    (typist.folder / "look.json").write_text(json.dumps(kept.json | {"params": {"fade": 0.2}}))
    changed = await typist.types(
        "presets", "--json", "add", "our_warm", "--from", "look.json", "--replace", "--param", "fade=0.1"
    )
    assert (changed.json["version"], changed.json["params"]["fade"]) == (2, 0.1)
    listed = await typist.types("presets")
    assert "Ours" in listed.stdout
    shown = await typist.types("presets", "show", "our_warm")
    assert ["fade", "0.1"] in [line.split() for line in shown.stdout.splitlines()]
    assert (await typist.types("presets", "rm", "our_warm")).stdout == "our_warm is removed.\n"
    assert (await typist.types("presets", "show", "our_warm")).status == 2
    assert (await typist.types("presets", "rm", "filter_warm")).status == 2


async def test_a_preset_that_makes_no_sense_is_refused(world: World, typist: Typist) -> None:
    (typist.folder / "one.jpg").write_text("x")
    for words, wrong in {
        "one of --like ID": ["other", "--like", "filter_warm", "--type", "color"],
        "(invalid_request)": ["Other!", "--type", "color"],
        "is no JSON": ["other", "--from", "one.jpg"],
        "temperature": ["other", "--type", "color", "--param", "temperature=9"],
    }.items():
        refused = await typist.types("presets", "add", *wrong)
        assert (refused.status, refused.stdout, words in refused.stderr) == (2, "", True), refused
        assert "Traceback" not in refused.stderr


async def test_photos_are_submitted(world: World, typist: Typist, jpeg: bytes) -> None:
    for name in ("a.jpg", "b.jpg", "deep/c.jpg"):
        path = typist.folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg)
    said = await typist.types(
        "submit", "in", "https://example.com/far.jpg", "--preset", "filter_warm", "--format", "png"
    )
    assert said.status == 0, said.stderr
    task = said.stdout.removesuffix("\n")
    batch = (await world.http.get(f"/api/v1/batch/{task}")).json()
    assert (batch["counts"]["total"], batch["output"]["format"], batch["priority"]) == (4, "png", 5)
    flat = await typist.types(
        "submit", "in", "--no-recursive", "--type", "color", "--json", "--priority", "9", "--raw", "embedded"
    )
    assert flat.json.keys() == {"task_id", "refused", "not_taken"}
    batch = (await world.http.get(f"/api/v1/batch/{flat.json['task_id']}")).json()
    assert (batch["counts"]["total"], batch["output"]["raw"], batch["priority"]) == (2, "embedded", 9)
    photos = (await world.http.get(f"/api/v1/batch/{task}/photos")).json()["items"]
    assert [photo["name"] for photo in photos] == ["a.jpg", "b.jpg", "c.jpg", "far.jpg"]


@pytest.mark.parametrize(("end", "how"), [(b"\n", ["-"]), (b"\0", ["-0", "-"])])
async def test_names_come_through_a_pipe(world: World, typist: Typist, jpeg: bytes, end: bytes, how: list[str]) -> None:
    names = [b"a b.jpg", b"\xe6\x97\xa5.jpg", b"\xff.jpg"] + ([b"two\nlines.jpg"] if end == b"\0" else [])
    for name in names:
        (typist.folder / os.fsdecode(name)).write_bytes(jpeg)
    told = end.join([*names, b"https://example.com/far.jpg", b""])
    said = await typist.types("submit", *how, "--preset", "filter_warm", stdin=told)
    assert said.status == 0, said.stderr
    batch = (await world.http.get(f"/api/v1/batch/{said.stdout.strip()}")).json()
    assert batch["counts"]["total"] == len(names) + 1


async def test_what_is_no_photo_is_told_and_the_others_go_on(world: World, typist: Typist, jpeg: bytes) -> None:
    (typist.folder / "good.jpg").write_bytes(jpeg)
    (typist.folder / "text.jpg").write_text("no photo")
    said = await typist.types("submit", "text.jpg", "good.jpg", "--preset", "filter_warm", "--json")
    assert said.status == 1
    assert "text.jpg: unsupported_media: " in said.stderr
    [refused] = said.json["refused"]
    assert (refused["path"], refused["error"]["code"]) == ("text.jpg", "unsupported_media")
    batch = (await world.http.get(f"/api/v1/batch/{said.json['task_id']}")).json()
    assert batch["counts"]["total"] == 1
    alone = await typist.types("submit", "text.jpg", "--preset", "filter_warm")
    assert (alone.status, alone.stdout) == (2, "")
    assert re.search(r"photobatch: text\.jpg: .* \(unsupported_media\)", alone.stderr)


async def test_a_link_that_leads_nowhere_holds_up_nobody(world: World, typist: Typist, jpeg: bytes) -> None:
    (typist.folder / "in").mkdir()
    (typist.folder / "in/good.jpg").write_bytes(jpeg)
    (typist.folder / "in/lost.jpg").symlink_to("nowhere")
    said = await typist.types("submit", "in", "--preset", "filter_warm", "--json")
    assert said.status == 1
    assert [(one["path"], one["error"]["code"]) for one in said.json["refused"]] == [("in/lost.jpg", "unreadable")]
    batch = (await world.http.get(f"/api/v1/batch/{said.json['task_id']}")).json()
    assert batch["counts"]["total"] == 1


async def test_a_photo_goes_in_once_however_often_it_is_named(world: World, typist: Typist, jpeg: bytes) -> None:
    (typist.folder / "in").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (typist.folder / "in" / name).write_bytes(jpeg)
    far = "https://example.com/far.jpg"
    said = await typist.types("submit", "in/b.jpg", far, "in", "in/a.jpg", far, "in/../in", "--preset", "filter_warm")
    photos = (await world.http.get(f"/api/v1/batch/{said.stdout.strip()}/photos")).json()["items"]
    assert [photo["name"] for photo in photos] == ["b.jpg", "far.jpg", "a.jpg"]


async def test_refused_before_anything_is_sent(world: World, typist: Typist, jpeg: bytes) -> None:
    (typist.folder / "in").mkdir()
    (typist.folder / "in/a.jpg").write_bytes(jpeg)
    wrong = {
        "--preset ID": ["in"],
        "(unknown_preset)": ["in", "--preset", "beauty_lite"],
        "Check the path": ["missing.jpg", "--preset", "filter_warm"],
        "No name came": ["-", "--preset", "filter_warm"],
        "name - among": ["in", "-0", "--preset", "filter_warm"],
        "Choose another": ["in", "--preset", "filter_warm", "--out", "in"],
        "Choose another --out": ["in/a.jpg", "--preset", "filter_warm", "--out", "in"],
        "is a file": ["in", "--preset", "filter_warm", "--out", "in/a.jpg"],
        "(invalid_url)": ["in", "--preset", "filter_warm", "--url", "here"],
        "no mask": ["in", "--preset", "erase", "--param", "mask=missing.png"],
        "--priority": ["in", "--preset", "filter_warm", "--priority", "10"],
        "temperature": ["in", "--preset", "filter_warm", "--param", "temperature=9"],
        "(unknown_lut)": ["in", "--preset", "filter_warm", "--param", "lut=nowhere"],
        "no name template": ["in", "--preset", "filter_warm", "--name", "{date:%n}_{stem}"],
        "--max-side": ["in", "--preset", "filter_warm", "--max-side", "1"],
    }
    for words, arguments in wrong.items():
        said = await typist.types("submit", *arguments)
        assert (said.status, said.stdout, words in said.stderr) == (2, "", True), said
        assert "Traceback" not in said.stderr
    assert (await world.http.get("/api/v1/batch")).json()["items"] == []
    assert not [key for key in world.stored() if "upload" in key]


async def test_a_full_queue_is_not_now(world: World, typist: Typist) -> None:
    for _ in range(5):
        await world.submit()
    said = await typist.types("submit", "https://example.com/a.jpg", "--preset", "filter_warm")
    assert (said.status, said.stdout) == (3, "")
    assert re.search(r"\(queue_full\) Try again in \d+ s\.", said.stderr)


def test_nobody_answers(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        said = Typist(tmp_path, PHOTOBATCH_URL=url).said("stats")
        assert (said.status, said.stdout) == (3, "")
        assert said.stderr.startswith(f"photobatch: {url} does not answer: nothing listens there. ")
        assert said.stderr.endswith("(unreachable)\n")
        listed = Typist(tmp_path).said("presets", "--url", url)
        assert (listed.status, listed.stdout) == (3, "")


async def test_no_command_loads_the_server(world: World, typist: Typist) -> None:
    task = await world.submit()
    world.coordinator.work(task, 0, 1)
    script = f"""
import sys
from typer.testing import CliRunner
from photobatch.commands.command import app
for line in ("stats", "list", "status {task}", "watch {task}", "retry {task}", "presets", "presets show erase",
             "submit https://example.com/a.jpg --type color", "rm {task}"):
    done = CliRunner().invoke(app, line.split())
    assert done.exit_code == 0, (line, done.output, done.exception)
heavy = {{"ray", "torch", "numpy", "deployments", "actors", "presets", "models", "storage", "yaml"}}
print(sorted(heavy & set(sys.modules)))
"""
    command = [sys.executable, "-c", script]
    done = await asyncio.to_thread(
        subprocess.run, command, env=typist.environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
