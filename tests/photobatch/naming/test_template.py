from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photobatch.naming.template import NameTemplate, TemplateError, template_of

TAKEN = datetime(2026, 5, 3, 14, 7, 9)


def filled(template: str, stem: str = "IMG_1", index: int = 6, extension: str = "jpg") -> str:
    read = NameTemplate.checked(template)
    return read.fill(stem=stem, index=index, counter=index + 1, date=TAKEN, extension=extension, preset="filter_warm")


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{stem}", "IMG_1.jpg"),
        ("{date}_{counter:04}_{stem}", "2026-05-03_0007_IMG_1.jpg"),
        ("{index:03}-{preset}.{ext}", "006-filter_warm.jpg"),
        ("{date:%Y年%m月%d日 %H:%M}-{counter}", "2026年05月03日 14_07-7.jpg"),
        ("{date:%y%j%S}{stem}", "2612309IMG_1.jpg"),
        ("{{{stem}}}", "{IMG_1}.jpg"),
        ("{stem}.", "IMG_1.jpg"),
    ],
)
def test_a_template_is_filled_in(template: str, name: str) -> None:
    assert filled(template).replace("..", ".") == name


@pytest.mark.parametrize(
    "template",
    [
        *("{", "{}", "{0}", "{foo}", "{stem!r}", "{stem.__class__}", "{stem[0]}", "{counter:{index}}"),
        *("{counter:>99999999}", "{counter:010}", "{counter:4}", "{counter:04d}", "{counter:,}", "{stem:.3}"),
        *("{date:%n}", "{date:%-d}", "{date:%c}", "{date:%}", "{date:%Y/%m}", "{date:" + "x" * 41 + "}"),
        *("photo", "{date}", "{preset}.{ext}", "a/{stem}", "..\\{stem}", ".{stem}", "x" * 121 + "{stem}"),
    ],
)
def test_what_a_template_may_not_have_is_refused(template: str) -> None:
    with pytest.raises(TemplateError):
        NameTemplate.checked(template)


@given(st.text(max_size=300), st.sampled_from(["{stem}_{counter:04}", "{stem}{stem}-{index}.{ext}", "{date}{stem}"]))
def test_names_are_valid_everywhere_and_keep_what_tells_them_apart(stem: str, template: str) -> None:
    name = filled(template, stem)
    assert len(name.encode()) <= 200
    assert not set(name) & set('<>:"/\\|?*')
    assert name == name.strip(" .")
    assert name.endswith(".jpg")
    assert "counter" not in template or name.endswith("_0007.jpg")


def test_a_stem_is_text_and_never_read_as_a_template() -> None:
    assert filled("{stem}", "{index}{date}") == "{index}{date}.jpg"


def test_what_an_earlier_version_took_still_names_results() -> None:
    assert template_of("{broken").parts == template_of(None).parts
