"""What else is made of a finished picture: its mark, and further outputs."""

import base64
from dataclasses import dataclass, replace

import numpy as np

from actors.messages.records import Json
from actors.worker.retoucher import Variant
from models.codec import OutputOptions, encode
from models.mark import Mark
from models.picture import Picture
from presets.pipeline import shrink


def mark_of(wanted: Json | None) -> Mark | None:
    """Return the mark that the output options ask for."""
    if wanted is None:
        return None
    png = None if wanted["image"] is None else base64.b64decode(wanted["image"].partition(",")[2])
    return Mark(wanted["text"], png, wanted["corner"], wanted["opacity"], wanted["size"])


@dataclass(frozen=True, slots=True)
class Also:
    """A further output, as it is wanted."""

    name: str
    max_side: int | None
    options: OutputOptions

    @classmethod
    def of(cls, wanted: Json, result: OutputOptions) -> "Also":
        """Return one of `also` of the output options; what it leaves open is as in the result."""
        name = result.format if wanted["format"] == "same" else wanted["format"]
        return cls(wanted["name"], wanted["max_side"], replace(result, format=name, quality=wanted["quality"]))

    def made(self, picture: Picture, mark: Mark | None) -> Variant:
        """Encode the finished picture once more. Raises PhotoError."""
        copy = replace(picture, parts=None, notes=list(picture.notes))
        if self.max_side is not None:
            shrink(copy, self.max_side)
        if mark is not None:
            copy.pixels = np.array(copy.pixels)
            copy.deep = None if copy.deep is None else np.array(copy.deep)
            mark.lay(copy)
        encoded = encode(copy, self.options)
        return Variant(self.name, encoded.data, encoded.format, encoded.width, encoded.height)
