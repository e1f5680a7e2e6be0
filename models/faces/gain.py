"""Beauty in a gain map: texture that was smoothed in the picture does not come back on an HDR screen."""

from collections.abc import Iterable

import cv2
import numpy as np

from models.faces.faces import Float
from models.faces.patch import Patch
from models.faces.planes import spread
from models.gain_map import GainMap, Samples

_STRONG = 2.0  # a cell that loses half of its texture or more gets the mean of the map around it
_REACH = 4.0  # σ of that mean, in cells


def calmed(gain_map: GainMap, patches: Iterable[Patch], height: int, width: int) -> GainMap:
    """Return the map of a picture of `height` × `width` pixels, smoothed where patches smooth the picture."""
    samples = gain_map.samples
    for patch in patches:
        samples = _calmed(samples, patch, samples.shape[1] / width, samples.shape[0] / height)
    return gain_map if samples is gain_map.samples else gain_map.changed(samples)


def _calmed(samples: Samples, patch: Patch, across: float, down: float) -> Samples:
    """`across` and `down` are samples a pixel."""
    x0, x1 = (min(samples.shape[1], max(0, round(x * across))) for x in (patch.x0, patch.x1))
    y0, y1 = (min(samples.shape[0], max(0, round(y * down))) for y in (patch.y0, patch.y1))
    strength = np.clip(-_STRONG * patch.planes[0], 0, 1)
    if x0 >= x1 or y0 >= y1 or not strength.any():
        return samples
    weight = _on_samples(strength, patch, (x0, y0, x1, y1), across, down)
    part = samples[y0:y1, x0:x1].astype(np.float32)
    sigma = max(0.5, _REACH * patch.step * across)
    means = np.dstack(
        [spread(np.ascontiguousarray(part[:, :, channel]), weight, sigma) for channel in range(part.shape[2])]
    )
    changed = samples.copy()
    changed[y0:y1, x0:x1] = np.rint(part + weight[:, :, None] * (means - part))
    return changed


def _on_samples(strength: Float, patch: Patch, area: tuple[int, int, int, int], across: float, down: float) -> Float:
    """Return the cells' strength on the samples of an area of the map, float32 (h, w)."""
    x0, y0, x1, y1 = area
    to_cells = np.asarray(
        (
            (1 / (across * patch.step), 0, ((x0 + 0.5) / across - patch.x0) / patch.step - 0.5),
            (0, 1 / (down * patch.step), ((y0 + 0.5) / down - patch.y0) / patch.step - 0.5),
        )
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    found = cv2.warpAffine(strength, to_cells, (x1 - x0, y1 - y0), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)
