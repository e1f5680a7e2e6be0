"""The place of each result: the same tree, with unique names, also on file systems that ignore case."""

import os
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from photobatch.file_names import folded
from photobatch.first_bytes import format_of
from photobatch.inputs import FORMATS, InputPhoto, folder_identity
from photobatch.refusal import RefusalError

EXTENSIONS = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "avif": ".avif", "tiff": ".tif"}
WRITTEN_AS = {"heic": "jpeg", "raw": "jpeg", "bmp": "png", "gif": "png"}  # formats that are read and not written


class Naming:
    """Names of results: the source's, with the extension of the format; or a template filled in.

    The format of a source is what its first bytes say: a JPEG that is named `.png` gives a `.jpg`.
    `{stem}`, `{index}` (from 1 in the order of the inputs; `{index:04}` pads), `{ext}` without its dot,
    `{preset}`. Without `{ext}` the extension is appended. Raises RefusalError on a bad template.
    """

    def __init__(self, output_format: str, template: str | None, preset: str) -> None:
        self._format = output_format
        self._template = template
        self._preset = preset.replace("/", "-")
        self._fields = _fields(template) if template is not None else set()

    def keeps_extension(self, photo: InputPhoto) -> bool:
        """Return whether the result's extension is the source's own."""
        return self._extension(photo) == photo.place.suffix

    def name(self, photo: InputPhoto, index: int, *, whole: bool = False) -> str:
        """Return the result's file name; with `whole` the source's extension stays inside: `a.png.jpg`."""
        suffix = photo.place.suffix
        known = suffix.lower() in FORMATS
        stem = photo.place.stem if known and not whole else photo.place.name
        extension = self._extension(photo) if known or self._format != "same" else ""
        if self._template is None:
            return stem + extension
        name = self._template.format(stem=stem, index=index + 1, ext=extension.lstrip("."), preset=self._preset)
        return name if "ext" in self._fields else name + extension

    def _extension(self, photo: InputPhoto) -> str:
        suffix = photo.place.suffix
        named = FORMATS.get(suffix.lower(), "")
        source = (format_of(photo.path) or named) if self._format == "same" else named
        wanted = WRITTEN_AS.get(source, source) if self._format == "same" else self._format
        return suffix if wanted == named else EXTENSIONS[wanted]


def _fields(template: str) -> set[str]:
    """Return the fields of a template; raises RefusalError when it cannot name results."""
    try:
        parsed = list(string.Formatter().parse(template))
        template.format(stem="", index=1, ext="", preset="")
    except (ValueError, LookupError, AttributeError):
        parsed = [("", "", "", None)]
    fields = {field for _, field, _, _ in parsed if field is not None}
    nested = any("{" in (spec or "") for _, _, spec, _ in parsed)
    if nested or not fields <= {"stem", "index", "ext", "preset"} or not fields & {"stem", "index"}:
        raise RefusalError(
            f"--name {template} is no name template. Use {{stem}} or {{index}}, "
            "and {ext} and {preset} where wanted: --name '{stem}-{preset}.{ext}'."
        )
    if template.startswith(".") or any(character in template for character in "/\\\0"):
        raise RefusalError("--name gives names, not folders: leave out /, \\ and a leading dot.")
    return fields


def plan(photos: Sequence[InputPhoto], naming: Naming) -> list[PurePath]:
    """Return each result's place below the output folder; places are unique, also without case.

    If several photos would get the same name, the one that keeps its extension gets it, and the others keep their
    extension inside. Remaining duplicates are numbered in the order of the inputs. A photo without competitors is
    named only by its own name.
    """
    wanted = [photo.place.parent / naming.name(photo, index) for index, photo in enumerate(photos)]
    rivals = Counter(_key(place) for place in wanted)
    taken = {_key(folder) for place in wanted for folder in place.parents}
    yields = [
        rivals[_key(place)] > 1 and not naming.keeps_extension(photo)
        for photo, place in zip(photos, wanted, strict=True)
    ]
    planned = list(wanted)
    for index in sorted(range(len(photos)), key=yields.__getitem__):
        place = wanted[index]
        if yields[index]:
            place = place.with_name(naming.name(photos[index], index, whole=True))
        planned[index] = _free(place, taken)
        taken.add(_key(planned[index]))
    return planned


def refuse_overwriting(photos: Iterable[InputPhoto], outputs: Iterable[Path]) -> None:
    """Raise RefusalError if a result would be written into a folder from which photos are read."""
    sources = {folder_identity(folder): folder for folder in {photo.path.parent for photo in photos}}
    for folder in {output.parent for output in outputs}:
        identity = folder_identity(folder)
        if identity is not None and identity in sources:
            raise RefusalError(
                f"Results would be written into {folder}, where photos are read from. "
                "Choose another --out folder, so that no photo is overwritten."
            )


def _key(place: PurePath) -> str:
    return folded(os.fspath(place))


def _free(place: PurePath, taken: set[str]) -> PurePath:
    free, number = place, 1
    while _key(free) in taken:
        number += 1
        free = place.with_name(f"{place.stem}~{number}{place.suffix}")
    return free
