import pytest

from photobatch.batch import names_of, told_of
from photobatch.file_names import safe
from photobatch.schemas import OutputOptions, Photo, PhotoResult
from tests.photobatch.scripted_service import BATCH


def names(*photos: str, done: bool = True, **output: object) -> list[str]:
    batch = BATCH.model_copy(update={"output": OutputOptions(**output)})  # type: ignore[arg-type]
    result = PhotoResult(url="", thumbnail_url="", width=1, height=1, bytes=1, format="jpeg", sha256="")
    given = names_of(batch)
    return [
        given.take(
            *told_of(
                Photo(index=at, name=name, source="", status="queued", attempts=0, result=result if done else None)
            )
        )
        for at, name in enumerate(photos)
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "_._etc_passwd"),
        ("C:\\Users\\a.jpg", "C__Users_a.jpg"),
        ("nul.jpg", "_nul.jpg"),
        ("aux", "_aux"),
        ("LPT¹.jpg", "_LPT¹.jpg"),
        ("Con .jpg", "_Con.jpg"),
        ("a.jpg. .", "a.jpg"),
        ('a<b>:"|?*.jpg', "a_b______.jpg"),
        ("COM1.tar.jpg", "_COM1.tar.jpg"),
        ("console.jpg", "console.jpg"),
        ("a\x00b\n.jpg", "ab.jpg"),
        ("name. .jpg", "name.jpg"),
        (" .hidden.jpg", "hidden.jpg"),
        ("u\u0308.jpg", "ü.jpg"),
        ("雪" * 100 + ".jpg", "雪" * 65 + ".jpg"),
        ("..", "photo"),
        ("a." + "b" * 300, "a." + "b" * 198),
    ],
)
def test_names_are_safe_everywhere(name: str, expected: str) -> None:
    assert safe(name) == expected


def test_no_two_photos_have_one_name_even_where_case_does_not_count() -> None:
    assert names("a.jpg", "A.heic", "a (2).jpg", "a.png") == ["a.jpg", "A (2).jpg", "a (2) (2).jpg", "a (3).jpg"]


def test_a_name_does_not_depend_on_what_is_done() -> None:
    photos = ("a.jpg", "a.heic", "b.jpg")
    assert names(*photos, done=False) == names(*photos) == ["a.jpg", "a (2).jpg", "b.jpg"]


def test_a_template_is_filled_in_and_leads_nowhere() -> None:
    assert names("{index}.jpg", name="{stem}-{index}-{preset}") == ["{index}-0-filter_warm.jpg"]
    assert names("a.jpg", name="../{ext}/{stem}") == ["_jpg_a"]
    assert names("a.jpg", name="{{{stem}}}") == ["{a}.jpg"]
