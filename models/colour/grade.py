"""One colour grade as one function of (r, g, b), in float64."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.colour.balance import gains, white_balance
from models.colour.chroma import Planes, saturate
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
from models.colour.icc import RgbProfile

Codes = npt.NDArray[np.uint8]
Points = tuple[tuple[float, float], ...]
IDENTITY: Points = ((0.0, 0.0), (1.0, 1.0))


@dataclass(frozen=True, slots=True)
class Grade:
    """What to do to colours; neutral by default.

    Units and ranges as in shared/api.md, "Preset parameters".
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

    @property
    def neutral(self) -> bool:
        """Whether every colour comes out as it went in."""
        return not self.strength or dataclasses.replace(self, strength=1.0) == Grade()

    @property
    def digest(self) -> bytes:
        """SHA-256 of the values."""
        return hashlib.sha256(json.dumps(dataclasses.asdict(self), sort_keys=True).encode()).digest()


class GradeFunction:
    """A grade in one RGB space (None: sRGB): 8-bit codes in, encoded values out.

    The way of a colour: decode → white balance → linear sRGB → exposure → encode → contrast → saturation,
    vibrance → curves → fade → back to the source's space → mixed with the input by `strength`. White balance
    acts on the source's own channels (with gains that move white where they would in sRGB), so it clips
    nothing in any space. Whatever acts on single channels in a row is one lookup: the first is exact (256
    values a channel), the others are within 1e-4 of an 8-bit code.
    """

    def __init__(self, grade: Grade, profile: RgbProfile | None) -> None:
        self._grade = grade
        self._mixes = bool(grade.saturation or grade.vibrance)
        self._tails: list[Sampled | None] = [None, None, None]
        self._profile = None if profile is None or profile.is_srgb else profile
        if self._profile is None:
            self._stay_in_srgb()
        elif grade == Grade(temperature=grade.temperature, tint=grade.tint, strength=grade.strength):
            self._first = [self._profile.encode(c)(first) for c, first in enumerate(self._balanced())]
            self._profile = None  # no need to leave the source's space
        else:
            self._visit_srgb(self._profile)

    def _stay_in_srgb(self) -> None:
        grade = self._grade
        if grade.temperature or grade.tint or grade.exposure:
            self._first = [chain(self._to_mix())(first) for first in self._balanced()]
        else:  # not even decoded: the codes are the values
            self._first = [chain(self._to_mix()[1:])(np.arange(256) / 255)] * 3
        tails = [self._from_mix(c) for c in "rgb"]
        if self._mixes:
            self._tails = [Sampled(chain(tail), reach=2.0, root=False) if tail else None for tail in tails]
        else:
            self._first = [chain(tail)(first) for tail, first in zip(tails, self._first, strict=True)]

    def _visit_srgb(self, profile: RgbProfile) -> None:
        self._first = self._balanced()
        self._head = Sampled(chain(self._to_mix()), reach=2.25, root=True)
        self._tails = [Sampled(chain([*self._from_mix(c), srgb_decode]), reach=2.0, root=False) for c in "rgb"]
        self._encoders = [Sampled(profile.encode(c), reach=1.0, root=True) for c in range(3)]
        self._back = np.asarray(np.linalg.inv(profile.to_srgb), dtype=np.float64)

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

    @property
    def separable(self) -> bool:
        """Whether each channel of the result depends on the same channel of the colour alone."""
        return not self._mixes and self._profile is None

    def __call__(self, r: Codes, g: Codes, b: Codes) -> Planes:
        """Encoded r, g, b, about 0..1, not yet clipped; shapes broadcast together, of results as of codes.

        A colour's result depends on that colour alone: not on the array it is in.
        """
        planes = self._first[0][r], self._first[1][g], self._first[2][b]
        if self._profile is not None:
            planes = _each([self._head] * 3, _mixed(self._profile.to_srgb, planes))
        if self._mixes:
            planes = saturate(planes, self._grade.saturation, self._grade.vibrance)
        planes = _each(self._tails, planes)
        if self._profile is not None:
            planes = _each(self._encoders, _mixed(self._back, planes))
        strength = self._grade.strength
        if strength == 1:
            return planes
        return (
            (1 - strength) * (r / 255) + strength * planes[0],
            (1 - strength) * (g / 255) + strength * planes[1],
            (1 - strength) * (b / 255) + strength * planes[2],
        )


def _each(functions: Sequence[Sampled | None], planes: Planes) -> Planes:
    r, g, b = (f(p) if f else p for f, p in zip(functions, planes, strict=True))
    return r, g, b


def _mixed(matrix: Floats, planes: Planes) -> Planes:
    """Matrix (3, 3) times planes, written out: BLAS would sum in another order for another shape."""
    r, g, b = (m[0] * planes[0] + m[1] * planes[1] + m[2] * planes[2] for m in matrix)
    return r, g, b
