"""File names from clients: made safe to show, store and send back."""

import re
import unicodedata
from pathlib import PurePosixPath
from string import Formatter
from urllib.parse import quote

from deployments.wire.problems import ApiError
from photobatch.file_names import folded, safe

LONGEST, MOST_BYTES = 200, 240  # file systems allow 255 bytes, and programs that save a file may add some
_FIELDS = ("stem", "index", "ext", "preset")
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,100}(\.[A-Za-z0-9]{1,10})?")  # most names, which need no change


def safe_name(name: str, otherwise: str = "photo") -> str:
    """Return the last part of a path, NFC, without control characters, at most 200 characters and 240 bytes long."""
    if _PLAIN.fullmatch(name):
        return name
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = "".join(char for char in name if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    name = name.strip(" ")
    if name.strip(".") == "":
        return otherwise
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix[:20]
    room = MOST_BYTES - len(suffix.encode())
    return stem[: LONGEST - len(suffix)].encode()[:room].decode(errors="ignore") + suffix


def check_template(template: str | None) -> None:
    """Raise ApiError if a template of result names has an unknown field."""
    try:
        fields = [field for _, field, spec, conversion in Formatter().parse(template or "") if field is not None]
        plain = all(not spec and not conversion for _, _, spec, conversion in Formatter().parse(template or ""))
    except ValueError:
        fields, plain = [], False
    if not plain or not set(fields) <= set(_FIELDS):
        known = ", ".join(f"{{{field}}}" for field in _FIELDS)
        raise ApiError("invalid_request", f"output.name may use {known} and no other braces.", "output.name")


def result_name(template: str | None, *, name: str, index: int, extension: str, preset: str) -> str:
    """Return the name of a result, valid on any system; `extension` has no dot, and is added if there is none."""
    template = template or "{stem}"
    if "{ext}" not in template:
        template += ".{ext}"
    stem = PurePosixPath(safe_name(name)).stem
    filled = template.format(stem=stem, index=index, ext=extension, preset=preset)
    return safe(safe_name(filled, f"photo.{extension}"))


def content_disposition(name: str, *, inline: bool) -> str:
    """Return the header (RFC 6266), with the name in ASCII and, if that loses something, in full (RFC 8187)."""
    kind = "inline" if inline else "attachment"
    plain = "".join(char if 32 <= ord(char) < 127 and char not in '"\\%' else "_" for char in name)
    if plain == name:
        return f'{kind}; filename="{plain}"'
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


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
