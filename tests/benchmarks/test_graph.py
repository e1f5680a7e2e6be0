"""The networks for faces compute the same in torch, view by view and in batches, as onnxruntime does for workers."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
import torch
from skimage import data

from benchmarks.gpu.graph import Graph
from benchmarks.gpu.same_faces import NETWORKS, by_onnxruntime, detector_with, faces_in
from tests.models.faces.portraits import TONES, rgba, scaled, together, toned

# Differences that rounding explains: of scores and of boxes in cells; of FaceMesh in pixels of 192.
NEAR = {"yunet": 1e-4, "centerface": 1e-4, "face_landmark": 1e-3}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """As workers compute; tests beside these want the other cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    return {name: Graph(name, torch.device("cpu")) for name in NETWORKS}


@pytest.fixture(scope="module")
def views() -> dict[str, list[np.ndarray]]:
    """Eight for each network, of five tones of skin, a cat, a cup and stars; crops where the face is."""
    portraits = [data.astronaut(), *(toned(name) for name in TONES)]
    pictures = [*portraits, data.chelsea(), data.coffee(), data.hubble_deep_field()]
    crops = [cv2.resize(picture[30:222, 130:322], (192, 192)) for picture in pictures]
    return {
        "yunet": [cv2.dnn.blobFromImage(cv2.resize(each, (320, 256)), swapRB=True) for each in pictures],
        "centerface": [cv2.dnn.blobFromImage(crop) for crop in crops],
        "face_landmark": [cv2.dnn.blobFromImage(crop, 1 / 255) for crop in crops],
    }


@pytest.mark.parametrize("name", NETWORKS)
def test_each_view_of_a_batch_gets_what_it_gets_alone(name, graphs, views):
    alone = by_onnxruntime()[name]
    expected = [alone(view) for view in views[name]]
    for count in (1, 3, 8):
        found = graphs[name](torch.from_numpy(np.concatenate(views[name][:count])))
        for output, ones in zip(found, zip(*expected[:count], strict=True), strict=True):
            wanted = np.concatenate(ones)
            assert output.shape == wanted.shape
            assert float(np.abs(output.numpy() - wanted).max()) < NEAR[name]


@pytest.mark.slow
def test_a_detector_finds_the_same_faces_with_them(graphs):
    """Of all sizes, so in views of many sizes: people side by side, near and far, one large, and a cat."""

    def computed(name):
        return lambda view: [output.numpy() for output in graphs[name](torch.from_numpy(view))]

    ours, theirs = detector_with(by_onnxruntime()), detector_with({name: computed(name) for name in NETWORKS})
    group = together(*(toned(name) for name in TONES))
    for picture in (group, scaled(group, 0.25), scaled(data.astronaut(), 3), data.chelsea()):
        expected, found = faces_in(ours, rgba(picture)), faces_in(theirs, rgba(picture))
        assert len(found) == len(expected)
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_allclose(other.box, one.box, atol=0.05)
            np.testing.assert_allclose(other.drawn.oval, one.drawn.oval, atol=0.5)
