"""The two READMEs say the same."""

import re

from tests.docs.pages import ROOT, blocks, commands

ENGLISH, CHINESE = "README.md", "README.zh.md"


def told(page: str) -> list[tuple[str, list[str]]]:
    return [
        (block.language, commands(block.text) if block.language == "sh" else [block.text]) for block in blocks(page)
    ]


def links(page: str) -> set[str]:
    text = re.sub(r"<!-- figures.*<!-- end of figures -->", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.S)
    found = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)}
    return found - {"", ENGLISH, CHINESE, "docs/plots/floor.svg"}


def test_both_have_the_same_commands_in_the_same_order() -> None:
    assert len(told(ENGLISH)) >= 8
    assert told(CHINESE) == told(ENGLISH)


def test_both_lead_to_the_same_pages() -> None:
    assert links(CHINESE) == links(ENGLISH)


def test_the_chinese_one_is_written_as_chinese_is() -> None:
    text = (ROOT / CHINESE).read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```|`[^`]+`|\]\([^)]*\)|^    .*$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"[\u4e00-\u9fff][,;:!?()\"']", prose) == []
    together = re.findall(r"[\u4e00-\u9fff][A-Za-z0-9]+|[A-Za-z0-9]+[\u4e00-\u9fff]", prose)
    assert together == [], "a blank stands between Chinese and Latin"
