"""Portraits made from the one free face at hand: other skin, spots, glasses, stubble, yellow teeth, tired eyes."""

from functools import cache

import cv2
import numpy as np
from skimage import color, data

from models.picture import Pixels

# On the astronaut: x, y and radius of spots; x0, y0, x1, y1 of areas.
SPOTS = [(190, 124, 1.6), (189, 137, 1.3), (248, 128, 1.8), (250, 117, 1.1), (221, 163, 1.4)]
EYES = ((203, 101), (247, 104))
TEETH = (212, 142, 237, 149)
IRISES = [(199, 97, 208, 106), (242, 100, 251, 109)]
WHITES = [(209, 100, 213, 104), (235, 102, 240, 106)]
UNDER_EYES = [(194, 109, 210, 116), (239, 111, 254, 118)]
CHEEKS = [(188, 112, 202, 132), (240, 112, 256, 134)]
LIPS = [(214, 137, 232, 139), (216, 152, 232, 155)]
HAIR = (190, 30, 270, 65)
SUIT = (60, 260, 200, 400)
# Her face, ears and neck.
_OUTLINE = [(184, 85), (197, 81), (220, 81), (240, 84), (260, 89), (267, 95), (270, 120), (279, 129), (272, 136)]
_OUTLINE += [(266, 139), (260, 160), (255, 170), (253, 186), (237, 190), (220, 187), (195, 183), (187, 179)]
_OUTLINE += [(184, 157), (182, 130), (175, 130), (171, 120), (180, 117), (181, 100)]
_HEAD = [(153, 95), (158, 70), (172, 45), (192, 22), (215, 14), (240, 16), (270, 30), (292, 55), (301, 80), (297, 105)]
_HEAD += [(285, 124), (279, 130), (266, 139), (260, 160), (255, 174), (191, 174), (184, 157), (182, 130), (172, 118)]
# CIE L* and the part of her chroma that skin of other people has, from pale to very dark; hues stay within skin's.
TONES = {"pale": (1.08, 0.75, 0), "tan": (0.86, 1.25, 4), "brown": (0.66, 1.1, 4), "dark": (0.46, 1.05, 4)}


def rgba(rgb: np.ndarray) -> Pixels:
    """Opaque."""
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


def scaled(rgb: np.ndarray, factor: float, noise: float = 3) -> np.ndarray:
    """Enlarged with the noise of a sensor, or made smaller."""
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    large = cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=how).astype(np.float32)
    if factor > 1:
        large += np.random.default_rng(0).normal(0, noise, large.shape).astype(np.float32)
    return np.clip(np.round(large), 0, 255).astype(np.uint8)


@cache
def skin() -> np.ndarray:
    """Where the astronaut's skin is, float (512, 512), 0..1; of eyes and teeth a third."""
    mask = np.zeros((512, 512), np.uint8)
    cv2.fillPoly(mask, [np.asarray(_OUTLINE, np.int32)], 255, cv2.LINE_AA)
    for x, y in EYES:
        cv2.ellipse(mask, (x, y), (9, 4), 0, 0, 360, 90, -1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 1.0)
    return np.asarray(soft * (1 - 0.65 * teeth()))


@cache
def teeth() -> np.ndarray:
    """Where her teeth are, float (512, 512), 0..1."""
    lab = color.rgb2lab(data.astronaut())
    rows, columns = np.mgrid[:512, :512]
    mouth = np.hypot((columns - 224) / 19, (rows - 145.5) / 6.5) < 1
    return np.asarray(
        cv2.GaussianBlur(((lab[..., 1] < 12) & (lab[..., 0] > 60) & mouth).astype(np.float32), (0, 0), 0.7)
    )


@cache
def toned(name: str) -> np.ndarray:
    """The astronaut with skin of another tone, and hair and background as they are."""
    light, chroma, yellow = TONES[name]
    lab = color.rgb2lab(data.astronaut())
    other = lab * (light, chroma, chroma) + (0, 0, yellow)
    mask = skin()[..., None]
    return rgb_of(lab * (1 - mask) + other * mask)


