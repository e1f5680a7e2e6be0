"""The records of matching: what is known of a photo's light, and what is done to it. Plain and JSON-able."""

from dataclasses import asdict, dataclass
from typing import Any, Self

_DIGITS = 4  # of a shift: the last bits of a CPU's functions change no photo


@dataclass(frozen=True, slots=True)
class Light:
    """The light of one photo; logarithms are of linear sRGB, to base 2."""

    level: float  # mean log2 luminance of the middle half of the pixels
    palette: tuple[tuple[float, float, float, float], ...]  # its main colours: log2 of red and of blue over green, log2
    #                                                         luminance, and the part of the pixels that have it
    ev: float | None = None  # exposure value at ISO 100, from EXIF
    taken: float | None = None  # seconds, on the camera's clock; only differences mean something

    @property
    def scene_ev(self) -> float | None:
        """How bright the scene was, if EXIF tells: the camera's exposure and what came of it."""
        return None if self.ev is None else self.ev + self.level

    def to_json(self) -> dict[str, Any]:
        """Return the record; `from_json` reads it."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Return the light that `to_json` has written."""
        palette = tuple((red, blue, level, share) for red, blue, level, share in record["palette"])
        return cls(**record | {"palette": palette})


@dataclass(frozen=True, slots=True)
class Shift:
    """What brings one photo to the light of its scene: the parameter `shift` of presets."""

    exposure: float = 0.0  # EV
    temperature: float = 0.0  # as the parameter of presets, -1..1
    tint: float = 0.0

    @property
    def neutral(self) -> bool:
        """Whether it does nothing."""
        return not (self.exposure or self.temperature or self.tint)

    def scaled(self, strength: float) -> "Shift":
        """Return a part of it, 0..1."""
        return Shift(*(round(strength * value, _DIGITS) for value in (self.exposure, self.temperature, self.tint)))

    def to_json(self) -> dict[str, float]:
        """Return it as the value of the parameter."""
        return asdict(self)

    def as_params(self) -> dict[str, dict[str, float]]:
        """Return it as own parameters of a photo; none where nothing is to be done."""
        return {} if self.neutral else {"shift": self.to_json()}
