"""Reading in pieces gives what reading at once gives, and refuses what that refuses."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from deployments.wire import json_pieces
from deployments.wire.json_pieces import FieldError, JsonError, read_list, read_object

KNOWN = {"a", "b", "urls", "photos"}
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(sorted(KNOWN)), VALUES | st.lists(VALUES, max_size=8))
INDENTS = st.sampled_from([None, 0, 3])
MARKS = st.sampled_from('{}[],:"\\ x0\n-😀')


def whole(text: bytes) -> Any:
    """Return what all pieces amount to."""
    lists: dict[str, list[Any]] = {"urls": [], "photos": []}
    rest = read_object(text, KNOWN, {name: found.extend for name, found in lists.items()})
    return rest | {name: found for name, found in lists.items() if found} if isinstance(rest, dict) else rest


def without_empty(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in {"urls", "photos"} or value != []}


@given(OBJECTS, INDENTS, st.booleans())
def test_pieces_amount_to_the_whole(given: dict[str, Any], indent: int | None, plain: bool) -> None:
    text = json.dumps(given, indent=indent, ensure_ascii=plain).encode()
    assert whole(text) == without_empty(from_json(text))


@given(OBJECTS, st.integers(0), MARKS, st.booleans())
def test_what_is_wrong_is_wrong_in_pieces_too(given: dict[str, Any], at: int, mark: str, instead: bool) -> None:
    text = json.dumps(given, ensure_ascii=False)
    at %= len(text)
    broken = (text[:at] + mark + text[at + instead :]).encode()
    try:
        expected = from_json(broken, allow_inf_nan=False)
    except ValueError:
        with pytest.raises(JsonError):
            whole(broken)
        return
    if isinstance(expected, dict) and not expected.keys() <= KNOWN:
        with pytest.raises(FieldError):
            whole(broken)
        return
    with contextlib.suppress(FieldError):  # a name that became the same as another
        assert whole(broken) == (without_empty(expected) if isinstance(expected, dict) else expected)


@given(st.lists(VALUES, max_size=1200), INDENTS)
def test_lists_come_in_pieces(given: list[Any], indent: int | None) -> None:
    text = json.dumps(given, indent=indent).encode()
    assert [item for items in read_list(text) for item in items] == from_json(text)


@pytest.mark.parametrize("text", ["[1,]", "[,]", "[1,,2]", "[1 2]", "[1]]", "[1", "", "[" + "1," * 500 + "]", "[1]x"])
def test_broken_lists_are_refused(text: str) -> None:
    with pytest.raises(JsonError):
        list(read_list(text.encode()))


def test_a_long_list_is_read_to_its_end() -> None:
    urls = [f"https://photos.example/{number},[{{.jpg" for number in range(20_000)]
    assert whole(json.dumps({"urls": urls, "a": 1}).encode()) == {"urls": urls, "a": 1}


def test_the_first_wrong_piece_ends_it() -> None:
    seen = 0

    def take(items: list[Any]) -> None:
        nonlocal seen
        seen += len(items)
        raise LookupError

    with pytest.raises(LookupError):
        read_object(b'{"urls":[' + b"[]," * 1_000_000 + b"1]}", KNOWN, {"urls": take})
    assert seen <= 500


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"a":"' + b"x" * json_pieces.LARGEST + b'"}', "more than 512 KB"),
        (b'{"a":' + b"[" * 20 + b"]" * 20 + b"}", "deep"),
        (b'{"urls":[' + b",".join([b'"%b"' % ("😀".encode() * 2000)] * 2000) + b"]}", "emoji"),
    ],
)
def test_what_is_too_much_is_said(text: bytes, why: str) -> None:
    with pytest.raises(JsonError, match=why):
        whole(text)


def test_fields_are_known_and_come_once() -> None:
    for text, known in ((b'{"a":1,"a":2}', True), (b'{"a":1,"c":2}', False)):
        with pytest.raises(FieldError) as refused:
            whole(text)
        assert refused.value.known == known
