"""A streaming reader of `multipart/form-data` (RFC 7578): its parts one after another, none of them whole in memory."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import Message

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from deployments.problems import ApiError

MAX_HEADERS = 16  # of a part
MAX_HEADER_BYTES = 8192
_END = object()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form: a field, or a file where it has a file name. Its bytes come from `Form.content`."""

    name: str
    filename: str | None


class Form:
    """The parts of one form, in their order. What a caller leaves of a part is skipped.

    `body` is asked for its next piece only when everything from the last one was taken, so a slow reader slows the
    sender down. Raises ApiError `invalid_form`, also when the body ends before the form does.
    """

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not 1 <= len(boundary) <= 70:
            raise _broken("its Content-Type names no boundary")
        self._body = body
        self._found: deque[Part | bytes | object] = deque()
        self._done = False
        self._headers: dict[bytes, bytes] = {}
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": lambda data, start, end: self._found.append(data[start:end]),
                "on_part_end": lambda: self._found.append(_END),
                "on_end": self._ends,
            },
            max_header_count=MAX_HEADERS,
            max_header_size=MAX_HEADER_BYTES,
        )

    async def parts(self) -> AsyncIterator[Part]:
        """Yield each part."""
        while (found := await self._next()) is not None:
            if isinstance(found, Part):
                yield found

    async def content(self) -> AsyncIterator[bytes]:
        """Yield the bytes of the part that `parts` came to last."""
        while (found := await self._next()) is not None:
            if not isinstance(found, bytes):
                return
            yield found

    async def _next(self) -> Part | bytes | object | None:
        while not self._found:
            piece = await anext(self._body, None)
            if piece is None:
                if not self._done:
                    raise _broken("it ends too early")
                return None
            if not self._done:
                self._parse(piece)
        return self._found.popleft()

    def _parse(self, piece: bytes) -> None:
        try:
            self._parser.write(piece)
        except FormParserError:
            raise _broken("its parts are not separated as they should be") from None

    def _part_begins(self) -> None:
        self._headers = {}

    def _header_ends(self) -> None:
        field, value = self._header
        self._headers[bytes(field).lower()] = bytes(value)
        self._header = (bytearray(), bytearray())

    def _headers_end(self) -> None:
        self._found.append(_part(self._headers.get(b"content-disposition", b"")))

    def _ends(self) -> None:
        self._done = True


def _part(disposition: bytes) -> Part:
    kind, options = parse_options_header(disposition.decode("latin-1"))
    name = options.get(b"name")
    if kind != b"form-data" or name is None:
        raise _broken("a part has no name")
    filename = options.get(b"filename")
    if filename is None and b"filename*" in disposition.lower():  # RFC 7578 forbids it, older clients send it
        return Part(_text(name), _extended(disposition))
    return Part(_text(name), None if filename is None else _text(filename))


def _extended(disposition: bytes) -> str | None:
    message = Message()
    message["Content-Disposition"] = disposition.decode("latin-1")
    return message.get_filename()


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _broken(why: str) -> ApiError:
    return ApiError("invalid_form", f"The multipart form can't be read: {why}.")
