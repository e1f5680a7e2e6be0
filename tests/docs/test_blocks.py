"""What the pages hold, without a service: blocks, commands that are run elsewhere, names and addresses."""

import configparser
import json
import re
from functools import cache

import pytest
import typer
import yaml

from deployments.reference.page import application
from photobatch.commands.command import app
from tests.docs.elsewhere import TABLE, elsewhere
from tests.docs.pages import PAGES, ROOT, Block, blocks, commands, parsed, without_comment

ALL = [block for page in PAGES for block in blocks(page)]
FOLDERS = ("photobatch", "deployments", "actors", "presets", "models", "storage", "benchmarks", "tests", "docs")
LANGUAGES = {"sh", "python", "diff", "json", "yaml", "ini", "text"}
A_COMMAND = re.compile(r"^(\$ )?(\.venv/bin/|make |photobatch |curl |python |pip |ray |serve |export )", re.MULTILINE)
OF_A_SHELL = [(block, command) for block in ALL if block.language == "sh" for command in commands(block.text)]


def a_block(language: str, text: str) -> Block:
    return Block("page.md", 1, language, True, text, "")


def test_every_block_says_what_it_is() -> None:
    assert len(ALL) > 40
    assert [block.place for block in ALL if block.language not in LANGUAGES] == []


def test_data_can_be_read() -> None:
    for block in ALL:
        if block.language == "json":
            json.loads(block.text)
        if block.language == "yaml":
            assert yaml.safe_load(block.text)
        if block.language == "ini":
            unit = configparser.ConfigParser(interpolation=None)
            unit.read_string(block.text)
            assert unit["Service"]["ExecStart"].endswith("/photobatch serve")


def test_no_command_hides_in_a_block_that_nobody_runs() -> None:
    assert [block.place for block in ALL if block.language in {"text", "yaml"} and A_COMMAND.search(block.text)] == []


@pytest.mark.parametrize("page", PAGES)
def test_what_is_run_elsewhere_is_as_it_should_be(page: str) -> None:
    for block, command in OF_A_SHELL:
        if block.page == page and (line := elsewhere(command)):
            line.check(command)


def test_what_is_run_elsewhere_is_run_there_and_stands_on_some_page() -> None:
    for line in TABLE:
        if line.where:
            file, _, test = line.where.partition("::")
            assert f"def {test}" in (ROOT / file).read_text() or not test, line.where
    typed = [command for _, command in OF_A_SHELL]
    assert [line for line in TABLE if not any(re.search(line.begins, command) for command in typed)] == []


def test_what_ci_runs_is_in_its_script() -> None:
    script = (ROOT / ".ci/run").read_text()
    assert all(f"make {target}" in script for target in ("test", "test-slow", "guard"))


@pytest.mark.parametrize("page", PAGES)
def test_anchors_lead_to_a_heading(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)\s#:]*)#([^)\s]+)\)", text):
        there = ((ROOT / page).parent / target if target else ROOT / page).read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.+)$", there, re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}, page


@cache
def api_paths() -> list[str]:
    return [re.sub(r"\{\w+\}", "{}", path) for path in application().openapi()["paths"]]


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_routes_that_are_named_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    known = typer.main.get_command(app).commands.keys()  # type: ignore[attr-defined]
    for name in re.findall(r"`(?:\.venv/bin/)?photobatch (?!is ready)([a-z]+)", text):
        assert name in known, name
    paths = api_paths()
    for named in re.findall(r"`(?:(?:GET|POST|PUT|DELETE|HEAD)[ |]*)+(/api\S*?|…\S*?)(?:\?\S*)?`", text):
        path = re.sub(r"\{\w+\}", "{}", named)
        assert any(known.endswith(path.removeprefix("…")) for known in paths), named


@pytest.mark.parametrize("page", PAGES)
def test_files_and_settings_that_are_named_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    made = set(re.findall(r"^.*`(\S+)`:$", text, re.MULTILINE)) if page == "docs/extending.md" else set()
    files = set(re.findall(rf"`((?:{'|'.join(FOLDERS)})/(?!out/)[\w./-]*)`", text)) - made
    assert [name for name in files if not (ROOT / name).exists() and not (ROOT / f"{name}.py").exists()] == []
    settings = (ROOT / ".env.example").read_text()
    named = re.findall(r"\b(?:BATCH|PHOTOBATCH)_[A-Z_]+[A-Z]\b", text)
    assert [name for name in named if f"# {name}=" not in settings] == []


def test_the_collector_sees_what_is_there() -> None:
    text = 'Type:\n\n    make demo   # now\n    echo "a # b" \\\n      c\n\n```json answer\n{}\n```\n\n- a list\n'
    shell, answer = parsed("page.md", text)
    assert commands(shell.text) == ["make demo", 'echo "a # b" \\\n  c']
    assert (shell.place, shell.before, answer.answer, answer.language) == ("page.md:3", "Type:", True, "json")
    assert without_comment("echo 'it # is'  # said") == "echo 'it # is'"
    assert elsewhere("make demo") is not None
    assert elsewhere("A=b make serve") is not None
    assert elsewhere("photobatch submit photos") is None
    with pytest.raises(AssertionError, match="half of it"):
        elsewhere("make setup && photobatch submit photos")
    assert elsewhere("echo 'make setup && that; is all'") is None
