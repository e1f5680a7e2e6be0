"""Maps the settings of Camera Raw (process versions 2012 and later) to a preset of ours.

What a slider does is alike, not equal: Adobe has not published it. What we have no counterpart for is listed, never
guessed.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from presets.camera_raw.known import DESCRIBING, does_nothing, number
from presets.camera_raw.reading import Settings, read
from presets.camera_raw.tones import Points, ends, joined, points_of, toned
from presets.params import validate

# Theirs, ours, and what one of theirs is of ours.
_SLIDERS = (
    ("Exposure2012", "exposure", 1.0),
    ("Contrast2012", "contrast", 0.006),
    ("Highlights2012", "highlights", 0.01),
    ("Shadows2012", "shadows", 0.01),
    ("Saturation", "saturation", 0.01),
    ("Vibrance", "vibrance", 0.01),
    ("IncrementalTemperature", "temperature", 0.007),
    ("IncrementalTint", "tint", 0.006),
    ("GrainAmount", "grain", 0.006),
    ("PostCropVignetteAmount", "vignette", -0.01),
)
_RANGES = {"exposure": (-3.0, 3.0), "grain": (0.0, 1.0), "vignette": (0.0, 1.0)}
_BANDS = ("red", "orange", "yellow", "green", "aqua", "blue", "purple", "magenta")
_OF_BANDS = (("HueAdjustment", "hue"), ("SaturationAdjustment", "saturation"), ("LuminanceAdjustment", "luminance"))
_CURVES = (
    ("ToneCurvePV2012", "rgb"),
    ("ToneCurvePV2012Red", "r"),
    ("ToneCurvePV2012Green", "g"),
    ("ToneCurvePV2012Blue", "b"),
)
_OLD = (
    "Exposure Contrast Brightness Shadows HighlightRecovery FillLight Clarity ToneCurve ToneCurveRed ToneCurveGreen "
    "ToneCurveBlue"
)
_BEFORE_2012 = frozenset(_OLD.split())
_GREY = (("ConvertToGrayscale", "true"), ("Treatment", "black & white"))
_ID = re.compile(r"[^a-z0-9_-]+")


@dataclass(slots=True)
class Imported:
    """A draft of a preset."""

    id: str
    name: str
    params: dict[str, Any]
    ignored: list[str] = field(default_factory=list)  # settings that do something there, and nothing here
    limited: list[str] = field(default_factory=list)  # settings that go further there than here


def imported(data: bytes, stem: str = "") -> Imported:
    """Return the draft of a file; `stem` names it where the file does not. Raises PresetError `invalid_xmp`."""
    settings = read(data)
    name = next(iter(settings.rows.get("Name", [])), "") or settings.values.get("Name", "") or stem or "Imported"
    made = _Mapping(settings)
    params = made.params()
    validate("color", params)
    return Imported(id_of(name), name[:200], params, made.ignored(), made.limited)


def id_of(name: str) -> str:
    """Return an id of a name."""
    return _ID.sub("-", name.lower()).strip("-_")[:64].rstrip("-_") or "imported"


class _Mapping:
    """One file."""

    def __init__(self, settings: Settings) -> None:
        self._values = settings.values
        self._rows = settings.rows
        self._nested = settings.nested
        self._used: set[str] = set()
        # Made for a process version before 2012.
        self._is_old = not any("2012" in name for name in (*self._values, *self._rows))
        self.limited: list[str] = []

    def params(self) -> dict[str, Any]:
        """Return the parameters that are not neutral."""
        if self._is_old:
            # An exposure is as many stops in every version; other sliders have changed what they do.
            self._values.setdefault("Exposure2012", self._values.pop("Exposure", "0"))
            for theirs, _ in _CURVES:
                before = theirs.replace("PV2012", "")
                if before in self._rows:
                    self._rows.setdefault(theirs, self._rows.pop(before))
        params: dict[str, Any] = {}
        for theirs, ours, factor in _SLIDERS:
            value = self._slider(theirs, factor, *_RANGES.get(ours, (-1.0, 1.0)))
            if value:
                params[ours] = value
        grey = {name for name, value in _GREY if self._values.get(name, "").lower() == value}
        if grey:
            self._used |= grey
            params["saturation"] = -1.0
        if bands := self._bands():
            params["hsl"] = bands
        if curves := self._curves():
            params["curve"] = curves
        return params

    def ignored(self) -> list[str]:
        """Return the names of what does something in Camera Raw and is not in the parameters."""
        passed = set(DESCRIBING) if self._is_old else DESCRIBING | _BEFORE_2012
        left = [
            name
            for name in self._values
            if name not in self._used and name not in passed and not does_nothing(name, self._values)
        ]
        rows = [name for name in self._rows if name not in self._used and name not in passed and self._rows[name]]
        return sorted({*left, *rows, *self._nested})

    def _slider(self, theirs: str, factor: float, low: float, high: float) -> float:
        found = number(self._values.get(theirs, "0"))
        if found is None or (theirs == "PostCropVignetteAmount" and found > 0):  # a bright vignette
            return 0.0
        self._used.add(theirs)
        value = found * factor
        if not low <= value <= high:
            self.limited.append(theirs)
        return round(min(max(value, low), high), 4) + 0.0

    def _bands(self) -> dict[str, dict[str, float]]:
        bands = {}
        for band in _BANDS:
            parts = {ours: self._slider(f"{theirs}{band.title()}", 0.01, -1.0, 1.0) for theirs, ours in _OF_BANDS}
            if any(parts.values()):
                bands[band] = {name: value for name, value in parts.items() if value}
        return bands

    def _curves(self) -> dict[str, Points]:
        curves: dict[str, Points | None] = {}
        for theirs, ours in _CURVES:
            points = points_of(self._rows.get(theirs, ()))
            if points is not None:
                self._used.add(theirs)
                curves[ours] = points
        moved = ends(self._slider("Whites2012", 0.01, -1, 1), self._slider("Blacks2012", 0.01, -1, 1))
        curves["rgb"] = joined(moved, curves.get("rgb"))
        for channel, tint in zip("rgb", self._toning(), strict=False):
            curves[channel] = joined(curves.get(channel), tint)
        bent = {channel: joined(points, None) for channel, points in curves.items()}
        return {channel: points for channel, points in bent.items() if points is not None}

    def _toning(self) -> list[Points]:
        names = [f"SplitToning{part}{what}" for part in ("Shadow", "Highlight") for what in ("Hue", "Saturation")]
        hue, saturation, light_hue, light_saturation = (
            self._slider(name, 1.0, 0.0, 360.0 if name.endswith("Hue") else 100.0) for name in names
        )
        balance = self._slider("SplitToningBalance", 0.01, -1.0, 1.0)
        if not (saturation or light_saturation):
            return []
        return toned((hue, saturation / 100), (light_hue, light_saturation / 100), balance)
