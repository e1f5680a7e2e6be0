"""Names of results in a folder: valid on every system, and unique."""

import re
from pathlib import PurePath, PurePosixPath

from photobatch.file_names import folded, safe
from photobatch.inputs import FORMATS
from photobatch.outputs import WRITTEN_AS
from photobatch.schemas import Batch, Photo

_EXTENSIONS = {"jpeg": "jpg", "tiff": "tif"}
_BRACES = re.compile(r"\{\{|\}\}|\{(stem|index|ext|preset)\}")


class ResultNames:
    """Names the results of one batch. Pass every photo in order, also one without a result:

    then names do not depend on which results exist already.
    """

    def __init__(self, batch: Batch) -> None:
        self._output = batch.output
        self._preset = batch.preset.id or batch.preset.type
        self._taken: set[str] = set()

    def take(self, photo: Photo) -> str:
        """Return the file name of a photo's result."""
        extension = self._extension(photo)
        template = self._output.name or "{stem}"
        if "{ext}" not in template:
            template += ".{ext}"
        stem = PurePosixPath(photo.name.replace("\\", "/")).stem or "photo"
        fields = {"stem": stem, "index": str(photo.index), "ext": extension, "preset": self._preset}
        name = safe(_BRACES.sub(lambda found: fields[found[1]] if found[1] else found[0][0], template))
        path, free, number = PurePath(name), name, 1
        while folded(free) in self._taken:
            number += 1
            free = f"{path.stem} ({number}){path.suffix}"
        self._taken.add(folded(free))
        return free

    def _extension(self, photo: Photo) -> str:
        """Return the extension of a result; for a future result, the likely one."""
        if photo.result is not None:
            made = photo.result.format
        elif self._output.format != "same":
            made = self._output.format
        else:
            source = FORMATS.get(PurePosixPath(photo.name).suffix.lower(), "jpeg")
            made = WRITTEN_AS.get(source, source)
        return _EXTENSIONS.get(made, made)
