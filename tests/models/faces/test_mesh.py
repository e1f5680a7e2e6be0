"""The outlines lie on the features, whichever way a head is held."""

import cv2
import numpy as np
import pytest
from skimage import data

from models.faces.areas import area
from models.faces.faces import Face
from models.faces.features import Axes, Frame
from models.faces.mesh import drawn, guessed
from models.faces.networks import FaceMesh
from tests.models.faces.portraits import EYES, rgba
from tests.models.faces.retouching import detector

MOUTH = (224, 146)


@pytest.fixture(scope="module")
def network() -> FaceMesh:
    return detector().mesh


def turned(degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """The astronaut turned around her nose, and the map of her points."""
    turn = cv2.getRotationMatrix2D((224, 120), degrees, 1.0)
    return np.asarray(cv2.warpAffine(data.astronaut(), turn, (512, 512), borderMode=cv2.BORDER_REFLECT), np.uint8), turn


@pytest.mark.parametrize("degrees", [-40, -20, 0, 20, 40])
def test_eyes_and_mouth_are_where_they_are(network: FaceMesh, degrees: float) -> None:
    rgb, turn = turned(degrees)
    face = drawn(network, rgb, detector().detect(rgba(rgb))[0])
    assert face.outlines is not None
    places = [turn @ (*point, 1) for point in (*EYES, MOUTH)]
    for polygon, place in zip((*face.outlines.eyes, face.outlines.lips), places, strict=True):
        assert np.hypot(*(polygon.mean(axis=0) - place)) < 5
    for point, place in zip(face.landmarks[:2], places[:2], strict=True):
        assert np.hypot(*(np.asarray(point) - place)) < 4
    # Both brows are above the eyes, and the chin is below the mouth, along the head's own axis.
    down = Frame.of(face).down
    heights = [float(polygon.mean(axis=0) @ down) for polygon in (*face.outlines.brows, *face.outlines.eyes)]
    assert max(heights[:2]) < min(heights[2:]) - 5
    assert float((face.outlines.oval @ np.asarray(down)).max()) > float(np.asarray(places[2]) @ down) + 15


def test_ears_are_beside_the_face(network: FaceMesh) -> None:
    rgb = data.astronaut()
    face = drawn(network, rgb, detector().detect(rgba(rgb))[0])
    assert face.outlines is not None
    left, right = (ear.mean(axis=0) for ear in face.outlines.ears)
    assert 165 < left[0] < 188
    assert 258 < right[0] < 282
    assert all(100 < ear[1] < 140 for ear in (left, right))


def test_where_no_face_is_seen_the_outlines_are_guessed(network: FaceMesh) -> None:
    face = detector().detect(rgba(data.astronaut()))[0]
    grey = np.full((512, 512, 3), 128, np.uint8)
    other = drawn(network, grey, face)
    assert other.landmarks == face.landmarks
    assert other.outlines is not None
    seen = drawn(network, data.astronaut(), face).outlines
    assert seen is not None
    for polygon, real in zip(other.outlines.eyes, seen.eyes, strict=True):
        assert np.hypot(*(polygon.mean(axis=0) - real.mean(axis=0))) < 5


def test_an_area_is_whole_within_and_falls_over_its_edge() -> None:
    marks = ((40.0, 40.0), (60.0, 40.0), (50.0, 50.0), (43.0, 60.0), (57.0, 60.0))
    face = Face((30, 25, 70, 75), marks, 1.0)
    axes = Axes.over(Frame.of(face), (10, 20), (70, 80))
    square = np.asarray([(30, 30), (70, 30), (70, 60), (30, 60)], np.float32)
    plane = area([square], axes, grow=0.0, soft=0.2)  # 4 cells: the eyes are 20 apart
    assert plane[25, 40] == 1  # row 45, column 50 of the picture
    assert plane[:6].max() == 0
    assert plane[:, :17].max() == 0
    edge = plane[25, 14:28]  # around column 30
    assert (np.diff(edge) >= 0).all()
    assert 0.3 < edge[5:7].mean() < 0.7
    assert area([square - 500], axes).max() == 0
    assert guessed(face).lips.shape[1] == 2
