"""Shifts that give the photos of a scene one exposure and one white balance."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.colour.balance import gains
from models.shoot.aligned import Float, Palettes, aligned
from models.shoot.light import Light, Shift
from models.shoot.scenes import scenes

_MOST_EV, _NEVER_EV = 1.5, 3.0  # a larger difference is made up for less and less, and from here on not at all
_MOST_CAST, _NEVER_CAST = 0.6, 1.2  # the same, in units of temperature and tint
_NOISE_EV, _NOISE_CAST = 0.05, 0.03  # stops that cannot be told from the error of the comparison
_AGREE = 0.6  # with the scene's reference; a photo that agrees less is not pulled
_LOOKED_AT, _POOLED = 8, 3  # photos among which the reference is sought, and of which it is made
_ROUNDS = 3  # in which photos that a reference leaves over get one of their own
_DIGITS = 4


def match(lights: Sequence[Light | None]) -> list[Shift]:
    """Return the shift of each photo; nothing for one without light (None), or without a scene.

    The same lights in the same order give the same shifts. Linear in the number of photos: 10,000 take about two
    seconds.
    """
    known = [number for number, light in enumerate(lights) if light is not None]
    there = [light for light in lights if light is not None]
    shifts = [Shift()] * len(lights)
    palettes = Palettes.of(there)
    for scene in scenes(there, palettes):
        for number, shift in _matched(scene, palettes):
            shifts[known[number]] = shift
    return shifts


def _matched(scene: npt.NDArray[np.intp], palettes: Palettes) -> list[tuple[int, Shift]]:
    """Return the shifts of the photos of a scene that agree with most of the others."""
    found: list[tuple[int, Shift]] = []
    for _ in range(_ROUNDS):
        if len(scene) < 2:
            break
        wanted, agree = aligned(palettes.some(scene), _reference(scene, palettes))
        pulled = agree >= _AGREE
        if pulled.sum() > 1:
            # The middle of the scene stays where it is: its most usual light is meant.
            moves = wanted[pulled] - np.median(wanted[pulled], axis=0)
            found += [(int(number), _shift(move)) for number, move in zip(scene[pulled], moves, strict=True)]
        scene = scene[~pulled]
    return found


def _reference(scene: npt.NDArray[np.intp], palettes: Palettes) -> Palettes:
    """Return the palette of the photo that agrees best with others of the scene, and of those that it agrees with."""
    some = scene[np.unique(np.linspace(0, len(scene) - 1, min(_LOOKED_AT, len(scene))).round().astype(np.intp))]
    each = [aligned(palettes.some(some), palettes.some(some[at : at + 1])) for at in range(len(some))]
    best = int(np.argmax([agree.sum() for _, agree in each]))
    shifts, agree = each[best]
    chosen = np.argsort(-agree, kind="stable")[:_POOLED]
    return palettes.some(some[chosen]).pooled(shifts[chosen])


def _shift(move: Float) -> Shift:
    """Return a move of red over green, blue over green and light, in stops, as what presets are told."""
    red, blue, light = (float(value) for value in move)
    temperature, tint = _PER_CAST @ [_beyond(red, _NOISE_CAST), _beyond(blue, _NOISE_CAST)]
    cast = float(np.hypot(temperature, tint))
    part = _bounded(cast, _MOST_CAST, _NEVER_CAST) / cast if cast else 0.0
    exposure = _bounded(_beyond(light, _NOISE_EV), _MOST_EV, _NEVER_EV)
    return Shift(*(round(float(value), _DIGITS) + 0.0 for value in (exposure, part * temperature, part * tint)))


def _beyond(value: float, noise: float) -> float:
    return float(np.copysign(max(abs(value) - noise, 0.0), value))


def _bounded(value: float, most: float, never: float) -> float:
    """Return a value up to `most`, less of a larger one, and nothing from `never` on."""
    size = abs(value)
    if size > most:
        size = most * max(0.0, never - size) / (never - most)
    return float(np.copysign(size, value))


def _stops(temperature: float, tint: float) -> list[float]:
    """Return what white balance does to red over green and to blue over green."""
    red, green, blue = np.log2(gains(temperature, tint))
    return [red - green, blue - green]


# From stops to temperature and tint: what white balance does to channels is linear in both.
_PER_CAST = np.linalg.inv(np.array([_stops(1.0, 0.0), _stops(0.0, 1.0)]).T)
