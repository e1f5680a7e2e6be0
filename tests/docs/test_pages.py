"""Every page is followed: what it tells its readers to type is typed, and what it shows is what they see."""

import json
from pathlib import Path

import pytest

from tests.docs.elsewhere import elsewhere
from tests.docs.pages import CHINESE, PAGES, commands
from tests.docs.story import Story, compare, like, steps
from tests.docs.test_blocks import a_block

# test_chinese.py says that Chinese pages have the commands of the English ones; other tests follow the other two.
FOLLOWED = [page for page in PAGES if page not in {*CHINESE.values(), "docs/extending.md", "docs/ray-data.md"}]
LONG = {"docs/command.md", "docs/tutorial.md"}
# What must lie in the reader's folder at the end of a page.
LEFT = {
    "README.md": ["retouched/one.jpg", "retouched/two.jpg"],
    "docs/sdk.md": ["retouched/mask.webp", "retouched/one.webp", "retouched/two.webp", "cool/one.jpg", "cool/mask.png"],
}


def to_do(page: str) -> bool:
    """Whether anything on a page is run here."""
    return any(
        step.language == "python" or any(elsewhere(command) is None for command in commands(step.blocks[0].text))
        for step in steps(page)
    )


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=[pytest.mark.slow] * (page in LONG)) for page in FOLLOWED if to_do(page)]
)
def test_a_page_can_be_followed(page: str, story: Story) -> None:
    story.follow(page)
    assert [name for name in LEFT.get(page, ()) if not (story.folder / name).is_file()] == []


def test_a_wrong_page_is_noticed(tmp_path: Path) -> None:
    story = Story(tmp_path, {}, {})
    with pytest.raises(AssertionError, match="no_such_command"):
        story._shell("no_such_command --now\n")
    story._shell("task=abc  # a variable lives on\n")
    assert story._shell("echo $task\n") == "abc\n"


def test_what_is_shown_must_be_said() -> None:
    said = {"task_id": "b1", "counts": {"total": 2, "failed": 0}, "items": [1, 2, 3]}
    assert like({"task_id": "…", "counts": {"total": 2}, "items": [1, "…"]}, said)
    for wrong in ({"task": "…"}, {"counts": {"total": 3}}, {"items": [1, 2]}, {"items": [2, "…"]}, {"task_id": "c…"}):
        assert not like(wrong, said), wrong
    compare(a_block("text", "photos done   …\nfailed 0\n"), "photos done      2\nfailed           0\n")
    with pytest.raises(AssertionError, match="shows"):
        compare(a_block("text", "failed 1\n"), "failed 0\n")
    with pytest.raises(AssertionError, match="shows"):
        compare(a_block("json", '{"total": 3}'), json.dumps({"total": 2}))
