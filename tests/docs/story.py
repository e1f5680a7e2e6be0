"""A page as a story: its blocks one after the other in one folder, as somebody types them who reads it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.docs.elsewhere import elsewhere
from tests.docs.pages import ROOT, Block, blocks, commands

_PATIENCE_S = 180.0
_PROBLEM = re.compile(r'"status": ?[45]\d\d\b')
# What a reader copies from the answer before: `task=…` is its task_id, any other name a field of that name.
_BY_HAND = re.compile(r"^(\w+)=…$")

_STEERS = re.compile(r"(\.venv/bin/)?photobatch (pause|resume|cancel|retry) ")


@dataclass(slots=True)
class Step:
    """A block for a shell, or Python blocks in a row, which are one program; and what it should answer."""

    language: str
    blocks: list[Block] = field(default_factory=list)
    answers: list[Block] = field(default_factory=list)


def steps(page: str) -> list[Step]:
    """Return what a page tells its readers to do."""
    found: list[Step] = []
    for block in blocks(page):
        if block.answer:
            found[-1].answers.append(block)
        elif block.language == "sh" or (block.language == "python" and not (found and found[-1].language == "python")):
            found.append(Step(block.language, [block]))
        elif block.language == "python":
            found[-1].blocks.append(block)
    return found


class Story:
    """A folder in which pages are followed; variables live on from block to block."""

    def __init__(self, folder: Path, environment: Mapping[str, str], addresses: Mapping[str, str]) -> None:
        """`addresses`: what the pages' addresses are here."""
        self.folder = folder
        self._state = folder.parent / f"{folder.name}.state"
        self._environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self._environment |= {"COLUMNS": "200", "PYTHONPATH": str(ROOT), **environment}
        self._environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._addresses = addresses
        self._said = ""

    def follow(self, page: str, languages: frozenset[str] = frozenset({"sh", "python"})) -> None:
        """Do what a page says in these languages, and compare what it shows."""
        for step in (step for step in steps(page) if step.language in languages):
            place, text = step.blocks[0].place, "".join(block.text for block in step.blocks)
            said = (
                self._shell(text)
                if step.language == "sh"
                else self._run(place, [sys.executable, "-W", "error", "-"], text)
            )
            for answer in step.answers:
                compare(answer, said)
            shown = any('"code"' in answer.text for answer in step.answers)
            assert shown or not _PROBLEM.search(said), f"{place}: {said}"
            self._said = said or self._said

    def _shell(self, text: str) -> str:
        lines = [_steered(self._by_hand(command)) for command in commands(text) if elsewhere(command) is None]
        if not lines:
            return ""
        state = f'"{self._state}"'
        begin = ["set -eu -o pipefail", "set -a", f'if [ -f {state} ]; then . {state}; cd "$PWD"; fi']
        script = "\n".join([*begin, *lines, f"export -p > {state}"])
        return self._run(text.strip(), ["bash"], script)

    def _run(self, what: str, words: list[str], text: str) -> str:
        for address, here in self._addresses.items():
            text = text.replace(address, here)
        done = subprocess.run(
            words,
            input=text,
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, f"{what}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _by_hand(self, command: str) -> str:
        found = _BY_HAND.match(command)
        if not found:
            return command
        name = {"task": "task_id"}.get(found[1], found[1])
        (*_, value) = re.findall(f'"{name}": ?"([^"]+)"', self._said)
        return f"{found[1]}='{value}'"


def _steered(command: str) -> str:
    """Let a command that steers a batch come too late for it: these photos are small, and that is said."""
    if _STEERS.match(command):
        return f"{{ {command}; }} 2>.late || {{ cat .late >&2; grep -q bad_transition .late; }}"
    return command


def compare(answer: Block, said: str) -> None:
    """Hold what was said against what the page shows."""
    if answer.language == "json":
        shown, real = json.loads(answer.text), list(_json_in(said))
        assert any(like(shown, each) for each in real), f"{answer.place} shows something else than\n{said}"
        return
    rest = re.sub(r"[ \t]+", " ", said)
    for line in answer.text.splitlines():
        found = re.search(_pattern(re.sub(r"[ \t]+", " ", line.strip())), rest)
        assert found, f"{answer.place} shows `{line}`, which is not in\n{said}"
        rest = rest[found.end() :]


def _json_in(said: str) -> Iterator[Any]:
    for text in (said, *said.splitlines()):
        try:
            yield json.loads(text)
        except ValueError:
            continue


def like(shown: Any, real: Any) -> bool:
    """Say whether a value is what is shown, fields apart that are not shown."""
    if isinstance(shown, dict):
        return isinstance(real, dict) and all(name in real and like(shown[name], real[name]) for name in shown)
    if isinstance(shown, list):
        more = shown[-1:] == ["…"]
        shown = shown[:-1] if more else shown
        fits = isinstance(real, list) and (len(real) >= len(shown) if more else len(real) == len(shown))
        return fits and all(like(one, other) for one, other in zip(shown, real, strict=False))
    if isinstance(shown, str) and "…" in shown:
        return re.fullmatch(_pattern(shown), str(real)) is not None
    return bool(shown == real)


def _pattern(text: str) -> str:
    return ".*".join(re.escape(part) for part in text.split("…"))
