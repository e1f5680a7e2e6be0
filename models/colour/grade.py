"""One colour grade as one function of (r, g, b), in float64."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from models.colour.balance import gains, white_balance
from models.colour.chroma import Planes, mixed, saturate
from models.colour.curves import (
    ChannelFunction,
    Floats,
    Sampled,
    chain,
    contrast,
    exposure,
    fade,
    srgb_decode,
    srgb_encode,
    through_points,
)
from models.colour.hsl import Bands, HueBands
from models.colour.icc import RgbProfile
from models.colour.lut import Lut
from models.colour.tone import relight

Codes = npt.NDArray[np.uint8]
Points = tuple[tuple[float, float], ...]
Step = Callable[[Planes], Planes]
IDENTITY: Points = ((0.0, 0.0), (1.0, 1.0))


@dataclass(frozen=True, slots=True)
class Grade:
    """What to do to colours; neutral by default.

    Units and ranges are those of presets/params.py.
    """

    exposure: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    vibrance: float = 0.0
    temperature: float = 0.0
    tint: float = 0.0
    curves: dict[str, Points] = field(default_factory=dict)  # of "rgb" (all channels, first), "r", "g", "b"
    fade: float = 0.0
    strength: float = 1.0
    highlights: float = 0.0
    shadows: float = 0.0
    hsl: Bands = ()  # those that differ from neutral
    lut: Lut | None = None  # on encoded sRGB values

    @property
    def neutral(self) -> bool:
        """Whether every colour comes out as it went in."""
        return not self.strength or dataclasses.replace(self, strength=1.0) == Grade()

    @property
    def digest(self) -> bytes:
        """SHA-256 of the values; the latest count where they differ from neutral, so older tables keep their names."""
        values = {entry.name: getattr(self, entry.name) for entry in dataclasses.fields(self)}
        if self.lut is not None:
            values["lut"] = self.lut.digest.hex()
        for name in ("highlights", "shadows", "hsl", "lut"):
            if not values[name]:
                del values[name]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).digest()


class GradeFunction:
    """A grade in one RGB space (None: sRGB): 8-bit codes in, encoded values out.

    The way of a colour: decode → white balance → linear sRGB → exposure → encode → contrast → shadows,
    highlights → saturation, vibrance → hsl → curves → fade → lut → back to the source's space → mixed with the
    input by `strength`. White balance acts on the source's own channels (with gains that move white where they
    would in sRGB), so it clips nothing in any space. Whatever acts on single channels in a row is one lookup:
    the first is exact (256 values a channel), the others are within 1e-4 of an 8-bit code.
    """

    def __init__(self, grade: Grade, profile: RgbProfile | None) -> None:
        self._grade = grade
        self._profile = None if profile is None or profile.is_srgb else profile
        self._steps: list[Step] = []  # after the first lookup
        if self._profile is None:
            self._stay_in_srgb()
        elif grade == Grade(temperature=grade.temperature, tint=grade.tint, strength=grade.strength):
            # No need to leave the source's space.
            self._first = [self._profile.encode(c)(first) for c, first in enumerate(self._balanced())]
        else:
            self._visit_srgb(self._profile)

    def _stay_in_srgb(self) -> None:
        grade, tails = self._grade, [self._from_mix(c) for c in "rgb"]
        if grade.temperature or grade.tint or grade.exposure:
            self._first = [chain(self._to_mix())(first) for first in self._balanced()]
        else:  # not even decoded: the codes are the values
            self._first = [chain(self._to_mix()[1:])(np.arange(256) / 255)] * 3
        self._steps = self._mix()
        if self._steps:
            self._steps += [*_looked_up(tails), *_through(grade.lut)]
            return
        self._first = [chain(tail)(first) for tail, first in zip(tails, self._first, strict=True)]
        if grade.lut is not None and grade.lut.separable:
            self._first = [grade.lut.channel(c)(first) for c, first in enumerate(self._first)]
        else:
            self._steps = _through(grade.lut)

    def _visit_srgb(self, profile: RgbProfile) -> None:
        lut, tails = self._grade.lut, [self._from_mix(c) for c in "rgb"]
        self._first = self._balanced()
        self._steps = [
            partial(mixed, profile.to_srgb),
            _each([Sampled(chain(self._to_mix()), reach=2.25, root=True)] * 3),
            *self._mix(),
            *(_looked_up(tails) if lut else []),
            *_through(lut),
            *_looked_up([[srgb_decode]] * 3 if lut else [[*tail, srgb_decode] for tail in tails]),
            partial(mixed, np.asarray(np.linalg.inv(profile.to_srgb), dtype=np.float64)),
            _each([Sampled(profile.encode(c), reach=1.0, root=True) for c in range(3)]),
        ]

    def _balanced(self) -> list[Floats]:
        """For each channel (256,) linear values in the source's space after white balance."""
        grade, profile = self._grade, self._profile
        decoded = [srgb_decode(np.arange(256) / 255)] * 3 if profile is None else [profile.decode(c) for c in range(3)]
        if not (grade.temperature or grade.tint):
            return decoded
        gain = gains(grade.temperature, grade.tint)
        if profile is not None:
            gain = np.linalg.inv(profile.to_srgb) @ gain
        return [f(linear) for f, linear in zip(white_balance(gain), decoded, strict=True)]

    def _to_mix(self) -> list[ChannelFunction]:
        """From linear sRGB to the encoded values that saturation works on."""
        functions = [exposure(self._grade.exposure)] if self._grade.exposure else []
        functions.append(srgb_encode)
        return [*functions, contrast(self._grade.contrast)] if self._grade.contrast else functions

    def _from_mix(self, channel: str) -> list[ChannelFunction]:
        curves = self._grade.curves
        functions = [through_points(curves[name]) for name in ("rgb", channel) if name in curves]
        return [*functions, fade(self._grade.fade)] if self._grade.fade else functions

    def _mix(self) -> list[Step]:
        """What makes a channel depend on the others, on encoded sRGB values."""
        grade, steps = self._grade, list[Step]()
        if grade.highlights or grade.shadows:
            steps.append(partial(relight, highlights=grade.highlights, shadows=grade.shadows))
        if grade.saturation or grade.vibrance:
            steps.append(partial(saturate, saturation=grade.saturation, vibrance=grade.vibrance))
        if grade.hsl:
            steps.append(HueBands(grade.hsl))
        return steps

    @property
    def separable(self) -> bool:
        """Whether each channel of the result depends on the same channel of the colour alone."""
        return not self._steps

    def __call__(self, r: Codes, g: Codes, b: Codes) -> Planes:
        """Encoded r, g, b, about 0..1, not yet clipped; shapes broadcast together, of results as of codes.

        A colour's result depends on that colour alone: not on the array it is in.
        """
        planes = self._first[0][r], self._first[1][g], self._first[2][b]
        for step in self._steps:
            planes = step(planes)
        strength = self._grade.strength
        if strength == 1:
            return planes
        return (
            (1 - strength) * (r / 255) + strength * planes[0],
            (1 - strength) * (g / 255) + strength * planes[1],
            (1 - strength) * (b / 255) + strength * planes[2],
        )


def _each(functions: Sequence[Sampled | None]) -> Step:
    """One function for each plane; None leaves it."""

    def apply(planes: Planes) -> Planes:
        r, g, b = (f(p) if f else p for f, p in zip(functions, planes, strict=True))
        return r, g, b

    return apply


def _looked_up(tails: Sequence[Sequence[ChannelFunction]]) -> list[Step]:
    """For each plane a row of functions as one lookup; nothing where there are none."""
    if not any(tails):
        return []
    return [_each([Sampled(chain(tail), reach=2.0, root=False) if tail else None for tail in tails])]


def _through(lut: Lut | None) -> list[Step]:
    return [] if lut is None else [lut.apply]
