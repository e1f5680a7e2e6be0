"""The page's copy: both languages say the same, whatever is asked for, and keep the rules of their type."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from deployments.wire.codes import CODES, PHOTO_CODES

WEB = Path(__file__).parents[2] / "web"
PARAMETER = re.compile(r"\{(\w+)\}")
FORMS = {"one", "other"}
OF_THE_PAGE = {"unreachable", "no_batch", "file_gone", "refused"}  # it finds these out by itself


@pytest.fixture
def words(desktop: Page) -> dict[str, dict[str, str]]:
    """What each language says, by key."""
    return {language: dict(flat(read(desktop, language))) for language in ("en", "zh")}


def read(page: Page, language: str) -> dict[str, Any]:
    read = "async (name) => (await import(`/web/words/${name}.js`)).default"
    said: dict[str, Any] = page.evaluate(read, language)
    return said | {"errors": page.evaluate(read, f"errors-{language}")}


def flat(said: dict[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Keys with dots; the forms of a plural are one key, of which the general form counts."""
    found = []
    for name, value in said.items():
        if isinstance(value, str):
            found.append((before + name, value))
        elif set(value) <= FORMS:
            found.append((before + name, value["other"]))
        else:
            found += flat(value, f"{before}{name}.")
    return found


def test_both_languages_have_the_same_keys_and_fill_in_the_same(words: dict[str, dict[str, str]]) -> None:
    assert len(words["en"]) > 150
    assert words["en"].keys() == words["zh"].keys()
    for key, said in words["en"].items():
        assert set(PARAMETER.findall(said)) == set(PARAMETER.findall(words["zh"][key])), key


def test_whatever_the_page_says_has_words_and_nothing_is_said_in_vain(words: dict[str, dict[str, str]]) -> None:
    asked, sources = set(), ""
    for path in WEB.rglob("*.js"):
        sources += path.read_text()
        asked |= set(re.findall(r'\bt\("([\w.]+)"', path.read_text()))
    assert len(asked) > 80
    assert asked - words["en"].keys() == set()
    unused = [
        key
        for key in words["en"].keys() - asked
        if f'"{key}"' not in sources and not re.search(rf"`{re.escape(key.rpartition('.')[0])}\.\$\{{", sources)
    ]
    assert unused == []


def test_every_code_of_a_photo_has_words_and_no_words_are_for_a_code_that_never_comes(
    words: dict[str, dict[str, str]],
) -> None:
    coded = {key.removeprefix("errors.") for key in words["en"] if key.startswith("errors.")}
    assert set(PHOTO_CODES) - coded == set()
    assert coded - CODES.keys() == OF_THE_PAGE


def test_chinese_is_set_as_chinese_is(words: dict[str, dict[str, str]]) -> None:
    for key, said in words["zh"].items():
        if not re.search(r"[\u4e00-\u9fff]", said):
            continue
        text = re.sub(r"https?://|s3://|SHA-256|\.cube|/ \{", "", said)
        assert not re.search(r"[,;:!?()'\"]", text), f"{key}: half-width punctuation in {said}"
        assert not re.search(r"[\u4e00-\u9fff]\.", text), f"{key}: a full stop is 。 in {said}"
        assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", text), (
            f"{key}: no space in {said}"
        )
        assert not re.search(r"[\u4e00-\u9fff]\{n\}|\{n\}[\u4e00-\u9fff]", text), (
            f"{key}: no space beside the number in {said}"
        )
        assert text.count("“") == text.count("”")


def test_english_has_no_full_width_signs(words: dict[str, dict[str, str]]) -> None:
    for key, said in words["en"].items():
        assert not re.search(r"[\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]", said), key