def spotted(rgb: np.ndarray, factor: int = 1, depth: float = 0.30) -> np.ndarray:
    """Red spots on cheeks and chin of a portrait that is `factor` times as large as the astronaut's."""
    result = rgb.copy()
    for x, y, radius in SPOTS:
        place, distance = around(x, y, 1.4 * radius, factor)
        amount = np.clip((1.4 - distance / radius) / 0.8, 0, 1)[..., None]
        result[place] = np.clip(rgb[place] * (1 - amount * depth * np.asarray((0.6, 1.3, 1.2))), 0, 255)
    return result


def around(x: float, y: float, reach: float, factor: int) -> tuple[tuple[slice, slice], np.ndarray]:
    """The pixels of a square around a point of the astronaut, and their distances from it; `factor` as in `spotted`."""
    place = tuple(slice(int((at - reach) * factor), int((at + reach) * factor) + 2) for at in (y, x))
    rows, columns = np.mgrid[place] / factor
    return (place[0], place[1]), np.hypot(columns - x, rows - y)


def with_yellow_teeth() -> np.ndarray:
    """Her smile after years of tea: what is bright and not red in the mouth becomes yellow."""
    return rgb_of(color.rgb2lab(data.astronaut()) + teeth()[..., None] * (-7, 1, 20))


def with_closed_lips() -> np.ndarray:
    """No tooth to be seen, and gloss on the lower lip."""
    lab = color.rgb2lab(data.astronaut())
    rows, columns = np.mgrid[:512, :512]
    mouth = np.clip(1.6 - np.hypot((columns - 224) / 16, (rows - 145) / 6) ** 4, 0, 1)[..., None]
    lips = np.asarray((58, 27, 12)) + (0, 0, 0) * lab
    lips[..., 0] -= 14 * np.exp(-(((rows - 146) / 1.2) ** 2))
    lips[..., :] += np.exp(-(((rows - 151) / 1.0) ** 2 + ((columns - 224) / 4) ** 2))[..., None] * (26, -22, -8)
    return rgb_of(lab * (1 - mouth) + lips * mouth)


def tired(rgb: np.ndarray, factor: int = 1, depth: float = 9) -> np.ndarray:
    """Bluish shadows below the eyes, `depth` L* deep."""
    rows, columns = np.mgrid[: rgb.shape[0], : rgb.shape[1]] / factor
    amount = np.zeros(rgb.shape[:2])
    for x, y in EYES:
        amount += np.exp(-((((columns - x) / 10) ** 2 + ((rows - y - 10.5) / 4.5) ** 2) ** 2))
    return rgb_of(color.rgb2lab(rgb) - amount[..., None] * (depth, 1, 6))


def with_glasses(dark: bool = False) -> np.ndarray:
    """Round frames painted on; `dark`: sunglasses."""
    rgb = data.astronaut().copy()
    for x, y in EYES:
        if dark:
            cv2.ellipse(rgb, (x, y + 2), (19, 14), 0, 0, 360, (32, 30, 34), -1, cv2.LINE_AA)
        cv2.ellipse(rgb, (x, y + 3), (19, 15), 0, 0, 360, (30, 22, 20), 2, cv2.LINE_AA)
    cv2.line(rgb, (EYES[0][0] + 19, 103), (EYES[1][0] - 19, 104), (30, 22, 20), 2, cv2.LINE_AA)
    return rgb


