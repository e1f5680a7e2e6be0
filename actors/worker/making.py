"""Makes the retoucher in the worker's process. Importing this module needs no OpenCV; `pixels.py` does."""

from pathlib import Path
from typing import TYPE_CHECKING

from actors.worker.retoucher import Retoucher

if TYPE_CHECKING:
    from models.codec.header import Limits


def pixel_retoucher(
    tables: Path,
    models: Path,
    *,
    version: str,
    limits: "Limits",
    gpu_jpeg: bool = False,
    gpu: float | None = None,
) -> Retoucher:
    """Return the retoucher of real photos, with tables and weights in these folders.

    `gpu` is the part of a GPU that it may use; None: what Ray granted this process.
    """
    from actors.worker.pixels import PixelRetoucher  # noqa: PLC0415

    return PixelRetoucher(tables, models, version=version, limits=limits, gpu_jpeg=gpu_jpeg, gpu=gpu)
