"""Who changes the pixels of a photo once the ops have looked at it."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from models.compiled.applier import CompiledApplier
from models.compiled.library import LibraryError
from models.faces.patch import Patch
from models.finish import Finish
from models.neural.installed import HOW, has_torch
from models.picture import Pixels

log = logging.getLogger(__name__)


class Applier(Protocol):
    """Carries out what the ops found to do. All appliers give the same bytes.

    `pixels` are uint8 (H, W, 4), C-contiguous and writable, and are changed in place; alpha stays. What becomes of a
    pixel depends on itself and its position alone. `seed` is 32 bits that stand for the input's content.
    """

    engine: str  # what computes, for those who ask what the bytes depend on

    def lay(self, pixels: Pixels, patches: Sequence[Patch], seed: int) -> None:
        """Lays patches over faces, one after the other; patch i takes the dither of seed + i."""

    def finish(self, pixels: Pixels, finish: Finish, seed: int) -> None:
        """Changes every pixel."""

    def reduce(self, pixels: Pixels, step: int) -> Pixels:
        """The small picture that ops look at: see models.reduce.reduce_cells."""


def applier_for(folder: Path, gpu: float) -> Applier:
    """torch on a GPU, else the compiled library, kept in `folder`; torch on the CPU where there can be none.

    `gpu` is the part of one that this process was granted, 0 for none. torch is imported only where it computes: it
    takes more than a second and 450 MB. Raises LibraryError where neither is there.
    """
    if gpu:
        from models.eager.applier import EagerApplier  # noqa: PLC0415
        from models.neural.device import device_for  # noqa: PLC0415

        if device_for(gpu) == "cuda":
            return EagerApplier("cuda")
        log.warning("torch finds no GPU, though there should be one; the CPU takes its place")
    try:
        return CompiledApplier(folder)
    except LibraryError as why:
        if not has_torch():
            raise LibraryError(f"{why}, and torch, which would take its place, is not installed: {HOW}") from why
        from models.eager.applier import EagerApplier  # noqa: PLC0415

        log.warning("no compiled pixel operations, torch takes their place and is slower: %s", why)
        return EagerApplier("cpu")
