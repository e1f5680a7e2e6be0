"""Untrusted JSON, read in pieces: one large call would hold the GIL, and build everything before the first error.

A regular expression finds where values end, without building them. pydantic's parser then reads a few at a time and
decides what is valid. So hostile JSON costs no more than its first invalid piece.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NoReturn

from pydantic_core import from_json

LARGEST = 512 << 10  # bytes of one value; an erase with 1,000 boxes, indented, has half of that
DEEPEST = 8  # levels of brackets in a value; the parameters of a photo have five
MOST_WIDE = 12 << 20  # bytes of items with characters above U+FFFF: their strings take four times their length
_AT_ONCE = 500  # items of a list at once

_BLANK = rb"[ \t\r\n]*+"
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


def _nested(levels: int) -> bytes:
    inner = rb"|" + _nested(levels - 1) if levels > 1 else b""
    return rb'[\[{](?:[^"\[\]{}]++|' + _STRING + inner + rb")*+[\]}]"


_VALUE = rb'(?:[^"\[\]{},]++|' + _STRING + rb"|" + _nested(DEEPEST) + rb")*+"  # every valid value, and more
_BEGIN = re.compile(_BLANK + rb"\{" + _BLANK, re.DOTALL)
_BLANKS = re.compile(_BLANK)
_NAME = re.compile(_BLANK + rb"(" + _STRING + rb")" + _BLANK + rb":" + _BLANK, re.DOTALL)
_FIELD = re.compile(rb"(" + _VALUE + rb")([,}])", re.DOTALL)
_CLOSE = re.compile(_BLANK + rb"([,}])")
# Not possessive: Python before 3.11.5 loses a possessive repetition of such a group. Nothing behind it could fail.
_ITEMS = re.compile(rb"(?:" + _VALUE + rb",){1,%d}" % _AT_ONCE, re.DOTALL)
_WIDE = re.compile(rb"[\xf0-\xf4]|\\u[dD][89abAB]")
_LAST_ITEM = re.compile(_VALUE + rb"\]", re.DOTALL)


class JsonError(ValueError):
    """Invalid JSON, or larger or deeper than allowed; the message says which."""


class FieldError(ValueError):
    """An unknown field, or one that comes twice."""

    def __init__(self, name: str, *, known: bool) -> None:
        super().__init__(name, known)
        self.name = name
        self.known = known


def read(text: bytes | bytearray) -> Any:
    """Return a value of any kind, parsed in one call, so it must be small. Raises JsonError."""
    if len(text) > LARGEST:
        raise JsonError(f"it is one value of more than {LARGEST >> 10} KB")
    return _parsed(text, text, 0)


def read_object(
    text: bytes | bytearray, known: Collection[str], lists: Mapping[str, Callable[[list[Any]], None]]
) -> Any:
    """Return an object without its fields in `lists`, whose items are passed to these, some at a time.

    Raises JsonError, and FieldError for a name that is unknown or comes twice. A value that is not an object is
    returned unchanged.
    """
    begin = _BEGIN.match(text, 0, LARGEST)
    if begin is None:
        return read(text)
    found: dict[str, Any] = {}
    seen: set[str] = set()
    at = begin.end()
    last = text[at : at + 1] == b"}"  # an empty object
    at += last
    while not last:
        name, at = _name(text, at)
        if name not in known:
            if len(text) <= LARGEST:
                read(text)  # invalid JSON is the more important error
            raise FieldError(name, known=False)
        if name in seen:
            raise FieldError(name, known=True)
        seen.add(name)
        if name in lists and text[at : at + 1] == b"[":
            for items, end in _items(text, at + 1):
                lists[name](items)
                at = end
            closed = _matched(_CLOSE, text, at)
        else:
            closed = _matched(_FIELD, text, at)
            found[name] = _parsed(closed[1], text, at)
        at = closed.end()
        last = closed[closed.lastindex or 0] == b"}"
    _check_end(text, at)
    return found


def read_list(text: bytes | bytearray) -> Iterator[list[Any]]:
    """Yield the items of a list, some at a time; raises JsonError, and TypeError if it is not a list."""
    begin = _matched(_BLANKS, text, 0).end()
    if text[begin : begin + 1] != b"[":
        read(text)
        raise TypeError("no list")
    end = begin
    for items, behind in _items(text, begin + 1):
        yield items
        end = behind
    _check_end(text, end)


def _items(text: bytes | bytearray, at: int) -> Iterator[tuple[list[Any], int]]:
    """Yield the items of the list whose first item begins at a position, and where to continue."""
    begin, last, wide = at, False, 0
    while not last:
        found = _ITEMS.match(text, at, at + LARGEST)
        if found is None:
            found, last = _matched(_LAST_ITEM, text, at), True
        piece = found[0][:-1]
        if not piece.strip() and not (last and at == begin):  # a comma too many
            _refuse(text, at)
        wide += len(piece) if _WIDE.search(piece) else 0
        if wide > MOST_WIDE:
            raise JsonError(f"more than {MOST_WIDE >> 20} MB of a list have emoji or other characters above U+FFFF")
        items = _parsed(b"[" + piece + b"]", text, at)
        at = found.end()
        yield items, at


def _check_end(text: bytes | bytearray, at: int) -> None:
    if _matched(_BLANKS, text, at).end() != len(text):
        _refuse(text, at)


def _name(text: bytes | bytearray, at: int) -> tuple[str, int]:
    found = _matched(_NAME, text, at)
    name: str = _parsed(found[1], text, at)
    return name, found.end()


def _matched(pattern: re.Pattern[bytes], text: bytes | bytearray, at: int) -> re.Match[bytes]:
    found = pattern.match(text, at, at + LARGEST)
    if found is None:
        _refuse(text, at)
    return found


def _parsed(piece: bytes | bytearray, text: bytes | bytearray, at: int) -> Any:
    try:
        return from_json(piece, allow_inf_nan=False)
    except ValueError:
        _refuse(text, at)


def _refuse(text: bytes | bytearray, at: int) -> NoReturn:
    """Raise the error of a text, at or after a position."""
    if len(text) > LARGEST:
        raise JsonError(f"it breaks behind byte {at}, or what begins there has more than {LARGEST >> 10} KB")
    try:
        from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise JsonError(str(error)) from None
    raise JsonError(f"something in it is nested more than {DEEPEST} deep")
