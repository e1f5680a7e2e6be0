"""Retouching in a pipeline of your own: a stage for Ray Data. docs/ray-data.md shows it.

from photobatch.ray import Retouch

photos = ray.data.read_binary_files("s3://bucket/in", include_paths=True)
retouched = photos.map_batches(Retouch("beauty_light"), batch_format="pyarrow", batch_size=4)
"""

import hashlib
import logging
import os
import pickle
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ValidationError

from photobatch.errors import InvalidRequestError, NotFoundError, UnavailableError, of_validation
from photobatch.naming.formats import EXTENSIONS, FORMATS
from photobatch.schemas import OutputOptions
from photobatch.stage.batches import Columns, photos_of, table_of, with_outcomes
from photobatch.stage.messages import Failed, Made, Photo, Recipe, Wish
from photobatch.stage.process import ProcessError, RefusedError, Retoucher, checked

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger(__name__)


class Stage:
    """A stage for `Dataset.map_batches`; `Retouch` makes one. Ray Data constructs it once in each of its actors.

    An actor is warm from the beginning. It uses the part of a GPU that Ray granted it (`num_gpus`), or else one CPU.
    """

    recipe: ClassVar[Recipe]
    columns: ClassVar[Columns]

    def __init__(self) -> None:
        try:
            self._retoucher = Retoucher(self.recipe, _granted_gpu())
        except RefusedError as error:
            raise UnavailableError(error.refused.code, error.refused.detail) from None

    def __call__(self, batch: Any) -> "pa.Table":
        """Return the batch with its photos retouched; a photo that fails has null bytes and an `error`.

        `batch` is a pyarrow.Table, a pandas.DataFrame or a dict of numpy arrays. Raises ValueError when the column of
        photos is missing or holds no bytes.
        """
        table = table_of(batch)
        return with_outcomes(table, self.columns, map(self._outcome, photos_of(table, self.columns)))

    def _outcome(self, photo: Photo | Failed) -> Made | Failed:
        if isinstance(photo, Failed):
            return photo
        try:
            return self._retoucher.retouch(photo)
        except (ProcessError, RefusedError):
            if not _in_an_actor():
                raise
            log.critical("no process that computes can start here any more: the actor ends", exc_info=True)
            os._exit(1)  # an exception would end the job; Ray starts a dead actor again, on another node if it must


def Retouch(  # noqa: N802 - it returns a class, and stands where Ray Data wants one
    preset: str | os.PathLike[str] | None = None,
    *,
    preset_type: str | None = None,
    params: Mapping[str, Any] | None = None,
    output: OutputOptions | Mapping[str, Any] | None = None,
    column: str = "bytes",
    mask_column: str | None = None,
    thumbnails: bool = False,
) -> type[Stage]:
    """Return a stage: a class that `Dataset.map_batches` makes its actors of.

    `preset` is the id of a built-in preset, or the Path of a file: YAML with `type` and `params`, or a `.xmp` preset of
    Lightroom. Without it `preset_type` begins with neutral parameters. `params` override its own; there `lut` and
    `mask` are local files.
    `output` says how results are written. `column` holds the files, and gets the results. `mask_column` holds a mask
    for each photo, for erase; null: none. `thumbnails` adds a column `thumbnail` of small JPEGs.

    The columns `format`, `width`, `height`, `notes`, `faces` and `error` are added; all others pass through.

    Raises NotFoundError (`unknown_preset`), InvalidRequestError, UnavailableError (`not_installed`), at once.
    """
    if preset is not None and not isinstance(preset, str | os.PathLike):  # map_batches(Retouch) calls it with a batch
        raise TypeError(f"Retouch takes a preset, not {type(preset).__name__}: map_batches(Retouch('beauty_light')).")
    wish = Wish(
        preset=preset if isinstance(preset, str | None) else Path(preset),
        preset_type=preset_type,
        params=dict(params or {}),
        output=_output(output),
        thumbnails=thumbnails,
        masks=mask_column is not None,
    )
    recipe = _recipe(wish)
    columns = Columns(column, mask_column, thumbnails)
    # Ray Data finds the instance in an actor by the qualified name of its class: two stages must not share one.
    digest = hashlib.sha256(pickle.dumps((recipe, columns))).hexdigest()[:16]
    made = {"recipe": recipe, "columns": columns, "__qualname__": f"Retouch_{digest}", "__doc__": Stage.__doc__}
    return type(f"Retouch({recipe.preset['id'] or recipe.preset['type']})", (Stage,), made)


def result_path(path: str, result_format: str) -> str:
    """Return a result's path: that of its source if the extension fits, else with the result's own behind it.

    So no two results meet: `a.jpg` stays, `a.heic` becomes `a.heic.jpg`.
    """
    fits = FORMATS.get(PurePosixPath(path).suffix.lower()) == result_format
    return path if fits else path + EXTENSIONS[result_format]


def _output(given: OutputOptions | Mapping[str, Any] | None) -> dict[str, Any]:
    try:
        output = OutputOptions.model_validate(given or {})
    except ValidationError as error:
        raise of_validation(error, "output") from None
    if output.name is not None:
        raise InvalidRequestError("invalid_request", "A stage writes no files: leave output.name out.", field="output")
    if output.also:
        raise InvalidRequestError("invalid_request", "A stage gives one output: leave output.also out.", field="output")
    return output.model_dump()


def _recipe(wish: Wish) -> Recipe:
    try:
        return checked(wish)
    except RefusedError as error:
        code, detail, field = error.refused.code, error.refused.detail, error.refused.field
    if code == "unknown_preset":
        raise NotFoundError(code, detail, field=field)
    if code in ("not_installed", "invalid_settings"):
        raise UnavailableError(code, detail)
    raise InvalidRequestError(code, detail, field=field)


def _granted_gpu() -> float:
    """Return the part of a GPU that Ray granted this process, 0.0 for none."""
    import ray  # noqa: PLC0415 - the light client has none

    if not (ray.is_initialized() and ray.get_gpu_ids()):
        return 0.0
    assigned: dict[str, float] = ray.get_runtime_context().get_assigned_resources()  # type: ignore[no-untyped-call]
    return assigned.get("GPU", 1.0)


def _in_an_actor() -> bool:
    import ray  # noqa: PLC0415

    return ray.is_initialized() and ray.get_runtime_context().get_actor_id() is not None
