"""The place of each result: the same tree, with unique names, also on file systems that ignore case."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePath

from photobatch.file_names import folded
from photobatch.first_bytes import format_of
from photobatch.inputs import InputPhoto, folder_identity
from photobatch.naming.formats import EXTENSIONS, FORMATS, WRITTEN_AS
from photobatch.naming.template import NameTemplate, TemplateError
from photobatch.refusal import RefusalError

_NO_DATE = datetime(1, 1, 1)


class Naming:
    """Names of results: the source's, with the extension of the format; or a template filled in.

    The format of a source is what its first bytes say: a JPEG that is named `.png` gives a `.jpg`.
    Fields are those of `photobatch.naming.template`; `{index}` counts from 1, as `{counter}`. `dates` says when photos
    were taken, by their path. Raises RefusalError on a bad template.
    """

    def __init__(
        self, output_format: str, template: str | None, preset: str, dates: Mapping[Path, datetime] | None = None
    ) -> None:
        self._format = output_format
        self._template = None if template is None else checked_template(template)
        self._preset = preset
        self._dates = dates or {}

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
        return self._template.fill(
            stem=stem,
            index=index + 1,
            counter=index + 1,
            date=self._dates.get(photo.path, _NO_DATE),
            extension=extension.lstrip("."),
            preset=self._preset,
        )

    def _extension(self, photo: InputPhoto) -> str:
        suffix = photo.place.suffix
        named = FORMATS.get(suffix.lower(), "")
        source = (format_of(photo.path) or named) if self._format == "same" else named
        wanted = WRITTEN_AS.get(source, source) if self._format == "same" else self._format
        return suffix if wanted == named else EXTENSIONS[wanted]


def checked_template(template: str) -> NameTemplate:
    """Read a template; raises RefusalError."""
    try:
        return NameTemplate.checked(template)
    except TemplateError as error:
        raise RefusalError(f"--name {template} is no name template: {error}.") from None


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
        planned[index] = free_place(place, taken.__contains__)
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


def free_place(place: PurePath, is_taken: Callable[[str], bool]) -> PurePath:
    """Return the place, or the next free one like it; `is_taken` is asked for folded paths."""
    free, number = place, 1
    while is_taken(_key(free)):
        number += 1
        free = place.with_name(f"{place.stem}~{number}{place.suffix}")
    return free
