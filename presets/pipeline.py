"""A resolved preset compiled to steps that run on a picture."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from PIL import Image

from models.codec.profile import to_srgb
from models.colour.cache import TableCache
from models.colour.grade import IDENTITY, Grade
from models.colour.icc import parse
from models.picture import Picture
from models.strips import Op, run
from models.texture import Grain, Vignette
from presets.catalogue import ResolvedPreset
from presets.steps import BeautyStep, ColourStep

if TYPE_CHECKING:
    from models.faces import FaceDetector


class Pipeline:
    """resize → beauty → colour → vignette → grain, those that the preset asks for. One picture at a time."""

    def __init__(self, ops: Sequence[Op], max_side: int | None, device: torch.device) -> None:
        self._ops = ops
        self._max_side = max_side
        self._device = device
        self._colour = any(isinstance(op, ColourStep) for op in ops)

    def run(self, picture: Picture, seed: bytes) -> list[str]:
        """Works on picture.pixels in place (a resize or a copy replaces them); alpha stays.

        `seed` is the SHA-256 of the input. Returns what happened besides: `no_face` (beauty had nothing to
        do), `profile_to_srgb` (the profile was one that tables can't hold), `bad_profile` (nor could
        anybody read it).
        """
        notes: list[str] = []
        if self._max_side is not None:
            _shrink(picture, self._max_side)
        icc = picture.source.icc
        if self._colour and icc is not None and parse(icc) is None:
            notes.append(_converted_to_srgb(picture, icc))
        steps: list[tuple[Op, Any]] = []
        for op in self._ops:
            state = op.analyse(picture)
            if state is not None:
                steps.append((op, state))
            elif isinstance(op, BeautyStep):
                notes.append("no_face")
        if steps:
            self._apply(picture, steps, int.from_bytes(seed[:4], "little"))
        return notes

    def _apply(self, picture: Picture, steps: list[tuple[Op, Any]], seed: int) -> None:
        # The same array, if it is as it should be.
        picture.pixels = np.require(picture.pixels, requirements=["C", "W"])
        packed = torch.from_numpy(picture.pixels.view(np.int32)[..., 0])
        if self._device.type == "cpu":
            run(packed, steps, seed)
            return
        there = packed.to(self._device)
        run(there, steps, seed)
        packed.copy_(there)


def compile_pipeline(
    preset: ResolvedPreset,
    *,
    max_side: int | None,
    tables: TableCache,
    device: torch.device,
    faces: "FaceDetector | None",
) -> Pipeline:
    """The pipeline of a preset. Raises ValueError when it needs faces and there is no detector."""
    params = preset.params
    strength = params["strength"]
    ops: list[Op] = []
    if any(params.get(name) for name in ("smoothing", "whitening", "sharpening")) and strength:
        from models.beauty import Beauty  # noqa: PLC0415  # cv2.dnn and the masks, for beauty alone

        if faces is None:
            raise ValueError("a beauty preset needs a face detector")
        inside = {name: strength * params[name] for name in ("smoothing", "whitening", "sharpening")}
        ops.append(BeautyStep(Beauty(**inside, detector=faces)))
    vignette, grain = strength * params["vignette"], strength * params["grain"]
    grade = _grade(params)
    if not grade.neutral:
        ops.append(ColourStep(grade, 10 if vignette or grain else 8, tables, device))
    if vignette:
        ops.append(Vignette(vignette, device))
    if grain:
        ops.append(Grain(grain, device))
    return Pipeline(ops, max_side, device)


def _grade(params: dict[str, Any]) -> Grade:
    curves = {
        channel: tuple((x, y) for x, y in points)
        for channel, points in (params["curve"] or {}).items()
        if points is not None
    }
    return Grade(
        **{name: params[name] for name in ("exposure", "contrast", "saturation", "vibrance", "temperature", "tint")},
        curves={channel: points for channel, points in curves.items() if points != IDENTITY},
        fade=params["fade"],
        strength=params["strength"],
    )


def _shrink(picture: Picture, max_side: int) -> None:
    """To a long side of max_side by averaging; never enlarges."""
    height, width = picture.pixels.shape[:2]
    longest = max(height, width)
    if longest <= max_side:
        return
    size = (max(round(width * max_side / longest), 1), max(round(height * max_side / longest), 1))
    small = np.asarray(cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if picture.has_alpha:
        # Colours count by their alpha, or what hides under clear pixels would bleed into the edges.
        alpha = picture.pixels[..., 3].astype(np.uint16)
        weight = cv2.resize(alpha * 255, size, interpolation=cv2.INTER_AREA)
        for channel in range(3):
            weighed = cv2.resize(picture.pixels[..., channel] * alpha, size, interpolation=cv2.INTER_AREA)
            mean = np.rint(weighed * 255.0 / np.maximum(weight, 1))
            small[..., channel] = np.where(weight > 0, np.minimum(mean, 255), small[..., channel])
    picture.pixels = small


def _converted_to_srgb(picture: Picture, icc: bytes) -> str:
    """Converts the pixels by LittleCMS and drops the profile: the slow way, for profiles made of tables."""
    picture.source = replace(picture.source, icc=None)
    done = to_srgb(Image.fromarray(np.ascontiguousarray(picture.pixels[..., :3])), icc)
    if done is None:
        return "bad_profile"
    picture.pixels = np.dstack([np.asarray(done), picture.pixels[..., 3]])
    return "profile_to_srgb"
