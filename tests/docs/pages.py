"""What the pages hold: every block of code, and the commands in it.

A block says its language; one that is only indented is for a shell. After the language `answer` may stand: then the
block is what the commands before it say, with … for what is different each time.
"""

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [
    *(name for name in ("README.md", "README.zh.md", "CONTRIBUTING.md", "CHANGELOG.md") if (ROOT / name).exists()),
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
    *(f"docs/zh/{path.name}" for path in sorted((ROOT / "docs/zh").glob("*.md"))),
]
# Pages that are there in Chinese too, each with its Chinese page: test_chinese.py says that they agree.
CHINESE = {
    page.replace("docs/zh/", "docs/").replace("README.zh.md", "README.md"): page
    for page in PAGES
    if page.startswith("docs/zh/") or page == "README.zh.md"
}
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code on a page."""

    page: str
    line: int
    language: str
    answer: bool
    text: str
    before: str  # the line of prose before it

    @property
    def place(self) -> str:
        """Where people find it."""
        return f"{self.page}:{self.line}"


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page, in their order."""
    return parsed(page, (ROOT / page).read_text(encoding="utf-8"))


def parsed(page: str, text: str) -> list[Block]:
    """Return the blocks in a page's text."""
    lines, found, at, before = text.splitlines(), list[Block](), 0, ""
    while at < len(lines):
        start = at + 1
        if lines[at].startswith("```"):
            language, _, rest = lines[at].removeprefix("```").strip().partition(" ")
            end = next(place for place in range(at + 1, len(lines)) if lines[place].startswith("```"))
            found.append(Block(page, start, language, rest == "answer", _text(lines[at + 1 : end]), before))
            at = end + 1
        elif lines[at].startswith(_INDENT) and (at == 0 or not lines[at - 1].strip()):
            while at < len(lines) and (lines[at].startswith(_INDENT) or not lines[at].strip()):
                at += 1
            some = [line.removeprefix(_INDENT) for line in lines[start - 1 : at]]
            found.append(Block(page, start, "sh", False, _text(some), before))
        else:
            before = lines[at] if lines[at].strip() else before
            at += 1
    return found


def _text(lines: list[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


def commands(text: str) -> list[str]:
    """Return the commands of a block for a shell, each whole however many lines it has, without what is a comment."""
    found, begun = list[str](), ""
    for line in text.splitlines():
        begun += line + "\n"
        if line.endswith("\\") or not _whole(begun):
            continue
        if begun.strip() and not begun.lstrip().startswith("#"):
            found.append(without_comment(begun.strip()))
        begun = ""
    assert not begun.strip(), f"no command is complete: {begun}"
    return found


def without_comment(command: str) -> str:
    """Return a command without the comment behind it."""
    for place in (match.start() for match in re.finditer(r"\s+# ", command)):
        if _whole(command[:place]):
            return command[:place]
    return command


@cache
def _whole(command: str) -> bool:
    """Say whether a shell would take it as it is, and wait for no more."""
    done = subprocess.run(["bash", "-n"], input=command, text=True, capture_output=True, check=False)
    return done.returncode == 0 and not done.stderr
