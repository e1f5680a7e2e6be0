"""What an op can be told: settings, and sliders, which are settings that people move."""

from dataclasses import KW_ONLY, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that an op can be told."""

    name: str
    _: KW_ONLY
    neutral: Any = 0.0  # with this value the op does nothing


@dataclass(frozen=True, slots=True)
class Slider(Setting):
    """A number between `low` and `high`, with its label in English and Chinese."""

    low: float
    high: float
    _: KW_ONLY
    en: str
    zh: str
    step: float = 0.01
    most: float | None = None  # the largest value that a request may give, where that is more than `high`
