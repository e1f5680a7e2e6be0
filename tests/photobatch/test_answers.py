"""Answers of later versions, which have fields that this one does not know."""

from collections.abc import Iterator
from typing import Any

import pytest

from photobatch.schemas import Batch, Checked
from tests.photobatch.folder_engine import batch_of

OUTPUT = {"also": [{"name": "web", "max_side": 64}], "watermark": {"text": "Ann", "size": 0.1}, "quality": 80}
BATCH = batch_of(2).model_dump(mode="json") | {"output": OUTPUT}
CHECKED = {"preset": BATCH["preset"], "output": OUTPUT, "max_photos": 9}


def with_one_more(message: Any) -> Iterator[Any]:
    """Yield the message with a further field, once for each of the objects in it."""
    if isinstance(message, dict):
        yield message | {"later": {"a": 1}}
    items = message.items() if isinstance(message, dict) else enumerate(message) if isinstance(message, list) else ()
    for place, value in items:
        if place not in {"params", "metadata"}:  # they may have any
            for changed in with_one_more(value):
                copy = message.copy()
                copy[place] = changed
                yield copy


@pytest.mark.parametrize(("model", "message"), [(Batch, BATCH), (Checked, CHECKED)])
def test_fields_of_later_versions_are_ignored(model: type[Batch | Checked], message: dict[str, Any]) -> None:
    expected = model.model_validate(message)
    assert expected.output.watermark is not None
    variants = list(with_one_more(message))
    assert len(variants) >= 5
    for changed in variants:
        assert model.model_validate(changed) == expected


@pytest.mark.parametrize(
    "output",
    [
        {"format": "jxl", "also": [{"name": "web", "format": "jxl"}]},
        {"creator": "Ann\nand Ben", "watermark": {"text": "Ann", "size": 7}},
        {"quality": 101, "also": [{"name": "a"}, {"name": "a"}]},
    ],
)
@pytest.mark.parametrize(("model", "message"), [(Batch, BATCH), (Checked, CHECKED)])
def test_output_options_that_other_versions_took_are_shown_as_they_are(
    model: type[Batch | Checked], message: dict[str, Any], output: dict[str, Any]
) -> None:
    shown = model.model_validate(message | {"output": output}).output
    said = shown.model_dump(mode="json", exclude_unset=True)
    assert {key: said[key] for key in output} == output
    assert [variant.name for variant in shown.also] == [one["name"] for one in output.get("also", ())]
