"""The photos of a submit: files, folders, URLs, with or without their own parameters."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from photobatch.errors import InvalidRequestError
from photobatch.inputs import collect
from photobatch.refusal import RefusalError
from photobatch.schemas import PhotoInput

_ADDRESS = re.compile(r"upload:|batch:|[A-Za-z][A-Za-z0-9+.-]+://")  # a single letter is a drive


@dataclass(frozen=True, slots=True)
class Given:
    """One photo: a local file (Path), or a source that the server fetches (str)."""

    source: Path | str
    params: dict[str, Any] = field(default_factory=dict)


PhotoLike = str | os.PathLike[str] | PhotoInput | Given


def is_address(source: str) -> bool:
    """Say whether it is a URL for the server; otherwise it is a local path."""
    return _ADDRESS.match(source) is not None


def photos_of(inputs: PhotoLike | Iterable[PhotoLike], *, recursive: bool, may_be_empty: bool = False) -> list[Given]:
    """Return every photo, in the order of the inputs; folders are searched as by `photobatch run`.

    A string that begins like a URL is one; anything else is a local path. Photos found before (Given) are not searched
    again. Raises InvalidRequestError.
    """
    given = [inputs] if isinstance(inputs, str | os.PathLike | PhotoInput | Given) else list(inputs)
    photos = [photo for one in given for photo in _photos(one, recursive)]
    if not photos and not may_be_empty:
        raise InvalidRequestError("no_photos", "A batch needs at least one photo: name files, folders or URLs.")
    return photos


def _photos(one: PhotoLike, recursive: bool) -> list[Given]:
    if isinstance(one, Given):
        return [one]
    params = one.params if isinstance(one, PhotoInput) else {}
    source = one.source if isinstance(one, PhotoInput) else one
    if isinstance(source, str) and is_address(source):
        return [Given(source, params)]
    try:
        found = collect([Path(source)], recursive=recursive, out=None).photos
    except RefusalError as error:
        sentence = error.sentence.replace("--recursive looks", "recursive=True looks")
        raise InvalidRequestError("no_such_photo", sentence) from None
    return [Given(photo.path, params) for photo in found]
