"""torchvision, eager: `decode_jpeg`, a look-up a channel, `encode_jpeg`; torch.set_num_threads(1).

The look-up is `index_select` in strips that stay in cache. Of what torch has for this it is the fastest: for the whole
picture at once it takes half as long again, and a matrix with clamp, in strips too, three quarters more. If the look
mixes channels, `addmm` with the matrix goes before the look-up; multiplying channel by channel, look-ups that are
added and torchvision's own `adjust_saturation` all take longer. torchvision writes no metadata, so it turns photos
upright itself; EXIF and profile are lost, where all others keep them.
"""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from benchmarks.photos.floor import QUALITY
from benchmarks.rivals.fitted import Fitted

VERSIONS = {name: version(name) for name in ("torch", "torchvision")}
_ROWS = 32


def make(fitted: Fitted) -> Callable[[Path, Path], None]:
    """Return the work of a process of the pool."""
    import torch  # noqa: PLC0415
    from torchvision.io import ImageReadMode, decode_jpeg, encode_jpeg, read_file, write_file  # noqa: PLC0415

    torch.set_num_threads(1)
    curves = torch.from_numpy(fitted.curves)
    matrix = None if fitted.matrix is None else torch.from_numpy(fitted.matrix).float()
    half = torch.full((3, 1), 0.5)  # so that cutting off what is behind the point rounds

    def retouch(source: Path, target: Path) -> None:
        photo = decode_jpeg(read_file(str(source)), mode=ImageReadMode.RGB, apply_exif_orientation=True)
        graded = torch.empty_like(photo)
        for top in range(0, photo.shape[1], _ROWS):
            strip = photo[:, top : top + _ROWS]
            codes = strip.reshape(3, -1)
            if matrix is not None:
                codes = torch.addmm(half, matrix, codes.float()).clamp_(0, 255).int()
            for channel in range(3):
                found = torch.index_select(curves[channel], 0, codes[channel].int())
                graded[channel, top : top + _ROWS] = found.view(strip.shape[1:])
        write_file(str(target), encode_jpeg(graded, QUALITY))

    return retouch
