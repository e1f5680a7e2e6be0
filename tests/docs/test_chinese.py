"""The Chinese pages say what the English ones do: same commands, same structure, same names, same links."""

import posixpath
import re

import pytest

from tests.docs.pages import CHINESE, ROOT, blocks, commands

PAIRS = pytest.mark.parametrize(("english", "chinese"), CHINESE.items())
BOTH = {chinese: english for english, chinese in CHINESE.items()}
# Where both have a picture in their own language.
BOTH |= {"docs/pictures/page.zh.webp": "docs/pictures/page.webp"}


def told(page: str) -> list[tuple[str, bool, list[str]]]:
    """The code blocks, without the comments of commands, which are translated."""
    return [
        (block.language, block.answer, commands(block.text) if block.language == "sh" else [block.text])
        for block in blocks(page)
    ]


def prose(page: str) -> str:
    """Everything but blocks of code and figures, which are there once."""
    text = (ROOT / page).read_text(encoding="utf-8")
    rest = re.sub(r"<!-- figures.*<!-- end of figures -->", "", text, flags=re.DOTALL)
    return re.sub(r"```.*?```|^    .*?$", "", rest, flags=re.DOTALL | re.MULTILINE)


def structure(page: str) -> list[str]:
    """Headings by their level, and lines of tables and lists, in their order."""
    return re.findall(r"^(#+ |\||- |\d\. )", prose(page), re.MULTILINE)


def names(page: str) -> set[str]:
    """What is written as code within sentences."""
    return {re.sub(r"\s+", " ", name) for name in re.findall(r"`([^`]+)`", prose(page))}


def links(page: str) -> set[str]:
    """The pages, pictures and addresses that a page leads to, Chinese ones as the English ones they stand for."""
    found = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", prose(page))} - {""}
    from_root = {place(page, link) for link in found}
    return {BOTH.get(link, link) for link in from_root} - {BOTH.get(page, page), "docs/plots/peers.svg"}


def place(page: str, link: str) -> str:
    """Where a link of a page leads: an address, or a path from the root."""
    return link if "://" in link else posixpath.normpath(posixpath.join(posixpath.dirname(page), link))


@PAIRS
def test_both_have_the_same_code_in_the_same_order(english: str, chinese: str) -> None:
    assert told(chinese) == told(english)


@PAIRS
def test_both_are_built_alike_and_name_the_same_things(english: str, chinese: str) -> None:
    assert structure(chinese) == structure(english)
    assert names(chinese) ^ names(english) == set()


@PAIRS
def test_both_lead_to_the_same_pages(english: str, chinese: str) -> None:
    assert links(chinese) ^ links(english) == set()


@PAIRS
def test_each_leads_to_the_other(english: str, chinese: str) -> None:
    for page, other in ((english, chinese), (chinese, english)):
        link = posixpath.relpath(other, posixpath.dirname(page) or ".")
        assert f"]({link})" in (ROOT / page).read_text(encoding="utf-8").partition("\n## ")[0]


@pytest.mark.parametrize("page", CHINESE.values())
def test_chinese_pages_lead_to_chinese_pages(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8").partition("\n\n")[2].partition("\n\n")[2]  # below the first link
    targets = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)} - {""}
    assert {place(page, target) for target in targets} & CHINESE.keys() == set()


@pytest.mark.parametrize("page", CHINESE.values())
def test_it_is_written_as_chinese_is(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    plain = re.sub(r"```.*?```|`[^`]+`|\]\([^)]*\)|^    .*?$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"[\u4e00-\u9fff][,;:!?()\"']", plain) == []
    together = re.findall(r"[\u4e00-\u9fff][A-Za-z0-9]+|[A-Za-z0-9]+[\u4e00-\u9fff]", plain)
    assert together == [], "a blank stands between Chinese and Latin"
