"""What results are called in a folder: safe on every system, and one name a photo."""

import re
from pathlib import PurePath, PurePosixPath

from photobatch.file_names import folded, safe
from photobatch.inputs import FORMATS
from photobatch.outputs import WRITTEN_AS
from photobatch.schemas import Batch, Photo

_EXTENSIONS = {"jpeg": "jpg", "tiff": "tif"}
_BRACES = re.compile(r"\{\{|\}\}|\{(stem|index|ext|preset)\}")


class ResultNames:
    """Names the results of one batch. Every photo must be shown, in its order, also one that has no result:

    then a name stays the same however many others have theirs by now.
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
        """Return what the result's format is called; for one that is still to come, what it will likely be."""
        if photo.result is not None:
            made = photo.result.format
        elif self._output.format != "same":
            made = self._output.format
        else:
            source = FORMATS.get(PurePosixPath(photo.name).suffix.lower(), "jpeg")
            made = WRITTEN_AS.get(source, source)
        return _EXTENSIONS.get(made, made)
