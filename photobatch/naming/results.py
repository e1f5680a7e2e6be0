"""The names of a batch's results: in the archive, in a download and in a folder they are the same."""

from datetime import datetime
from pathlib import PurePosixPath

from photobatch.file_names import folded
from photobatch.naming.formats import likely_extension
from photobatch.naming.template import template_of


class UniqueNames:
    """Gives each file in a folder a unique name, by adding " (2)" and so on; case does not distinguish names."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}

    def take(self, name: str) -> str:
        """Return the name, or the next free one like it."""
        path = PurePosixPath(name)
        chosen = name
        while (taken := folded(chosen)) in self._taken:
            self._counts[folded(name)] = count = self._counts.get(folded(name), 1) + 1
            chosen = f"{path.stem} ({count}){path.suffix}"
        self._taken.add(taken)
        return chosen


class ResultNames:
    """The names of a batch's results; `name` for one of them, `take` for all in their order, without doubles."""

    def __init__(self, template: str | None, preset: str, wanted: str, created_at: datetime) -> None:
        """`wanted` is `format` of the output options; `created_at` dates photos that do not say when they were taken.

        All four never change, so a photo has the same name after a restart.
        """
        self._template = template_of(template)
        self._preset = preset
        self._wanted = wanted
        self._created_at = created_at
        self._unique = UniqueNames()

    def name(self, photo: str, index: int, extension: str | None = None, taken: str | None = None) -> str:
        """Return the name of one result: of a file name, the photo's position, and what its result says of it.

        `extension` is that of the result without its dot, None while there is none; `taken` is in ISO 8601.
        """
        return self._template.fill(
            stem=PurePosixPath(photo.replace("\\", "/")).stem or "photo",
            index=index,
            counter=index + 1,
            date=_date(taken) or self._created_at,
            extension=extension or likely_extension(photo, self._wanted),
            preset=self._preset,
        )

    def take(self, photo: str, index: int, extension: str | None = None, taken: str | None = None) -> str:
        """Return the name of the next photo, with a number if an earlier one has it.

        Pass every photo in order, also one without a result: then names do not depend on which results exist.
        """
        return self._unique.take(self.name(photo, index, extension, taken))


def _date(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