def bearded(factor: int = 4) -> np.ndarray:
    """Stubble on chin, lip and jaw."""
    rgb = scaled(data.astronaut(), factor, noise=2).astype(np.float32)
    rows, columns = np.mgrid[: rgb.shape[0], : rgb.shape[1]] / factor
    chin = np.clip(3 * (1 - np.hypot((columns - 223) / 42, (rows - 152) / 34)), 0, 1)
    chin *= np.clip((rows - 128) / 8, 0, 1) * np.clip(4 * (np.hypot((columns - 224) / 24, (rows - 146) / 10) - 1), 0, 1)
    hairs = np.random.default_rng(5).random(rgb.shape[:2]).astype(np.float32)
    hairs = cv2.GaussianBlur(hairs, (0, 0), 0.2 * factor)
    hairs = np.clip((hairs - hairs.mean()) / hairs.std() - 0.2, 0, 1.0)[..., None]
    return np.clip(rgb * (1 - 0.32 * hairs * chin[..., None]) - 14 * chin[..., None], 0, 255).astype(np.uint8)


def with_neck(wall: np.ndarray | None = None, shade: float = 0.93) -> np.ndarray:
    """The astronaut in a sleeveless dress: a bare neck, shoulders and arms of her own skin in place of the suit.

    `wall`, float (512, 512, 3), is what is behind her; else what is there.
    """
    rows, columns = np.mgrid[:512, :512]
    off = np.abs(columns - 224)
    own = np.median(data.astronaut()[112:134, 240:256].reshape(-1, 3), axis=0)
    body = own * shade * (1 + grain(1.2, 0.015)[..., None]) * (1 - 0.12 * np.clip(off / 130, 0, 1) ** 2)[..., None]
    # A neck below the chin, shoulders that slope away from it, arms beside the dress.
    half = np.where(rows < 200, 31.0, 31 + np.minimum(85, 2.2 * (rows - 200)))
    head = head_area()
    person = np.maximum(head, softly((off < half) & (rows > 160)))
    dress = softly((rows > 262) & (off < 78))
    whole = data.astronaut().astype(float) if wall is None else wall
    for mask, paint in [(person, body), (head, data.astronaut()), (dress, np.asarray((38, 52, 96)))]:
        whole = whole * (1 - mask[..., None]) + paint * mask[..., None]
    return np.clip(np.round(whole), 0, 255).astype(np.uint8)


def plain_wall(colour: tuple[int, int, int]) -> np.ndarray:
    """Painted plaster, float (512, 512, 3)."""
    return np.asarray(colour) * (1 + grain(2.0, 0.008))[..., None]


def wooden_wall() -> np.ndarray:
    """Boards of the skin's colour with a grain along them, float (512, 512, 3)."""
    waves = np.random.default_rng(4).normal(0, 1, (512, 512)).astype(np.float32)
    waves = cv2.GaussianBlur(waves, (0, 0), sigmaX=40, sigmaY=1.6)
    return np.asarray((205, 160, 128)) * (1 + 0.07 * waves / waves.std())[..., None]


def grain(sigma: float, depth: float) -> np.ndarray:
    """Soft noise of that standard deviation, float (512, 512)."""
    noise = cv2.GaussianBlur(np.random.default_rng(2).normal(0, 1, (512, 512)).astype(np.float32), (0, 0), sigma)
    return np.asarray(depth * noise / noise.std())


@cache
def head_area() -> np.ndarray:
    """Where the astronaut's head is, float (512, 512), 0..1."""
    mask = np.zeros((512, 512), np.uint8)
    cv2.fillPoly(mask, [np.asarray(_HEAD, np.int32)], 1)
    return softly(mask > 0)


def softly(area: np.ndarray) -> np.ndarray:
    """A mask with the edge that a lens would give it."""
    return np.asarray(cv2.GaussianBlur(area.astype(np.float32), (0, 0), 0.9))


def rgb_of(lab: np.ndarray) -> np.ndarray:
    """CIELAB as bytes of sRGB."""
    return np.asarray(np.round(255 * np.clip(color.lab2rgb(lab), 0, 1)), np.uint8)


def together(*portraits: np.ndarray) -> np.ndarray:
    """Several people side by side, each from 100 to 350 of their own picture; person i begins at 250·i."""
    return np.ascontiguousarray(np.concatenate([portrait[:, 100:350] for portrait in portraits], axis=1))
