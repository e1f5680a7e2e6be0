"""The fields of a submit, or of photos to append, read and checked one by one; the first error ends it."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from deployments.wire import explain, json_pieces
from deployments.wire.json_pieces import FieldError, JsonError
from deployments.wire.problems import ApiError
from photobatch.schemas import MAX_METADATA_BYTES, AppendRequest, PhotoInput, Source, SubmitRequest

FILES = "files"
_JSON = frozenset({"photos", "image_urls", "preset_params", "output", "metadata"})
_URLS: TypeAdapter[list[Source]] = TypeAdapter(Annotated[list[Source], Field(fail_fast=True)])
_PHOTOS: TypeAdapter[list[PhotoInput]] = TypeAdapter(Annotated[list[PhotoInput], Field(fail_fast=True)])
_SHORTEST_ENTRY = len('"":"",')  # of metadata
Item = TypeVar("Item")
Given = TypeVar("Given", SubmitRequest, AppendRequest)


class SubmitFields(Generic[Given]):
    """Collects a request. The methods take long for large bodies, so call them in a thread. They raise ApiError."""

    def __init__(self, kind: type[Given], max_photos: int) -> None:
        self._kind: type[Given] = kind
        self._known = frozenset(kind.model_fields)
        self._max_photos = max_photos
        self._given: dict[str, Any] = {}  # all but the lists
        self._seen: set[str] = set()  # fields of a form
        self._urls: list[Source] = []
        self._photos: list[PhotoInput] = []
        self._lists = {"image_urls": self._add_urls, "photos": self._add_photos}

    def take_json(self, body: bytes | bytearray) -> Given:
        """Return the request of a JSON body."""
        try:
            given = json_pieces.read_object(body, self._known, self._lists)
        except FieldError as error:
            raise _twice(error.name) if error.known else ApiError(*explain.unknown(error.name, self._known)) from None
        except JsonError as error:
            raise ApiError("invalid_json", f"The body is not valid JSON: {error}.") from None
        return self._request(given)

    def take_form(self) -> Given:
        """Return the request of the collected form fields."""
        return self._request(self._given)

    def add(self, name: str, value: bytes) -> None:
        """Add a field of a form; an empty one counts as absent."""
        if name in self._seen:
            raise _twice(name)
        self._seen.add(name)
        if name not in self._known and name != FILES:
            raise ApiError(*explain.unknown(name, {*self._known, FILES}))
        if not value.strip():
            return
        if name == FILES:
            raise ApiError("invalid_request", "Each of files must be a file, with its file name.", FILES)
        if name in _JSON:
            self._add_json(name, value)
        else:
            self._given[name] = _utf8(value, name)

    def _add_json(self, name: str, value: bytes) -> None:
        try:
            if name not in self._lists:
                self._given[name] = json_pieces.read(value)
                return
            for items in json_pieces.read_list(value):
                self._lists[name](items)
        except TypeError:  # pydantic's message says what it should be
            self._given[name] = json_pieces.read(value)
        except JsonError as error:
            raise ApiError("invalid_json", f"{name} is not valid JSON: {error}.", name) from None

    def _add_urls(self, items: list[Any]) -> None:
        self._check_room(len(items))
        self._urls += _valid(_URLS, items, "image_urls", len(self._urls))

    def _add_photos(self, items: list[Any]) -> None:
        self._check_room(len(items))
        self._photos += _valid(_PHOTOS, items, "photos", len(self._photos))

    def _check_room(self, more: int) -> None:
        if len(self._urls) + len(self._photos) + more > self._max_photos:
            detail = f"One batch may hold {self._max_photos} photos; split them into several batches."
            raise ApiError("too_many_photos", detail)

    def _request(self, given: Any) -> Given:
        metadata = given.get("metadata") if isinstance(given, dict) else None
        if isinstance(metadata, dict) and len(metadata) * _SHORTEST_ENTRY > MAX_METADATA_BYTES:
            raise metadata_too_large()
        try:
            request = self._kind.model_validate(given)
        except ValidationError as error:
            raise ApiError(*explain.first(error.errors(include_url=False))) from None
        request.image_urls += self._urls
        request.photos += self._photos
        return request


def _twice(name: str) -> ApiError:
    return ApiError("invalid_request", f"{name:.80} is given twice; put all of a list into one.", name[:80])


def metadata_too_large() -> ApiError:
    """Return the error for metadata that is too large."""
    return ApiError("invalid_request", f"metadata is larger than {MAX_METADATA_BYTES >> 10} KB.", "metadata")


def _valid(kind: TypeAdapter[list[Item]], items: list[Any], name: str, before: int) -> list[Item]:
    try:
        return kind.validate_python(items)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place, *rest = first["loc"]
        located = {**first, "loc": (name, before + int(place), *rest)}
        raise ApiError(*explain.first([located])) from None


def _utf8(value: bytes, name: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise ApiError("invalid_request", f"{name:.80} is not UTF-8 text.", name[:80]) from None
