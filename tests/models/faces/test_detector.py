from importlib.metadata import version

import cv2
import numpy as np
import pytest
from skimage import data

from models.faces.detector import FaceDetector
from models.faces.faces import Face
from models.faces.networks import YuNet
from models.picture import Pixels
from tests.models.faces.portraits import TONES, toned

ASTRONAUT = data.astronaut()
EYES = ((203, 102), (247, 104))  # of the astronaut, looked up on the picture
MOUTH = ((203, 142), (241, 144))


def rgba(rgb: np.ndarray) -> Pixels:
    if rgb.ndim == 2:
        rgb = np.repeat(rgb[:, :, None], 3, axis=2)
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


def resized(rgb: np.ndarray, factor: float) -> np.ndarray:
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=how))


def strays(face: Face, scale: float = 1, shift: tuple[float, float] = (0, 0)) -> float:
    """How far the eyes and the mouth's corners are from where they are, in parts of the face's width."""
    left, right, _, mouth_left, mouth_right = face.landmarks
    seen = np.asarray((left, right, mouth_left, mouth_right)) / scale + shift
    return float(np.hypot(*(seen - np.asarray((*EYES, *MOUTH))).T).max() / (face.width / scale))


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.mark.parametrize("factor", [0.3, 0.5, 1, 1.7, 4, 8])
def test_a_face_is_found_where_it_is_at_any_size(detector: FaceDetector, factor: float) -> None:
    faces = detector.detect(rgba(resized(ASTRONAUT, factor)))
    assert len(faces) == 1
    assert strays(faces[0], factor) < 0.09
    assert 70 < faces[0].width / factor < 105
    assert 100 < faces[0].height / factor < 140


@pytest.mark.parametrize("name", ["coffee", "rocket", "chelsea"])
@pytest.mark.parametrize("factor", [0.5, 1, 3])
def test_a_cup_a_rocket_and_a_cat_have_no_face(detector: FaceDetector, name: str, factor: float) -> None:
    assert detector.detect(rgba(resized(getattr(data, name)(), factor))) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (2000, 3), (31, 33), (640, 641)])
def test_a_picture_of_any_shape_can_be_looked_at(detector: FaceDetector, shape: tuple[int, int]) -> None:
    assert detector.detect(np.full((*shape, 4), 128, np.uint8)) == []


@pytest.mark.parametrize("side", [320, 640, 1500])
def test_landmarks_of_a_face_that_fills_the_frame_do_not_stray(detector: FaceDetector, side: int) -> None:
    close = ASTRONAUT[60:185, 178:275]
    factor = side / close.shape[0]
    (face,) = detector.detect(rgba(resized(close, factor)))
    assert strays(face, factor, (178, 60)) < 0.06


def test_a_face_24_pixels_wide_is_found_in_a_small_picture(detector: FaceDetector) -> None:
    picture = np.full((240, 320, 3), (120, 130, 110), np.uint8)
    small = resized(ASTRONAUT[:300, 80:380], 24 / 88)
    picture[60 : 60 + small.shape[0], 100 : 100 + small.shape[1]] = small
    (face,) = detector.detect(rgba(picture))
    assert 20 < face.width < 28


def test_faces_come_largest_first(detector: FaceDetector) -> None:
    picture = np.full((520, 900, 3), 90, np.uint8)
    small = resized(ASTRONAUT[:300, 80:380], 0.6)
    picture[100 : 100 + small.shape[0], 20 : 20 + small.shape[1]] = small
    picture[:512, 380:892] = ASTRONAUT
    faces = detector.detect(rgba(picture))
    assert [round(face.box[0]) > 380 for face in faces] == [True, False]


@pytest.mark.parametrize("degrees", [-30, -15, 15, 30])
def test_a_tilted_face_is_found_with_its_eyes(detector: FaceDetector, degrees: int) -> None:
    turn = cv2.getRotationMatrix2D((225, 118), degrees, 1.0)
    picture = cv2.warpAffine(ASTRONAUT, turn, (512, 512), borderMode=cv2.BORDER_REFLECT)
    (face,) = detector.detect(rgba(np.asarray(picture)))
    expected = np.asarray(EYES) @ turn[:, :2].T + turn[:, 2]
    assert np.hypot(*(np.asarray(face.landmarks[:2]) - expected).T).max() < 0.06 * face.width


def test_the_engine_names_what_computes_the_networks(detector: FaceDetector) -> None:
    """Other arithmetic moves outlines, and with them bytes: content reuse compares engines."""
    assert f"onnxruntime {version('onnxruntime')}" in detector.engine


def test_alpha_is_not_looked_at(detector: FaceDetector) -> None:
    veiled = rgba(ASTRONAUT)
    veiled[:, :, 3] = 0
    assert detector.detect(veiled) == detector.detect(rgba(ASTRONAUT))


