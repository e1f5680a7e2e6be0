"""Compiles a resolved preset to a pipeline of steps that change a picture."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

from models.applier import Applier
from models.codec.header import Limits
from models.codec.profile import to_srgb
from models.colour.cache import TableCache
from models.colour.correction import NO_CORRECTION, Correction
from models.colour.grade import IDENTITY, Grade
from models.colour.hsl import CENTRES, Bands
from models.colour.icc import parse
from models.colour.lut import Lut
from models.erase.filling import Filling
from models.finish import Finish
from models.networks import Networks
from models.picture import Picture, Pixels
from models.texture import Grain, Vignette
from presets.catalogue import ResolvedPreset
from presets.colour import Colour
from presets.erasing import Erasing
from presets.faces import EVERYBODY, Chosen
from presets.restoring import Restoring
from presets.sliders import COLOUR_SLIDERS, FACES

if TYPE_CHECKING:
    from models.faces.beauty import Beauty
    from models.faces.detector import FaceDetector

Lap = Callable[[str], None]


def _no_lap(_: str) -> None:
    """Ignore the laps."""


class Pipeline:
    """erase → networks → resize → beauty → colour → vignette → grain; only the steps that the preset needs.

    Several pictures may be in it at the same time.
    """

    def __init__(
        self,
        applier: Applier,
        *,
        max_side: int | None = None,
        erasing: Erasing | None = None,
        restoring: Restoring | None = None,
        beauty: "Beauty | None" = None,
        faces: Chosen = EVERYBODY,
        colour: Colour | None = None,
        vignette: Vignette | None = None,
        grain: Grain | None = None,
    ) -> None:
        self._applier = applier
        self._max_side = max_side
        self._erasing = erasing
        self._restoring = restoring
        self._beauty = beauty
        self._faces = faces
        self._colour = colour
        self._vignette = vignette
        self._grain = grain

    @property
    def in_places(self) -> bool:
        """Whether it leaves most of a picture as it is, so that not all of its pixels need to be there."""
        whole = (self._restoring, self._max_side, self._colour, self._vignette, self._grain)
        return all(step is None for step in whole)

    @property
    def in_strips(self) -> bool:
        """Whether colour and place of a pixel alone decide what it becomes, so that few need to be there at once."""
        looks = self._colour is not None and self._colour.looks
        steps = (self._erasing, self._restoring, self._max_side, self._beauty)
        return all(step is None for step in steps) and not looks

    @property
    def on_device(self) -> bool:
        """Whether few of a picture's pixels are read one by one, so that most can stay on a GPU."""
        return all(step is None for step in (self._erasing, self._restoring, self._max_side))

    @property
    def keeps_depth(self) -> bool:
        """Whether it can work on 16 bits a channel."""
        eight_bits = (self._erasing, self._restoring, self._beauty, self._vignette, self._grain)
        return all(step is None for step in eight_bits)

    def run(
        self, picture: Picture, seed: bytes, painted: Pixels | None = None, lap: Lap = _no_lap
    ) -> Filling[list[str]]:
        """Works on picture.pixels in place (a resize or a copy replaces them); alpha stays.

        `seed` is the SHA-256 of the input, `painted` the mask for erase as a picture (h, w, 4). Returns notes:
        `no_face` (nothing to do for beauty), `profile_to_srgb` (the profile cannot be folded into tables),
        `bad_profile` (it cannot be read at all). Raises PhotoError `empty_mask`, `full_mask`, `out_of_memory`,
        `model_damaged`. `lap` is called with "analyse" or "apply" when such a phase has ended.
        """
        notes: list[str] = []
        short = int.from_bytes(seed[:4], "little")
        if self._erasing is not None:
            _writable(picture)
            yield from self._erasing.run(picture, painted, short)
        if self._restoring is not None:
            picture.pixels = self._restoring.run(picture.pixels)
        if self._max_side is not None:
            shrink(picture, self._max_side)
        icc = picture.source.icc
        if self._colour is not None and icc is not None and parse(icc) is None:
            notes.append(_converted_to_srgb(picture, icc))
            picture.deep = None
        lap("apply")
        correction = self._colour.correction(picture, self._applier.reduce) if self._colour else NO_CORRECTION
        if self._beauty is not None:
            notes += self._retouch_faces(picture, self._beauty, short, lap)
        height, width = picture.pixels.shape[:2]
        finish = Finish(
            table=self._colour.analyse(picture, correction)
            if self._colour
            else None,  # For the colours that faces have now.
            vignette=self._vignette.analyse(height, width) if self._vignette else None,
            grain=self._grain.analyse(height, width) if self._grain else None,
        )
        if picture.gain_map is not None and self._colour is not None and self._colour.greys:
            picture.gain_map = picture.gain_map.grey()
        lap("analyse")
        if picture.parts is not None and not finish.idle:
            picture.parts.finish(finish, short)
        elif not finish.idle:
            self._applier.finish(_writable(picture), finish, short)
        if picture.deep is not None and self._colour is not None:
            self._colour.grade_deep(picture.deep, picture.source.icc, correction)
        lap("apply")
        return notes

    def _retouch_faces(self, picture: Picture, beauty: "Beauty", seed: int, lap: Lap) -> list[str]:
        pixels = _writable(picture)
        patches = beauty.analyse(picture, self._faces.among(picture))
        lap("analyse")
        if patches is None:
            return ["no_face"]
        for patch in patches:
            picture.load(patch.x0, patch.y0, patch.x1, patch.y1)
        self._applier.lay(pixels, patches, seed)
        if picture.gain_map is not None:
            from models.faces.gain import calmed  # noqa: PLC0415

            picture.gain_map = calmed(picture.gain_map, patches, *pixels.shape[:2])
        lap("apply")
        return []


