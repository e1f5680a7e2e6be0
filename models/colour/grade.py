"""One colour grade as one function of (r, g, b), in float64."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.colour.balance import white_balance
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

    The way of a colour: decode → linear sRGB → white balance → exposure → encode → contrast → saturation,
    vibrance → curves → fade → back to the source's space → mixed with the input by `strength`. Whatever acts
    on single channels in a row is one lookup; in sRGB the first row of them is exact (256 values a channel),
    the others are within 1e-4 of an 8-bit code.
    """

    def __init__(self, grade: Grade, profile: RgbProfile | None) -> None:
        self._grade = grade
        self._mixes = bool(grade.saturation or grade.vibrance)
        balance: list[list[ChannelFunction]] = [[], [], []]
        if grade.temperature or grade.tint:
            balance = [[f] for f in white_balance(grade.temperature, grade.tint)]
        linear = [*balance[0][1:], exposure(grade.exposure)] if grade.exposure else []
        heads = [chain([*balance[c], *linear, srgb_encode, *self._before_mix()]) for c in range(3)]
        tails = [self._after_mix(c) for c in "rgb"]
        codes = np.arange(256) / 255
        if profile is None or profile.is_srgb:
            profile = None
            # Encoding what was just decoded would cost the last digits; without a linear op the codes are the
            # values.
            if not (linear or balance[0]):
                heads = [chain(self._before_mix())] * 3
                self._first = [head(codes) for head in heads]
            else:
                self._first = [head(srgb_decode(codes)) for head in heads]
            if not self._mixes:
                self._first = [chain(tail)(first) for tail, first in zip(tails, self._first, strict=True)]
                tails = [[], [], []]
            self._tails = [Sampled(chain(tail), reach=2.0, root=False) if tail else None for tail in tails]
        else:
            self._first = [profile.decode(c) for c in range(3)]
            self._heads = [Sampled(head, reach=2.25, root=True) for head in heads]
            self._tails = [Sampled(chain([*tail, srgb_decode]), reach=2.0, root=False) for tail in tails]
            self._encoders = [Sampled(profile.encode(c), reach=1.0, root=True) for c in range(3)]
            self._back = np.asarray(np.linalg.inv(profile.to_srgb), dtype=np.float64)
        self._profile = profile

    def _before_mix(self) -> list[ChannelFunction]:
        return [contrast(self._grade.contrast)] if self._grade.contrast else []

    def _after_mix(self, channel: str) -> list[ChannelFunction]:
        functions = [
            through_points(self._grade.curves[name])
            for name in ("rgb", channel)
            if name in self._grade.curves
        ]
        return [*functions, fade(self._grade.fade)] if self._grade.fade else functions

    def __call__(self, r: Codes, g: Codes, b: Codes) -> Planes:
        """Encoded r, g, b, about 0..1, not yet clipped; of any shapes that broadcast together, as are the
        results.

        A colour's result depends on that colour alone: not on the array it is in.
        """
        planes = self._first[0][r], self._first[1][g], self._first[2][b]
        if self._profile is not None:
            planes = _each(self._heads, _mixed(self._profile.to_srgb, planes))
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


def _each(functions: list[Sampled] | list[Sampled | None], planes: Planes) -> Planes:
    r, g, b = (f(p) if f else p for f, p in zip(functions, planes, strict=True))
    return r, g, b


def _mixed(matrix: Floats, planes: Planes) -> Planes:
    """Matrix (3, 3) times planes, written out: BLAS would sum in another order for another shape."""
    r, g, b = (m[0] * planes[0] + m[1] * planes[1] + m[2] * planes[2] for m in matrix)
    return r, g, b
