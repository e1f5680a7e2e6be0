"""`python -m deployments.retouch_process FD`: retouches photos for a stage in other people's Ray Data.

Messages come and go over the connection at FD; photobatch/stage/messages.py lists them. The process ends with the
connection.
"""

import faulthandler
import logging
import os
import sys
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from photobatch import __version__, server_code
from photobatch.stage.messages import Failed, Made, Photo, Ready, Recipe, Refused, Start, Wish

if TYPE_CHECKING:
    from actors.worker.retoucher import Retoucher
    from deployments.settings import Settings

# ruff: noqa: PLC0415 - a wish needs little, and what is missing is said over the connection

log = logging.getLogger(__name__)

_LATER_S = 5.0  # the other side ends a process that takes too long; the watchdog is for when that is gone
_INTERNAL = Failed(
    "internal_error", "Something went wrong on our side with this photo; the log of its actor has the traceback.", False
)
_NO_MEMORY = Failed("out_of_memory", "There was not enough memory for this photo; try again with fewer actors.", True)


def main() -> None:
    """Answer the first message, and photos after it."""
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    try:
        first = connection.recv()
        connection.send(checked(first) if isinstance(first, Wish) else serve(connection, first))
    except (EOFError, ConnectionError):
        return  # nobody waits any more


def checked(wish: Wish) -> Recipe | Refused:
    """Return the recipe of a wish."""
    from deployments.settings import SettingsError

    try:
        from deployments.recipes import recipe_of
        from models.errors import PhotoError
        from presets.errors import PresetError
    except ModuleNotFoundError as error:
        return _not_installed(error)
    try:
        return recipe_of(wish, _settings())
    except PresetError as error:
        return Refused(error.code, error.detail, error.field)
    except PhotoError as error:  # a LUT's, or a mask's
        return Refused(error.code, error.detail)
    except SettingsError as error:
        return Refused("invalid_settings", str(error))


def serve(connection: "Connection[Any, Any]", start: Start) -> Refused:
    """Get warm and answer photos until the connection ends; or return why that is not possible."""
    if start.recipe.version != __version__:
        detail = f"This node has photobatch {__version__}, the driver {start.recipe.version}; install the same on both."
        return Refused("other_version", detail)
    try:
        from deployments.retouching import retoucher_of
        from deployments.settings import SettingsError
        from models.errors import DeviceUnusableError

        settings = _settings()
        retoucher = retoucher_of(settings, settings.tables_dir, start.gpu)()
    except ModuleNotFoundError as error:
        return _not_installed(error)
    except SettingsError as error:
        return Refused("invalid_settings", str(error))
    except DeviceUnusableError as error:
        return Refused("gpu_unusable", f"The GPU that was granted cannot be used; leave num_gpus out: {error}")
    retoucher.warm()
    connection.send(Ready(retoucher.engine, settings.task_timeout))
    while True:
        photo = connection.recv()
        faulthandler.dump_traceback_later(settings.task_timeout + _LATER_S, exit=True)
        connection.send(retouched(retoucher, start.recipe, photo))
        faulthandler.cancel_dump_traceback_later()


def retouched(retoucher: "Retoucher", recipe: Recipe, photo: Photo) -> Made | Failed:
    """Return the outcome of a photo. Ends the process when the GPU is lost."""
    from actors.messages.records import BatchSpec
    from actors.worker.retoucher import retouch_alone
    from models.errors import DeviceLostError, PhotoError

    job = BatchSpec("", "", recipe.preset, recipe.output, thumbnails=recipe.thumbnails)
    attached = recipe.attached | ({"mask": photo.mask} if photo.mask is not None else {})
    try:
        made = retouch_alone(retoucher, photo.data, job, attached)
    except PhotoError as error:
        return Failed(error.code, error.detail, error.retryable)
    except MemoryError:
        return _NO_MEMORY
    except DeviceLostError:
        log.critical("the GPU is lost: this process ends", exc_info=True)
        os._exit(1)  # nothing would work in it any more
    except Exception:
        log.exception("a photo failed for a reason of our own")
        return _INTERNAL
    return Made(made.data, made.thumbnail, made.format, made.width, made.height, made.notes, made.faces)


def _settings() -> "Settings":
    from deployments.settings import load_settings

    return load_settings(redis_url=None, api_keys=None, rate_limit=None)  # these only matter to a server


def _not_installed(error: ModuleNotFoundError) -> Refused:
    sentence = f"The server is not installed (there is no module {error.name}). {server_code.how_to_install()}"
    return Refused("not_installed", sentence)


if __name__ == "__main__":
    main()
