"""Position noise on a device."""

import numpy as np
import torch

from models.hash import PositionHash, Words


def noise_on(device: torch.device, places: PositionHash) -> torch.Tensor:
    """Compute `places.noise()` on the device, float32 (rows, columns)."""
    words = _tensor(places.flips, device)[:, None] ^ _tensor(places.places, device)
    # int32 multiplies modulo 2³² on every device. The upper 16 bits, as signed numbers, are -½ to ½.
    words.mul_(_tensor(places.factors, device)[:, None]).bitwise_and_(-65536)
    return words.to(torch.float32).mul_(2.0**-32).add_(0.5)


def _tensor(words: Words, device: torch.device) -> torch.Tensor:
    """The same bits as int32."""
    return torch.from_numpy(words.view(np.int32)).to(device)