def compile_pipeline(
    preset: ResolvedPreset,
    *,
    max_side: int | None,
    tables: TableCache,
    applier: Applier,
    faces: "FaceDetector | None" = None,
    networks: Networks | None = None,
    luts: Callable[[str], Lut] | None = None,
    max_pixels: int = Limits().max_pixels,
) -> Pipeline:
    """Compile a preset to a pipeline; `luts` returns the LUT of a name, and its exceptions are passed on.

    Raises ValueError if the preset needs faces, networks or a LUT and there are none.
    """
    params = preset.params
    if networks is None and (preset.type == "erase" or params.get("ops")):
        raise ValueError("the preset needs networks")
    if networks is not None and preset.type == "erase":
        return Pipeline(applier, max_side=max_side, erasing=Erasing.of(params, networks))
    grade = _grade(params, luts)
    shift, auto_tone = Correction(**params.get("shift") or {}), params["strength"] * params.get("auto_tone", 0.0)
    colours = auto_tone or not (grade.neutral and shift.neutral)
    vignette, grain = (params["strength"] * params[name] for name in ("vignette", "grain"))
    return Pipeline(
        applier,
        max_side=max_side,
        restoring=Restoring.of(params, networks, max_pixels) if networks else None,
        beauty=_beauty(params, applier, faces),
        faces=Chosen.of(params.get("faces", "all")),  # a batch of an earlier version has none
        colour=Colour(grade, 10 if vignette or grain else 8, tables, shift, auto_tone) if colours else None,
        vignette=Vignette(vignette) if vignette else None,
        grain=Grain(grain) if grain else None,
    )


def _beauty(params: dict[str, Any], applier: Applier, faces: "FaceDetector | None") -> "Beauty | None":
    sliders = {slider.name: params["strength"] * params.get(slider.name, 0) for slider in FACES.sliders}
    if not any(sliders.values()):
        return None
    from models.faces.beauty import Beauty  # noqa: PLC0415  # the networks and the masks, for beauty alone

    if faces is None:
        raise ValueError("a beauty preset needs a face detector")
    return Beauty(**sliders, detector=faces, reduce=applier.reduce)


def _writable(picture: Picture) -> Pixels:
    """Return the picture's pixels, copied only if they cannot be changed in place."""
    picture.pixels = np.require(picture.pixels, requirements=["C", "W"])
    return picture.pixels


def _grade(params: dict[str, Any], luts: Callable[[str], Lut] | None) -> Grade:
    curves = {
        channel: tuple((x, y) for x, y in points)
        for channel, points in (params["curve"] or {}).items()
        if points is not None
    }
    return Grade(
        # A batch that was resolved by an earlier version lacks the parameters that came later.
        **{slider.name: params.get(slider.name, slider.neutral) for slider in COLOUR_SLIDERS},
        curves={channel: points for channel, points in curves.items() if points != IDENTITY},
        hsl=_bands(params.get("hsl") or {}),
        lut=_lut(params.get("lut"), luts),
        strength=params["strength"],
    )


def _bands(hsl: dict[str, dict[str, float]]) -> Bands:
    """Return the bands that do something, in a fixed order, so that equal settings share a table."""
    settings = ((name, hsl.get(name, {})) for name in CENTRES)
    bands = (
        (name, band.get("hue", 0.0), band.get("saturation", 0.0), band.get("luminance", 0.0)) for name, band in settings
    )
    return tuple(band for band in bands if any(band[1:]))


def _lut(name: str | None, luts: Callable[[str], Lut] | None) -> Lut | None:
    if name is None:
        return None
    if luts is None:
        raise ValueError("a preset with a LUT needs somebody who knows LUTs")
    return luts(name)


def shrink(picture: Picture, max_side: int) -> None:
    """Reduce to a long side of max_side by averaging; never enlarge."""
    height, width = picture.pixels.shape[:2]
    longest = max(height, width)
    if longest <= max_side:
        return
    size = (max(round(width * max_side / longest), 1), max(round(height * max_side / longest), 1))
    small = np.asarray(cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if picture.deep is not None:
        picture.deep = np.asarray(cv2.resize(picture.deep, size, interpolation=cv2.INTER_AREA), dtype=np.uint16)
    if picture.has_alpha:
        # Weight colours by alpha, or colours hidden under clear pixels would bleed into the edges.
        alpha = picture.pixels[..., 3].astype(np.uint16)
        weight = cv2.resize(alpha * 255, size, interpolation=cv2.INTER_AREA)
        for channel in range(3):
            weighed = cv2.resize(picture.pixels[..., channel] * alpha, size, interpolation=cv2.INTER_AREA)
            mean = np.rint(weighed * 255.0 / np.maximum(weight, 1))
            small[..., channel] = np.where(weight > 0, np.minimum(mean, 255), small[..., channel])
    picture.pixels = small


def _converted_to_srgb(picture: Picture, icc: bytes) -> str:
    """Convert the pixels with LittleCMS and drop the profile: the slow way, for profiles with tables."""
    picture.load_all()
    picture.source = replace(picture.source, icc=None)
    done = to_srgb(Image.fromarray(np.ascontiguousarray(picture.pixels[..., :3])), icc)
    if done is None:
        return "bad_profile"
    picture.pixels = np.dstack([np.asarray(done), picture.pixels[..., 3]])
    return "profile_to_srgb"
