"""docs/extending.md is followed in a copy of the checkout: files are written, changes made, commands typed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.elsewhere import elsewhere
from tests.docs.pages import ROOT, Block, blocks, commands
from tests.docs.story import Story

PAGE = "docs/extending.md"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "__pycache__", "demo", "results", "*_cache", ".hypothesis")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which everything stands that the page tells to write."""
    copy = tmp_path_factory.mktemp("extending") / "photobatch"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    file = copy
    for block in blocks(PAGE):
        if named := re.search(r"`([\w/]+\.py)`:$", block.before):
            file = copy / named[1]
        if block.language == "python":
            assert not file.exists(), block.place
            file.write_text(block.text)
        elif block.language == "diff":
            change(file, block)
    return copy


def change(file: Path, block: Block) -> None:
    """Make a change that a block shows: lines that stay, that go (-) and that come (+)."""
    lines = block.text.splitlines()
    before, after = ("\n".join(line[1:] for line in lines if line[:1] != sign) for sign in "+-")
    text = file.read_text()
    assert text.count(before) == 1, f"{block.place}: {file.name} has not once\n{before}"
    file.write_text(text.replace(before, after))


def test_the_code_is_as_the_rest_is(checkout: Path) -> None:
    for words in (["ruff", "check"], ["ruff", "format", "--check"]):
        done = subprocess.run([Path(sys.executable).with_name(words[0]), *words[1:], "."], cwd=checkout, check=False)
        assert done.returncode == 0, words


@pytest.mark.slow
def test_its_commands_do_what_they_should(
    checkout: Path, own_photos: Path, reader_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(own_photos, checkout / "photos")
    shutil.copy(reader_folder / "denoise.safetensors", checkout)
    (checkout / ".venv").symlink_to(sys.prefix)
    environment = {"BATCH_DATA_DIR": str(tmp_path / "data"), "BATCH_MAX_WORKERS": "2", "PYTHONPATH": str(checkout)}
    Story(checkout, environment, {}).follow(PAGE, languages=frozenset({"sh"}))
    for name in ("sepia/one.jpg", "sepia/two.jpg", "denoised/one.jpg", "gone/one.jpg"):
        assert (checkout / name).is_file(), name


def test_tests_of_the_page_are_among_its_commands() -> None:
    text = " ".join(command for block in blocks(PAGE) if block.language == "sh" for command in commands(block.text))
    named = re.findall(r"`(tests/\S+)`:$", (ROOT / PAGE).read_text(), re.MULTILINE)
    assert len(named) == 2
    assert all(f"pytest {name}" in text for name in named)
    assert elsewhere(f".venv/bin/pytest {named[0]}") is None
