"""A streaming reader of `multipart/form-data` (RFC 7578): part by part, none of them whole in memory.

It tolerates careless clients: a file name may hold raw quotes, line breaks and any other byte. `names.safe_name` cleans
such names, so that one file does not fail the batch of the others.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from python_multipart.multipart import parse_options_header

from deployments.wire.problems import ApiError

MAX_HEADERS = 16  # of a part
MAX_HEAD_BYTES = 32 << 10  # all of them together
_MAX_PADDING = 128  # blanks after a boundary
_DISPOSITION = re.compile(rb"\r\ncontent-disposition[ \t]*+:[ \t]*+form-data[ \t]*+", re.IGNORECASE)
# A quoted value ends at a quote after which a value may end. Unquoted and unclosed values end with the line.
# The first alternative handles escapes, the second old clients that send paths with backslashes.
_OPTION = re.compile(
    rb';[ \t]*+([^=;\r\n" \t]*+)[ \t]*+=[ \t]*+(?:'
    rb'"((?:[^\\]|\\.)*?)"(?=[ \t]*+(?:;|\r\n|\Z))|"(.*?)"(?=[ \t]*+(?:;|\r\n|\Z))|([^;\r\n]*+))[ \t]*+',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form: a field, or a file if it has a file name. `Form.content` yields its bytes."""

    name: str
    filename: str | None


class Form:
    """The parts of one form, in their order. Bytes that a caller does not read are skipped.

    The next piece of `body` is requested only when the last one is used up, so a slow reader slows the sender down.
    Raises ApiError `invalid_form`, also if the body ends before the form.
    """

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not 1 <= len(boundary) <= 70:
            raise _broken("its Content-Type names no boundary")
        self._body = body
        self._delimiter = b"\r\n--" + boundary
        self._buffer = bytearray(b"\r\n")  # the first boundary needs no line break before it
        self._inside = True  # of a part, or of the preamble

    async def parts(self) -> AsyncIterator[Part]:
        """Yield each part."""
        await self._skip()
        while await self._part_begins():
            part = _part(await self._head())
            self._inside = True
            yield part
            await self._skip()
        async for _ in self._body:  # ignore the epilogue
            pass

    async def content(self) -> AsyncIterator[bytes]:
        """Yield the bytes of the part that `parts` yielded last."""
        buffer, delimiter = self._buffer, self._delimiter
        while self._inside:
            end = buffer.find(delimiter)
            self._inside = end < 0
            size = max(0, len(buffer) - len(delimiter) + 1) if self._inside else end
            piece = bytes(buffer[:size])
            del buffer[: size if self._inside else end + len(delimiter)]
            if piece:
                yield piece
            elif self._inside:
                await self._more()

    async def _skip(self) -> None:
        async for _ in self.content():
            pass

    async def _part_begins(self) -> bool:
        """Say whether a part follows the boundary just read, and not the end of the form."""
        while (end := self._buffer.find(b"\r\n")) < 0 and self._buffer[:2] != b"--":
            if len(self._buffer) > _MAX_PADDING:
                break
            await self._more()
        if self._buffer[:2] == b"--":
            return False
        if end < 0 or self._buffer[:end].strip(b" \t"):
            raise _broken("its parts are not separated as they should be")
        del self._buffer[:end]
        return True

    async def _head(self) -> bytes:
        """Return the headers of a part, each after its line break."""
        seen = 0
        while (end := self._buffer.find(b"\r\n\r\n", seen)) < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise _broken("a part has a header that is too long")
            seen = max(0, len(self._buffer) - 3)
            await self._more()
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        if len(head) > MAX_HEAD_BYTES or head.count(b"\r\n") > MAX_HEADERS:
            raise _broken("a part has too many headers")
        return head

    async def _more(self) -> None:
        piece = await anext(self._body, None)
        if piece is None:
            raise _broken("it ends too early")
        self._buffer += piece


def _part(head: bytes) -> Part:
    options = _options(head)
    name = options.get(b"name")
    if name is None:
        raise _broken("a part has no name")
    filename = options.get(b"filename")
    if filename is None and b"filename*" in options:  # forbidden by RFC 7578, but older clients send it
        return Part(_text(name), _extended(options[b"filename*"]))
    return Part(_text(name), None if filename is None else _text(filename))


def _options(head: bytes) -> dict[bytes, bytes]:
    """Return the options of the Content-Disposition; nothing if it is not `form-data`."""
    found: dict[bytes, bytes] = {}
    begin = _DISPOSITION.search(head)
    at = begin.end() if begin else len(head)
    while option := _OPTION.match(head, at):
        name, escaped, quoted, plain = option.groups()
        if escaped is not None:
            value = escaped.replace(b"\\\\", b"\\").replace(b'\\"', b'"')
        else:
            value = quoted if quoted is not None else plain.strip()
        found[name.lower()] = value
        if plain is not None and plain.startswith(b'"'):  # never closed; searching again would be quadratic
            break
        at = option.end()
    return found


def _extended(value: bytes) -> str:
    """Decode a value of RFC 8187: charset'language'percent-encoded."""
    coding = "latin-1" if value.lower().startswith(b"iso-8859-1'") else "utf-8"
    return unquote_to_bytes(value.rpartition(b"'")[2]).decode(coding, "replace")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _broken(why: str) -> ApiError:
    return ApiError("invalid_form", f"The multipart form can't be read: {why}.")
