"""torchvision, eager: `decode_jpeg`, a look-up a channel, `encode_jpeg`; torch.set_num_threads(1).

The look-up is `index_select` in strips that stay in cache. Of what torch has for this it is the fastest: for the whole
picture at once it takes half as long again, and a matrix with clamp, in strips too, three quarters more. torchvision
writes no metadata, so it turns photos upright itself; EXIF and profile are lost, where all others keep them.
"""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from benchmarks.floor import QUALITY
from benchmarks.rivals.look import Look

VERSIONS = {name: version(name) for name in ("torch", "torchvision")}
_ROWS = 32


def make(look: Look) -> Callable[[Path, Path], None]:
    """What a process of the pool does."""
    import torch  # noqa: PLC0415
    from torchvision.io import ImageReadMode, decode_jpeg, encode_jpeg, read_file, write_file  # noqa: PLC0415

    torch.set_num_threads(1)
    curves = torch.from_numpy(look.curves)

    def retouch(source: Path, target: Path) -> None:
        photo = decode_jpeg(read_file(str(source)), mode=ImageReadMode.RGB, apply_exif_orientation=True)
        graded = torch.empty_like(photo)
        for top in range(0, photo.shape[1], _ROWS):
            for channel in range(3):
                strip = photo[channel, top : top + _ROWS]
                found = torch.index_select(curves[channel], 0, strip.flatten().int())
                graded[channel, top : top + _ROWS] = found.view(strip.shape)
        write_file(str(target), encode_jpeg(graded, QUALITY))

    return retouch
