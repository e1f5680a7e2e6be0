"""What somebody may type by mistake: one sentence says what is wrong, and nothing is sent."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from photobatch.engine.jobs import mask_file
from tests.deployments.conftest import World
from tests.photobatch.typed import Terminal, Typist

NOWHERE = ("--url", "http://127.0.0.1:1")
FAR = ("submit", "https://example.com/a.jpg", "--type", "color")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("presets", "show", b"\xff"), "(unknown_preset)"),
        (("presets", "rm", b"\xff"), "(unknown_preset)"),
        (("status", b"\xff"), "(invalid_request)"),
        ((*FAR, "--param", b"x=\xff"), "no text"),
        (("submit", b"https://example.com/\xff", "--type", "color"), "(invalid_request)"),
        ((*FAR, "--param", "exposure=1e999"), "exposure"),
        ((*FAR, "--param", "exposure=" + "[" * 100_000), "exposure"),
        ((*FAR, "--param", "exposure=" + "[" * 500 + "]" * 500), "(invalid_request)"),
        (("presets", "add", "mine", "--from", "nan.json"), "NaN is no number"),
        (("presets", "add", "mine", "--from", "deep.json"), "nested too deeply"),
        (("models", "pull", "{x}"), "{x} is unknown"),
    ],
)
async def test_one_sentence(world: World, typist: Typist, line: tuple[object, ...], words: str) -> None:
    (typist.folder / "nan.json").write_text('{"type": "color", "params": {"exposure": NaN}}')
    (typist.folder / "deep.json").write_text("[" * 200_000)
    said = await typist.types(*line)
    assert (said.status in {1, 2}, said.stdout) == (True, "")
    assert words in said.stderr
    assert "Traceback" not in said.stderr
    assert (await world.http.get("/api/v1/batch")).json()["items"] == []


@pytest.mark.parametrize(
    "url", ["http://h/\x01", b"http://h/\xff", "http://xn--a", "http://me:secret@h", "http://:secret@h", "http://@h"]
)
def test_urls_that_no_service_has(tmp_path: Path, url: object) -> None:
    said = Typist(tmp_path).said("stats", "--url", url)
    assert (said.status, said.stdout, said.stderr.count("\n")) == (2, "", 1)
    assert "(invalid_url)" in said.stderr
    assert "secret" not in said.stderr


def test_only_an_address_is_an_address() -> None:
    assert mask_file({"mask": "upload:abc"}) is None
    assert mask_file({"mask": "s3://bucket/mask.png"}) is None
    assert mask_file({"mask": "at 12:30.png"}) == Path("at 12:30.png").resolve()


async def test_what_others_write_does_not_steer_the_terminal(world: World, typist: Typist) -> None:
    evil = "\x1b]0;owned\x07\x9b2J"
    added = await typist.types("presets", "add", "evil", "--type", "color", "--name", evil)
    assert added.status == 0, added.stderr
    for line in (("presets",), ("presets", "show", "evil")):
        shown = (await typist.types(*line)).stdout
        assert "owned" in shown
        assert not {"\x1b", "\x07", "\x9b"} & set(shown)
    refused = await typist.types("submit", f"{evil}.jpg", "--type", "color")
    assert (refused.status, "\x1b" in refused.stderr) == (2, False)


async def test_a_removal_that_is_broken_off_removes_nothing(world: World, typist: Typist) -> None:
    task = await world.submit()
    terminal = typist.terminal("rm", task)
    await asyncio.to_thread(terminal.reads, "[y/N]")
    terminal.interrupts()
    assert await asyncio.to_thread(terminal.ends) == 130
    assert "nothing is removed." in terminal.shown
    assert len((await world.http.get("/api/v1/batch")).json()["items"]) == 1


def test_ctrl_c_twice_leaves_a_terminal_that_can_be_used(tmp_path: Path) -> None:
    script = """
import time
from photobatch.shown.interrupts import stoppable
with stoppable(lambda: "it goes on without you."):
    try:
        print("\\x1b[?25lworking", flush=True)
        time.sleep(60)
    finally:
        print("cleaning up", flush=True)
        time.sleep(60)
"""
    terminal = Terminal([sys.executable, "-c", script], tmp_path, Typist(tmp_path).environment)
    terminal.reads("working")
    terminal.interrupts()
    terminal.reads("cleaning up")
    terminal.interrupts()
    assert terminal.ends() == 128 + signal.SIGINT
    assert terminal.shown.endswith("\x1b[?25hphotobatch: it goes on without you.\r\n")