def test_the_threshold_decides(detector: FaceDetector) -> None:
    assert FaceDetector(threshold=0.99).detect(rgba(ASTRONAUT)) == []


@pytest.mark.parametrize("degrees", [0, -45])
def test_small_faces_of_a_group_are_all_found(detector: FaceDetector, degrees: int) -> None:
    """Each is 4 % of the width. Their ground has texture, where the quick network proposes faces that are none."""
    picture = np.asarray(cv2.resize(data.coffee(), (1280, 960)))
    turn = cv2.getRotationMatrix2D((145, 118), degrees, 1.0)
    head = cv2.warpAffine(ASTRONAUT[:300, 80:380], turn, (300, 300), borderMode=cv2.BORDER_REFLECT)
    small = resized(np.asarray(head), 52 / 88)
    places = [(x, y) for y in (40, 330, 620) for x in (30, 340, 650, 960)]
    for x, y in places:
        picture[y : y + small.shape[0], x : x + small.shape[1]] = small
    faces = detector.detect(rgba(picture))
    centres = [((face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2) for face in faces]
    middle = 145 * 52 / 88, 118 * 52 / 88
    assert len(faces) == len(places)
    for x, y in places:
        assert min(np.hypot(a - x - middle[0], b - y - middle[1]) for a, b in centres) < 15


def crowd(scene: np.ndarray, width: int) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Small people of four tones, upright and tilted, in a picture of 1008 pixels, and where their faces are."""
    picture = np.asarray(cv2.resize(scene, (1008, 756)))
    places = []
    for row, tone in enumerate(TONES):
        for column, degrees in enumerate((-20, -10, 0, 10, 20, 0, 15, -15)):
            turn = cv2.getRotationMatrix2D((225, 118), degrees, 1.0)
            head = cv2.warpAffine(toned(tone), turn, (512, 512), borderMode=cv2.BORDER_REFLECT)[18:218, 125:325]
            small = resized(head, width / 88)
            side = small.shape[0]
            x, y = 25 + 122 * column, 50 + 175 * row
            picture[y : y + side, x : x + side] = small
            places.append((x + side / 2, y + side / 2))
    return picture, places


@pytest.mark.parametrize("width", [22, 25])
@pytest.mark.parametrize("name", ["coffee", "chelsea"])
def test_faces_of_a_crowd_are_found_and_nothing_else(detector: FaceDetector, name: str, width: int) -> None:
    """Each is about 2 % of the width. Some are where the quarters of the second look meet; the cat is no face."""
    picture, places = crowd(getattr(data, name)(), width)
    faces = detector.detect(rgba(picture))
    centres = [((face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2) for face in faces]
    found = [any(np.hypot(a - x, b - y) < width / 2 for a, b in centres) for x, y in places]
    assert np.mean(found) >= 0.95
    assert len(faces) == sum(found)


@pytest.mark.parametrize(("picture", "looks"), [(data.coffee(), 1), (ASTRONAUT, 1), (crowd(data.coffee(), 25)[0], 5)])
def test_only_small_faces_cost_a_second_look(
    detector: FaceDetector, monkeypatch: pytest.MonkeyPatch, picture: np.ndarray, looks: int
) -> None:
    """Four quarters at twice the scale, hardly larger than the first view."""
    views: list[tuple[int, ...]] = []
    run = YuNet.faces

    def faces(network: YuNet, bgr: cv2.typing.MatLike, threshold: float) -> list[Face]:
        views.append(bgr.shape)
        return run(network, bgr, threshold)

    monkeypatch.setattr(YuNet, "faces", faces)
    detector.detect(rgba(picture))
    assert len(views) == looks
    assert max(max(shape) for shape in views) <= 640 + 32


@pytest.mark.parametrize("half", [slice(0, 225), slice(225, None)])
def test_half_of_a_face_at_the_edge_is_a_face(detector: FaceDetector, half: slice) -> None:
    (face,) = detector.detect(rgba(np.ascontiguousarray(ASTRONAUT[:, half])))
    assert 90 < face.height < 140


@pytest.mark.parametrize("radius", [25, 60, 150])
def test_a_drawn_face_is_none(detector: FaceDetector, radius: int) -> None:
    picture = np.full((480, 640, 3), 200, np.uint8)
    cv2.circle(picture, (320, 240), radius, (255, 210, 40), -1, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.circle(picture, (320 + side * radius // 3, 240 - radius // 4), radius // 8, (40, 30, 20), -1, cv2.LINE_AA)
    mouth = (320, 240 + radius // 6), (radius // 2, radius // 3)
    cv2.ellipse(picture, *mouth, 0, 10, 170, (40, 30, 20), max(2, radius // 12), cv2.LINE_AA)
    assert detector.detect(rgba(picture)) == []
