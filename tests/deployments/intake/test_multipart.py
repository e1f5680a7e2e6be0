import contextlib
import itertools
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.intake.multipart import Form, Part
from deployments.wire.problems import ApiError

BOUNDARY = "xYzZY"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
NAMES = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters='"\\'), min_size=1, max_size=12)
# Contents that come close to a boundary are the hard ones.
CONTENT = (
    st.lists(st.sampled_from([b"\r\n", b"--", b"\r\n--xYz", b"xYzZY", b"\r", b"\n", b"a" * 50, b"\0\xff"]), max_size=8)
    .map(b"".join)
    .filter(lambda content: b"\r\n--xYzZY" not in content and not content.startswith(b"--xYzZY"))
)


def encoded(parts: list[tuple[str, str | None, bytes]]) -> bytes:
    body = b""
    for name, filename, content in parts:
        file = "" if filename is None else f'; filename="{filename}"'
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\nContent-Type: x/y\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


async def pieces(body: bytes, cuts: list[int]) -> AsyncIterator[bytes]:
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    for start, end in itertools.pairwise(edges):
        yield body[start:end]


async def read(body: AsyncIterator[bytes], content_type: str = TYPE) -> list[tuple[Part, bytes]]:
    form = Form(content_type, body)
    return [(part, b"".join([piece async for piece in form.content()])) async for part in form.parts()]


@given(
    st.lists(st.tuples(NAMES, st.none() | NAMES, CONTENT), min_size=1, max_size=5),
    st.lists(st.integers(0), max_size=20),
)
async def test_any_form_in_any_pieces_comes_out_whole(
    parts: list[tuple[str, str | None, bytes]], cuts: list[int]
) -> None:
    found = await read(pieces(encoded(parts), cuts))
    assert [(part.name, part.filename, content) for part, content in found] == parts


@given(st.integers(0, 10_000))
async def test_a_form_that_ends_too_early_is_refused(cut: int) -> None:
    body = encoded([("files", "a.jpg", b"x" * 100), ("user_id", None, b"ann")])
    end = body.rindex(b"--")  # the last dashes make it whole
    with pytest.raises(ApiError) as caught:
        await read(pieces(body[: cut % (end + 1)], []))
    assert caught.value.code == "invalid_form"


async def test_parts_that_are_not_read_are_skipped() -> None:
    form = Form(TYPE, pieces(encoded([("a", "x", b"1" * 99), ("b", None, b"2")]), [40, 120]))
    assert [part.name async for part in form.parts()] == ["a", "b"]


async def test_the_body_is_read_no_further_than_needed() -> None:
    asked = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal asked
        for piece in [encoded([("files", "a", b"1" * 50)])[:-10], *[b"x"] * 10]:
            asked += 1
            yield piece

    form = Form(TYPE, body())
    await anext(form.parts())
    assert asked == 1


@pytest.mark.parametrize(
    "body",
    [
        b"no form at all",
        b"--xYzZY\r\nX-Other: 1\r\n\r\nv\r\n--xYzZY--",
        b"--xYzZY\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(30)) + b"\r\nv\r\n--xYzZY--",
        b'--xYzZY\r\nContent-Disposition: form-data; name="' + b"n" * 100_000 + b'"\r\n\r\nv\r\n--xYzZY--',
    ],
)
async def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(ApiError, match="invalid_form"):
        await read(pieces(body, [5, 50]))


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=" + "b" * 500])
async def test_a_form_needs_a_boundary(content_type: str) -> None:
    with pytest.raises(ApiError, match="boundary"):
        await read(pieces(b"", []), content_type)


async def test_older_clients_name_files_in_the_extended_way() -> None:
    body = encoded([]).replace(
        b"--xYzZY--",
        b"--xYzZY\r\nContent-Disposition: form-data; name=files; filename*=utf-8''%E5%9B%BE.jpg\r\n\r\nv\r\n--xYzZY--",
    )
    assert await read(pieces(body, [])) == [(Part("files", "图.jpg"), b"v")]


RAW_NAMES = [
    (b"a\rb.jpg", "a\rb.jpg"),
    (b"a\nb.jpg", "a\nb.jpg"),
    (b"a\r\nb.jpg", "a\r\nb.jpg"),
    (b"a\r\n b.jpg", "a\r\n b.jpg"),
    (b"a\0b.jpg", "a\0b.jpg"),
    (b'a"b.jpg', 'a"b.jpg'),
    (b'a\\"b.jpg', 'a"b.jpg'),
    (b"a;b.jpg", "a;b.jpg"),
    (b"a%22b%0D%0A.jpg", "a%22b%0D%0A.jpg"),  # as browsers write it; nobody can tell it from a name that is so
    (b"\x80\xff.jpg", "\ufffd\ufffd.jpg"),
    (b"a\xe2\x80\xaegpj.exe", "a\u202egpj.exe"),
    (b"C:\\photos\\", "C:\\photos\\"),
    (b"n" * 20_000 + b".jpg", "n" * 20_000 + ".jpg"),
]


@pytest.mark.parametrize(("raw", "name"), RAW_NAMES)
@given(cuts=st.lists(st.integers(0), max_size=8))
async def test_no_byte_in_a_file_name_costs_the_form(raw: bytes, name: str, cuts: list[int]) -> None:
    marked = encoded([("files", "NAME", b"1"), ("files", "b.jpg", b"2")]).replace(b"NAME", raw)
    assert await read(pieces(marked, cuts)) == [(Part("files", name), b"1"), (Part("files", "b.jpg"), b"2")]


@given(st.binary(max_size=300))
async def test_any_header_is_read_or_refused(raw: bytes) -> None:
    body = b"--xYzZY\r\nContent-Disposition: form-data; " + raw + b"\r\n\r\nv\r\n--xYzZY--"
    with contextlib.suppress(ApiError):
        assert [part.name for part, _ in await read(pieces(body, []))]


@pytest.mark.parametrize("piece", [b';filename="a"a', b'"', b"\\", b"; ", b';a="b"', b"\r\ncontent-disposition:"])
async def test_a_header_is_read_in_no_time(piece: bytes) -> None:
    head = b'--xYzZY\r\nContent-Disposition: form-data; name="a"' + piece * (32_000 // len(piece))
    began = time.perf_counter()
    with contextlib.suppress(ApiError):
        await read(pieces(head + b"\r\n\r\nv\r\n--xYzZY--", []))
    assert time.perf_counter() - began < 1.0, "it took no more than it is long"
