"""The inpainter that needs no weights."""

import logging
from pathlib import Path

from models.compiled.library import LibraryError
from models.compiled.patches.patches import Patches
from models.erase.fill import Inpainter, Telea
from models.fallbacks import fell_back

log = logging.getLogger(__name__)


def inpainter_for(folder: Path) -> Inpainter:
    """Return the compiled one, whose library is kept in `folder`; OpenCV's method where that is impossible."""
    try:
        return Patches(folder)
    except LibraryError as why:
        fell_back("erase_blurred")
        log.warning("no compiled fill of holes, OpenCV's method takes its place and is blurred: %s", why)
        return Telea()
