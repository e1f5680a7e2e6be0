"""Faces that another device misses, adds, moves or draws in another way are counted."""

from dataclasses import replace

import pytest

from benchmarks.gpu.same_faces import apart
from models.faces.faces import Face
from models.faces.mesh import guessed


def face(left: float) -> Face:
    """One of 100 pixels, with the outlines that its landmarks let expect."""
    marks = ((30, 40), (70, 40), (50, 60), (35, 80), (65, 80))
    found = Face((left, 0, left + 100, 100), tuple((left + x, y) for x, y in marks), 0.9)
    return replace(found, outlines=guessed(found))


NEAR, FAR = face(0), face(300)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ([NEAR, FAR], (0, 0, 0)),
        ([FAR, NEAR], (0, 0, 0)),
        ([NEAR.scaled(1, (0.5, 0)), FAR], (0, 0.5, 0.5)),
        ([NEAR], (1, 0, 0)),
        ([NEAR, FAR, face(600)], (1, 0, 0)),
        ([NEAR, face(360)], (2, 0, 0)),
        ([NEAR, replace(FAR, outlines=replace(FAR.drawn, oval=FAR.drawn.oval[::2]))], (1, 0, 0)),
    ],
    ids=["same", "another order", "moved", "one less", "one more", "another place", "drawn in another way"],
)
def test_what_differs(there, expected):
    found = apart([[NEAR, FAR], []], [there, []])
    assert (found["differ"], found["most_px_of_a_box"]) == expected[:2]
    assert found["most_px_of_an_outline"] == pytest.approx(expected[2], abs=1e-4)
