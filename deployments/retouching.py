"""The retoucher as the settings want it, for workers of photobatch and for processes of other people's Ray."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from actors.worker.making import pixel_retoucher
from actors.worker.retoucher import Retoucher
from deployments.settings import Settings
from models.codec.header import Limits
from photobatch import __version__


def limits_of(settings: Settings) -> Limits:
    """Return the largest allowed photo."""
    return Limits(max_pixels=settings.max_pixels, max_bytes=settings.max_bytes)


def retoucher_of(settings: Settings, tables: Path, gpu: float | None = None) -> Callable[[], Retoucher]:
    """Return the maker of a retoucher; `gpu` is the part of a GPU that it may use, None: what Ray granted."""
    return partial(
        pixel_retoucher,
        tables,
        settings.models_dir,
        version=__version__,
        limits=limits_of(settings),
        gpu_jpeg=settings.gpu_jpeg,
        gpu=gpu,
    )
