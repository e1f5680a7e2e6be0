"""One colour grade as one function of (r, g, b), in float64."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from models.colour.balance import white_balance
from models.colour.chroma import Planes, PlanesFunction, mixed
from models.colour.correction import NO_CORRECTION, Correction
from models.colour.curves import (
    ChannelFunction,
    Floats,
    Sampled,
    chain,
    srgb_decode,
    srgb_encode,
    through_points,
)
from models.colour.icc import RgbProfile
from models.colour.lut import Lut
from models.colour.op import Stage
from models.colour.ops import OPS

Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
Points = tuple[tuple[float, float], ...]
IDENTITY: Points = ((0.0, 0.0), (1.0, 1.0))

_OF_NO_OP = {
    "curves": dict[str, Points](),  # of "rgb" (all channels, first), "r", "g", "b"
    "lut": None,  # a Lut, on encoded sRGB values
    "strength": 1.0,  # of all the others together
    "correction": NO_CORRECTION,  # of the photo, before all of them, and whatever their strength
}
_NEUTRAL: dict[str, Any] = {**_OF_NO_OP, **{setting.name: setting.neutral for op in OPS for setting in op.settings}}

_ONE_TINT = 0.1  # of the range of values: so little colours differ in a black and white picture

# The first settings are in the digest even where they are neutral, so that tables of then keep their names.
_ALWAYS_NAMED = frozenset(
    ("exposure", "contrast", "saturation", "vibrance", "temperature", "tint", "curves", "fade", "strength")
)


@dataclass(frozen=True, init=False)
class Grade:
    """What to do to colours: the settings of the ops, and `curves`, `lut` and `strength`."""

    settings: dict[str, Any]  # all of them

    def __init__(self, **settings: Any) -> None:
        """Those that are left out are neutral. Raises TypeError for one that no op has."""
        if unknown := settings.keys() - _NEUTRAL.keys():
            raise TypeError(f"no colour op has a setting {', '.join(sorted(unknown))}")
        object.__setattr__(self, "settings", _NEUTRAL | settings)

    @property
    def neutral(self) -> bool:
        """Whether every colour comes out as it went in."""
        if not self.settings["strength"]:
            return bool(self.settings["correction"].neutral)
        return self.settings | {"strength": 1.0} == _NEUTRAL

    @property
    def digest(self) -> bytes:
        """SHA-256 of the settings that are not neutral, and of the first ones in any case."""
        values = {
            name: value for name, value in self.settings.items() if name in _ALWAYS_NAMED or value != _NEUTRAL[name]
        }
        if "lut" in values:
            values["lut"] = values["lut"].digest.hex()
        if "correction" in values:
            values["correction"] = values["correction"].described()
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).digest()

    def corrected(self, correction: Correction) -> "Grade":
        """This grade for a photo that gets a correction first."""
        return Grade(**self.settings | {"correction": correction})

    def made(self, stage: Stage) -> list[Any]:
        """What the ops of a stage make, in their order; those whose settings are neutral make nothing."""
        made = []
        for op in (op for op in OPS if op.stage is stage):
            values = [self.settings[setting.name] for setting in op.settings]
            if values != [setting.neutral for setting in op.settings]:
                made.append(op.make(*values))
        return made


class GradeFunction:
    """A grade in one RGB space (None: sRGB): codes in, encoded values out.

    The way of a colour, stages in capitals: the photo's own correction → decode → BALANCE → linear sRGB → LIGHT →
    encode → TONE → COLOUR → curves → END → LUT → back to the source's space → mixed with the corrected input by
    `strength`. White balance acts on the source's own channels (with gains that move white where they would in sRGB),
    so it clips nothing in any space. Whatever acts on single channels in a row is one lookup: the first is exact (one
    value a code), the others are within 1e-4 of an 8-bit code.
    """

    def __init__(self, grade: Grade, profile: RgbProfile | None, most: int = 255) -> None:
        """`most` is the largest code."""
        self._most = most
        self._profile = None if profile is None or profile.is_srgb else profile
        self._made = {stage: grade.made(stage) for stage in Stage}
        self._curves: dict[str, Points] = grade.settings["curves"]
        self._lut: Lut | None = grade.settings["lut"]
        self._strength: float = grade.settings["strength"]
        self._steps: list[PlanesFunction] = []  # after the first lookup
        self._input = self._corrected(grade.settings["correction"])
        if self._profile is None:
            self._stay_in_srgb()
        elif self._only_balances:
            # No need to leave the source's space.
            self._first = [self._profile.encode(c)(first) for c, first in enumerate(self._balanced())]
        else:
            self._visit_srgb(self._profile)

    @property
    def _only_balances(self) -> bool:
        others = any(self._made[stage] for stage in Stage if stage is not Stage.BALANCE)
        return not (others or self._curves or self._lut)

    def _stay_in_srgb(self) -> None:
        lut, tails = self._lut, [self._from_mix(c) for c in "rgb"]
        if self._made[Stage.BALANCE] or self._made[Stage.LIGHT]:
            self._first = [chain(self._to_mix())(first) for first in self._balanced()]
        else:  # not even decoded: the codes are the values
            self._first = [chain(self._made[Stage.TONE])(values) for values in self._input]
        if self._made[Stage.COLOUR]:
            self._steps = [*self._made[Stage.COLOUR], *_looked_up(tails), *_through(lut)]
            return
        self._first = [chain(tail)(first) for tail, first in zip(tails, self._first, strict=True)]
        if lut is not None and lut.separable:
            self._first = [lut.channel(c)(first) for c, first in enumerate(self._first)]
        else:
            self._steps = _through(lut)

    def _visit_srgb(self, profile: RgbProfile) -> None:
        lut, tails = self._lut, [self._from_mix(c) for c in "rgb"]
        self._first = self._balanced()
        self._steps = [
            partial(mixed, profile.to_srgb),
            _each([Sampled(chain(self._to_mix()), reach=2.25, root=True)] * 3),
            *self._made[Stage.COLOUR],
            *(_looked_up(tails) if lut else []),
            *_through(lut),
            *_looked_up([[srgb_decode]] * 3 if lut else [[*tail, srgb_decode] for tail in tails]),
            partial(mixed, np.asarray(np.linalg.inv(profile.to_srgb), dtype=np.float64)),
            _each([Sampled(profile.encode(c), reach=1.0, root=True) for c in range(3)]),
        ]

    def _corrected(self, correction: Correction) -> list[Floats]:
        """For each channel the encoded values of all codes, after the photo's own correction."""
        codes = np.arange(self._most + 1) / self._most
        if correction.neutral:
            return [codes] * 3
        linear = self._balance([self._decoded(c, codes) for c in range(3)], correction.gain)
        light = correction.light()
        encode = [srgb_encode] * 3 if self._profile is None else [self._profile.encode(c) for c in range(3)]
        return [encoded(light(values)) for encoded, values in zip(encode, linear, strict=True)]

    def _balanced(self) -> list[Floats]:
        """For each channel the linear values of all codes in the source's space after white balance."""
        values = [self._decoded(c, encoded) for c, encoded in enumerate(self._input)]
        for gain in self._made[Stage.BALANCE]:
            values = self._balance(values, gain)
        return values

    def _decoded(self, channel: int, values: Floats) -> Floats:
        """Linear values in the source's space."""
        return srgb_decode(values) if self._profile is None else self._profile.decode(channel, values)

    def _balance(self, values: list[Floats], gain: Floats | None) -> list[Floats]:
        """Linear values in the source's space after white balance by gains of linear sRGB."""
        if gain is None:
            return values
        own = gain if self._profile is None else np.linalg.inv(self._profile.to_srgb) @ gain
        return [f(linear) for f, linear in zip(white_balance(own), values, strict=True)]

    def _to_mix(self) -> list[ChannelFunction]:
        """From linear sRGB to the encoded values that ops of all three channels work on."""
        return [*self._made[Stage.LIGHT], srgb_encode, *self._made[Stage.TONE]]

    def _from_mix(self, channel: str) -> list[ChannelFunction]:
        """From there to the LUT."""
        curves = [through_points(self._curves[name]) for name in ("rgb", channel) if name in self._curves]
        return [*curves, *self._made[Stage.END]]

    @property
    def separable(self) -> bool:
        """Whether each channel of the result depends on the same channel of the colour alone."""
        return not self._steps

    @property
    def greys(self) -> bool:
        """Whether red, green and blue come out in nearly the same colour, if not as light."""
        primaries = np.eye(3, dtype=np.uint8) * np.uint8(200)
        colours = np.stack(self(*primaries))
        tints = colours - colours.mean(axis=0)
        return bool(np.ptp(tints, axis=1).max() < _ONE_TINT)

    def __call__(self, r: Codes, g: Codes, b: Codes) -> Planes:
        """Encoded r, g, b, about 0..1, not yet clipped; shapes broadcast together, of results as of codes.

        A colour's result depends on that colour alone: not on the array it is in.
        """
        planes = self._first[0][r], self._first[1][g], self._first[2][b]
        for step in self._steps:
            planes = step(planes)
        strength = self._strength
        if strength == 1:
            return planes
        given = self._input[0][r], self._input[1][g], self._input[2][b]
        return (
            (1 - strength) * given[0] + strength * planes[0],
            (1 - strength) * given[1] + strength * planes[1],
            (1 - strength) * given[2] + strength * planes[2],
        )


def _each(functions: Sequence[Sampled | None]) -> PlanesFunction:
    """One function for each plane; None leaves it."""

    def apply(planes: Planes) -> Planes:
        r, g, b = (f(p) if f else p for f, p in zip(functions, planes, strict=True))
        return r, g, b

    return apply


def _looked_up(tails: Sequence[Sequence[ChannelFunction]]) -> list[PlanesFunction]:
    """For each plane a row of functions as one lookup; nothing where there are none."""
    if not any(tails):
        return []
    return [_each([Sampled(chain(tail), reach=2.0, root=False) if tail else None for tail in tails])]


def _through(lut: Lut | None) -> list[PlanesFunction]:
    return [] if lut is None else [lut.apply]
