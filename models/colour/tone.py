"""Highlights and shadows: bend luma at one end, and scale the colours with it."""

import numpy as np

from models.colour.chroma import Planes, luma
from models.colour.curves import Floats

# The strength at a slider's end: towards the middle (shadows open, highlights recover) and away from it. Away, the
# slope at black or white falls to 0.3; towards it, the slope in between falls to 0.6, so no step of a ramp is lost.
_TOWARDS_MIDDLE, _AWAY = 1.7, 0.7


def relight(planes: Planes, highlights: float, shadows: float) -> Planes:
    """Shadows, then highlights, each -1..1, on encoded values.

    Luma y goes to y + a y (1-y)^4 and then to y + b (1-y) y^4: each rises, keeps black and white, and hardly
    touches the other's end.
    """
    a = shadows * (_TOWARDS_MIDDLE if shadows > 0 else _AWAY)
    b = highlights * (_AWAY if highlights > 0 else _TOWARDS_MIDDLE)
    y = luma(*planes)
    # The ratio to y is a polynomial too; beyond black and white it stays constant.
    inside = np.clip(y, 0, 1)
    rest = 1 - inside
    cubed = rest * rest * rest
    opened = 1 + a * cubed * rest
    bent = inside * opened
    bent_cubed = bent * bent * bent
    scale = opened * (1 + b * (1 - bent) * bent_cubed)
    gain = scale / ((1 - a * inside * cubed) * (1 - b * bent_cubed * bent))
    return brighten(planes, y, scale, gain)


def brighten(planes: Planes, y: Floats, scale: Floats, gain: Floats) -> Planes:
    """Move colours from their luma `y` to `scale` times it; hues stay.

    `gain` is what `scale` does to y / (1-y). Darker colours keep the proportions of their channels. Brighter
    ones would leave sRGB so; their largest channel x goes to gain x / (1 + (gain-1) x) instead, Schlick's
    bias (Graphics Gems IV) with y's own gain: dark colours scale all the same, 1 stays 1, nothing clips.
    """
    r, g, b = planes
    most = np.maximum(np.maximum(np.maximum(r, g), b), 0)
    stretch = scale / (1 + np.maximum(gain - 1, 0) * most)
    bright = scale * y
    return bright + stretch * (r - y), bright + stretch * (g - y), bright + stretch * (b - y)
