"""People choose which faces of a photo are retouched, and see which were found."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage import data

from models.colour.cache import TableCache
from models.compiled.applier import CompiledApplier
from models.erase.filling import alone
from models.picture import Picture, Source
from presets.catalogue import Catalogue, resolve
from presets.errors import PresetError
from presets.pipeline import compile_pipeline
from tests.models.faces.portraits import rgba, together
from tests.models.faces.retouching import detector

BOTH = together(data.astronaut(), np.ascontiguousarray(data.astronaut()[:, ::-1]))  # left and right of column 250
LEFT, RIGHT = slice(0, 240), slice(260, 500)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests here: the compiled library and tables are made once."""
    return tmp_path_factory.mktemp("folder")


def retouched(faces: Any, folder: Path, max_side: int | None = None, photo: np.ndarray = BOTH) -> Picture:
    pixels = rgba(photo)
    picture = Picture(pixels, Source("png", pixels.shape[1], pixels.shape[0]))
    pipeline = compile_pipeline(
        resolve(None, "beauty", Catalogue.built_in().get("beauty_heavy").params | {"faces": faces}),
        max_side=max_side,
        tables=TableCache(folder),
        applier=CompiledApplier(folder),
        faces=detector(),
    )
    assert alone(pipeline.run(picture, bytes(32))) == []
    return picture


def changed(picture: Picture) -> list[bool]:
    return [bool((picture.pixels[:, half, :3] != BOTH[:, half]).any()) for half in (LEFT, RIGHT)]


@pytest.mark.parametrize(
    ("faces", "expected"),
    [
        ("all", [True, True]),
        ("none", [False, False]),
        ({"boxes": [[0.5, 0, 0.5, 1]]}, [False, True]),
        ({"unit": "px", "boxes": [[0, 0, 250, 512]]}, [True, False]),
        ({"boxes": [[0.9, 0.9, 0.1, 0.1]]}, [False, False]),
    ],
)
def test_only_the_chosen_faces_change(faces: Any, expected: list[bool], folder: Path) -> None:
    picture = retouched(faces, folder)
    assert changed(picture) == expected
    assert picture.faces is not None
    found = sorted(picture.faces, key=lambda face: face.box[0])
    assert [face.retouched for face in found] == expected
    for face, middle in zip(found, (124, 438), strict=True):
        left, _, wide, _ = face.box
        assert left * 500 < middle < (left + wide) * 500


def test_boxes_in_pixels_are_those_of_the_photo_before_it_is_resized(folder: Path) -> None:
    picture = retouched({"unit": "px", "boxes": [[0, 0, 250, 512]]}, folder, max_side=300)
    assert picture.faces is not None
    assert [face.retouched for face in sorted(picture.faces, key=lambda face: face.box[0])] == [True, False]


def test_of_a_face_that_the_edge_cuts_the_middle_of_what_is_seen_counts(folder: Path) -> None:
    cut = np.ascontiguousarray(data.astronaut()[:, 225:])
    found = retouched("all", folder, photo=cut).faces
    assert found
    left, top, wide, high = found[0].box
    assert left == 0
    middle = [left + 0.45 * wide, top + 0.45 * high, 0.1 * wide, 0.1 * high]
    again = retouched({"boxes": [middle]}, folder, photo=cut).faces
    assert again
    assert again[0].retouched


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ("some", "faces"),
        (3, "faces"),
        ({"boxes": []}, "faces.boxes"),
        ({"boxes": [[0, 0, 2, 1]]}, "faces"),
        ({"boxes": [[0, 0, 1]]}, "faces.boxes.0"),
        ({"boxes": [[0, 0, 1, 1]], "colour": "red"}, "faces.colour"),
    ],
)
def test_a_wrong_choice_is_explained(wrong: Any, field: str) -> None:
    with pytest.raises(PresetError) as refused:
        resolve(None, "beauty", {"faces": wrong})
    assert refused.value.field == field
    assert refused.value.detail.startswith(f"{field} ")
