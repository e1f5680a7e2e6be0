"""Checks of the sources that a submit names, before the batch is accepted."""

from collections.abc import Collection, Iterable
from typing import Any

from actors.coordinator.expansion import is_prefix
from actors.messages.errors import SourceError
from actors.sources.fetch import SCHEMES, Roots, allowed_object, allowed_path
from actors.sources.web_address import web_address
from deployments.wire.problems import ApiError
from storage import remote
from storage.errors import InvalidKeyError
from storage.keys import upload_key

UPLOAD = "upload:"


def check_source(source: str, field: str, roots: Roots, *, prefixes: bool = False) -> None:
    """Raise ApiError `invalid_source` or `forbidden_path` for a source that no worker could fetch; reads no file.

    `prefixes`: whether a prefix may be named.
    """
    scheme, colon, rest = source.partition(":")
    if not colon or scheme not in SCHEMES:
        detail = f"{field} must start with https:, http:, upload:, file:, s3:, gs: or az:."
        raise ApiError("invalid_source", detail, field)
    if any(ord(char) <= 32 or ord(char) == 127 for char in source):
        raise ApiError("invalid_source", f"{field} has blanks or control characters; percent-encode them.", field)
    if scheme == "upload":
        _check_upload(rest, field)
    elif scheme == "file":
        _check_file(source, field, roots.files)
    elif scheme in remote.SCHEMES:
        _check_object(source, field, roots.objects, prefixes)
    else:
        _check_web(source, field)


def check_mask(params: dict[str, Any], where: str, roots: Roots) -> None:
    """Check the mask that parameters name, if any; raises ApiError as `check_source` does."""
    if mask := params.get("mask"):
        check_source(mask, f"{where}.mask", roots)


def uploads_among(sources: Iterable[Any]) -> set[str]:
    """Return the sources that are uploads."""
    return {source for source in sources if isinstance(source, str) and source.startswith(UPLOAD)}


def hidden(source: str, strange: Collection[str]) -> str:
    """Return the source, or instead of another user's upload an upload id that never exists."""
    return f"{UPLOAD}missing-{source.removeprefix(UPLOAD)[:100]}" if source in strange else source


def hidden_mask(params: dict[str, Any], strange: Collection[str]) -> dict[str, Any]:
    """Return the parameters, with another user's mask replaced in the same way."""
    mask = params.get("mask")
    return params | {"mask": hidden(mask, strange)} if isinstance(mask, str) else params


def _check_upload(upload_id: str, field: str) -> None:
    try:
        upload_key(upload_id)
    except InvalidKeyError:
        detail = f"{field} is not the source of an upload; write it as POST /api/v1/uploads returned it."
        raise ApiError("invalid_source", detail, field) from None


def _check_file(source: str, field: str, file_roots: tuple[str, ...]) -> None:
    try:
        allowed_path(source, file_roots)
    except SourceError as error:
        raise ApiError(error.code, f"{field}: {error.detail}", field) from None


def _check_object(source: str, field: str, roots: tuple[str, ...], prefixes: bool) -> None:
    try:
        place = allowed_object(source, roots)
    except SourceError as error:
        raise ApiError(error.code, f"{field}: {error.detail}", field) from None
    if place.is_prefix and not (prefixes and is_prefix(source)):
        raise ApiError("invalid_source", f"{field} must name one object, not all below an address.", field)


def _check_web(source: str, field: str) -> None:
    try:
        web_address(source)
    except SourceError as error:
        raise ApiError(error.code, f"{field}: {error.detail}", field) from None
