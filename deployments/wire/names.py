"""File names from clients: made safe to show, store and send back."""

import re
import unicodedata
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from deployments.wire.problems import ApiError
from photobatch.naming.results import ResultNames
from photobatch.naming.template import NameTemplate, TemplateError

LONGEST, MOST_BYTES = 200, 240  # file systems allow 255 bytes, and programs that save a file may add some
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
    """Raise ApiError if a template cannot name results."""
    try:
        if template is not None:
            NameTemplate.checked(template)
    except TemplateError as error:
        raise ApiError("invalid_request", f"output.name is no template of names: {error}.", "output.name") from None


def names_of(batch: dict[str, Any], wanted: str = "same") -> ResultNames:
    """Return what names the results of a batch, from the coordinator's view of it.

    `wanted` is the format of a variant, whose files lie in a folder of their own.
    """
    output, preset = batch["output"], batch["preset"]
    return ResultNames(
        output.get("name"),
        preset["id"] or preset["type"],
        output.get("format", "same") if wanted == "same" else wanted,
        datetime.fromtimestamp(batch["created_at"], UTC),
    )


def told_of(photo: dict[str, Any], variant: str | None = None) -> tuple[str, int, str | None, str | None]:
    """Return what the name of a photo's result, or of a variant, is made of, as arguments for `ResultNames`."""
    result = photo["result"]
    if result is None:
        return photo["name"], photo["index"], None, None
    key = result["key"] if variant is None else result["also"][variant]["key"]
    return photo["name"], photo["index"], PurePosixPath(key).suffix.removeprefix("."), result.get("taken")


def content_disposition(name: str, *, inline: bool) -> str:
    """Return the header (RFC 6266), with the name in ASCII and, if that loses something, in full (RFC 8187)."""
    kind = "inline" if inline else "attachment"
    plain = "".join(char if 32 <= ord(char) < 127 and char not in '"\\%' else "_" for char in name)
    if plain == name:
        return f'{kind}; filename="{plain}"'
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
