"""The only access to LibRaw, by rawpy: imported when the first RAW file comes, and never in the ingress."""

import ctypes
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING

from models.codec.container import refusal
from models.codec.header import Limits, check_size
from models.errors import PhotoError

if TYPE_CHECKING:
    from rawpy import RawPy

_ASPECTS = (0.5, 2.0)  # of a pixel; LibRaw stretches the picture by it


@contextmanager
def opened(data: bytes, limits: Limits) -> Iterator["RawPy"]:
    """Open a RAW file whose size was checked; no pixels are unpacked yet.

    Any error in the block becomes PhotoError: `too_many_pixels`, `truncated`, `corrupt`, or `unsupported_media` for a
    camera that this LibRaw does not know.
    """
    library = _library()
    _use_one_thread(library)
    try:
        with library.RawPy() as raw:
            raw.open_buffer(io.BytesIO(data))
            _check(raw, limits)
            yield raw
    except PhotoError:
        raise
    except library.LibRawFileUnsupportedError as unknown:
        raise refusal.unknown_raw() from unknown
    except library.LibRawIOError as end:
        raise refusal.truncated() from end
    except Exception as damage:
        raise refusal.corrupt() from damage


def size_of(raw: "RawPy") -> tuple[int, int]:
    """Return width and height as displayed."""
    sizes = raw.sizes
    width, height = sizes.width, sizes.height
    if sizes.pixel_aspect < 1:
        height = round(height / sizes.pixel_aspect)
    else:
        width = round(width * sizes.pixel_aspect)
    return (height, width) if sizes.flip & 4 else (width, height)


def _check(raw: "RawPy", limits: Limits) -> None:
    sizes = raw.sizes
    if not _ASPECTS[0] <= sizes.pixel_aspect <= _ASPECTS[1]:
        raise refusal.corrupt()
    check_size(sizes.raw_width, sizes.raw_height, limits)  # with the masked borders, which are unpacked too
    check_size(*size_of(raw), limits)


@lru_cache(maxsize=1)
def _library() -> ModuleType:
    import rawpy  # noqa: PLC0415

    return rawpy


def _use_one_thread(library: ModuleType) -> None:
    """Let LibRaw's OpenMP compute in the calling thread alone: the workers are the parallelism."""
    with suppress(OSError, AttributeError):  # a build without OpenMP
        ctypes.CDLL(library._rawpy.__file__).omp_set_num_threads(1)
