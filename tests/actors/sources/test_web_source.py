"""Photos from hosts that misbehave. A real server on loopback; what is not allowed is refused before a byte is sent."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from actors.messages.errors import SourceError
from actors.sources import web_source
from actors.sources.web_source import WebSource

PHOTO = b"\xff\xd8" + b"x" * 5000
ANSWERS = {
    "/ok": b"HTTP/1.1 200 OK\r\nContent-Length: 5002\r\n\r\n" + PHOTO,
    "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n138a\r\n" + PHOTO + b"\r\n0\r\n\r\n",
    "/missing": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "/busy": b"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n",
    "/odd": b"HTTP/1.1 522 Connection timed out\r\nContent-Length: 0\r\n\r\n",
    "/secret": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
    "/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + PHOTO,
    "/silent": b"",
    "/garbage": b"\x00\x01\x02 what?\r\n\r\n",
    "/big": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"4000\r\n" + b"y" * 0x4000 + b"\r\n0\r\n\r\n",
    "/endless": b"HTTP/1.1 200 OK\r\n\r\n" + b"y" * 20_000,
    "/modest": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + b"y" * 20_000,
    "/gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(10_000_000)),
    "/moved": b"HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n",
    "/loop": b"HTTP/1.1 301 Moved\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n",
    "/to-utf-8": "HTTP/1.1 302 Found\r\nLocation: /美\r\nContent-Length: 0\r\n\r\n".encode(),
    "/%E7%BE%8E": b"HTTP/1.1 200 OK\r\nContent-Length: 5002\r\n\r\n" + PHOTO,
    "/to-nonsense": b"HTTP/1.1 302 Found\r\nLocation: http://[::1/\r\nContent-Length: 0\r\n\r\n",
    "/to-latin-1": b"HTTP/1.1 302 Found\r\nLocation: /\xe4\r\nContent-Length: 0\r\n\r\n",
    "/to-me": b"HTTP/1.1 302 Found\r\nLocation: //me@127.0.0.1/ok\r\nContent-Length: 0\r\n\r\n",
    "/to-file": b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
    "/inside": b"HTTP/1.1 302 Found\r\nLocation: http://localhost:9/\r\nContent-Length: 0\r\n\r\n",
}


@pytest.fixture
async def host() -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readline()).split()[1].decode()
        writer.write(ANSWERS[path])
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def source(*allowed: str) -> WebSource:
    return WebSource(10_000, frozenset(allowed or ["127.0.0.1"]))


@pytest.mark.parametrize("path", ["/ok", "/chunked", "/moved", "/to-utf-8", "/美"])
async def test_a_photo_arrives_whole(host: str, path: str) -> None:
    assert await source().fetch(host + path) == PHOTO


@pytest.mark.parametrize(
    ("path", "code", "retryable"),
    [
        ("/missing", "source_not_found", False),
        ("/busy", "fetch_failed", True),
        ("/odd", "fetch_failed", True),
        ("/secret", "fetch_failed", False),
        ("/cut", "fetch_failed", True),
        ("/silent", "fetch_failed", True),
        ("/garbage", "fetch_failed", True),
        ("/big", "too_large", False),
        ("/endless", "too_large", False),
        ("/gzip", "fetch_failed", False),
        ("/to-nonsense", "invalid_source", False),
        ("/to-latin-1", "invalid_source", False),
        ("/to-me", "invalid_source", False),
        ("/loop", "too_many_redirects", False),
        ("/to-file", "unsupported_source", False),
        ("/inside", "blocked_address", False),
    ],
)
async def test_what_goes_wrong_has_a_code_and_a_sentence(host: str, path: str, code: str, retryable: bool) -> None:
    with pytest.raises(SourceError) as refused:
        await source().fetch(host + path)
    assert (refused.value.code, refused.value.retryable) == (code, retryable)
    assert refused.value.detail.endswith(".")
    assert "127.0.0.1" not in refused.value.detail


async def test_no_more_is_read_than_was_announced(host: str) -> None:
    assert await source().fetch(f"{host}/modest") == b"y" * 10


SPELLINGS = [
    "127.0.0.1", "localhost", "LOCALHOST.", "2130706433", "0x7f000001", "017700000001", "127.1", "0",
    "0.0.0.0", "127.0.0.1.", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]",
    "127。0。0。1", "127.0.0.2",
]  # fmt: skip


@pytest.mark.parametrize("spelt", SPELLINGS)
async def test_this_machine_is_not_a_source_however_it_is_spelt(host: str, spelt: str) -> None:
    port = host.rpartition(":")[2]
    with pytest.raises(SourceError) as refused:
        await source("elsewhere", "127.0.0.1:1").fetch(f"http://{spelt}:{port}/ok")
    assert refused.value.code == "blocked_address"


@pytest.mark.parametrize("allowed", ["127.0.0.1", "LocalHost", "localhost."])
async def test_it_is_one_where_somebody_says_so(host: str, allowed: str) -> None:
    name = "127.0.0.1" if allowed[0].isdigit() else "LOCALHOST."
    address = host.replace("127.0.0.1", name)
    assert await source(allowed).fetch(f"{address}/ok") == PHOTO
    port = host.rpartition(":")[2]
    assert await source(f"{allowed.rstrip('.')}:{port}").fetch(f"{address}/ok") == PHOTO


Answers = Callable[[list[list[str]]], list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """The resolver: what `photos.test` is, from one question to the next; returns who was asked for."""
    real = socket.getaddrinfo

    def answering(answers: list[list[str]]) -> list[str]:
        asked: list[str] = []

        def getaddrinfo(host: Any, *args: Any, **named: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            if name != "photos.test":
                return real(host, *args, **named)
            found = answers[min(len(asked), len(answers) - 1)]
            asked.append(name)
            return [entry for address in found for entry in real(address, *args, **named)]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return answering


async def test_a_name_is_looked_up_once_and_what_was_checked_is_what_is_connected_to(host: str, names: Answers) -> None:
    asked = names([["127.0.0.1"], ["127.0.0.9"]])
    url = host.replace("127.0.0.1", "photos.test")
    assert await source("photos.test").fetch(f"{url}/ok") == PHOTO
    assert asked == ["photos.test"]


async def test_one_address_inside_among_those_of_a_name_is_enough_to_refuse_it(host: str, names: Answers) -> None:
    names([["1.1.1.1", "127.0.0.1"]])
    with pytest.raises(SourceError, match="blocked_address"):
        await source("elsewhere").fetch(host.replace("127.0.0.1", "photos.test") + "/ok")


async def test_a_name_that_becomes_another_is_checked_at_every_hop(host: str, names: Answers) -> None:
    names([["10.0.0.1"]])
    ANSWERS["/away"] = b"HTTP/1.1 302 Found\r\nLocation: http://photos.test/\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(SourceError, match="blocked_address"):
        await source().fetch(f"{host}/away")


async def test_proxies_of_the_environment_are_not_for_strangers(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert await source().fetch(f"{host}/ok") == PHOTO


async def trickling(
    pieces: list[bytes], pause_s: float, monkeypatch: pytest.MonkeyPatch, answer_s: float = 0.3, stall_s: float = 0.2
) -> bytes:
    """Fetch from a host that sends these pieces, the last one again and again, with this patience."""
    monkeypatch.setattr(web_source, "ANSWER_S", answer_s)
    monkeypatch.setattr(web_source, "STALL_S", stall_s)
    monkeypatch.setattr(web_source, "SLOWEST", 1000)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces + pieces[-1:] * 1000:
            writer.write(piece)
            try:
                await writer.drain()
            except ConnectionError:
                break
            await asyncio.sleep(pause_s)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        return await source().fetch(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n"


@pytest.mark.parametrize("pieces", [[HEAD, b"X: y\r\n"], [HEAD + b"\r\n", b"y"]], ids=["headers", "body"])
async def test_a_host_that_trickles_is_given_up(pieces: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError) as refused:
        await trickling(pieces, 0.02, monkeypatch)
    assert (refused.value.code, refused.value.retryable) == ("source_timeout", True)


async def test_one_that_is_slow_but_honest_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    # More than a second in all, in pieces that a busy machine may delay for as long.
    assert len(await trickling([HEAD + b"\r\n", b"y" * 30], 0.005, monkeypatch, 10.0, stall_s=1.0)) == 9000


async def test_a_host_that_is_not_there() -> None:
    with pytest.raises(SourceError, match="unknown_host"):
        await source().fetch("http://no-such-host.invalid/a.jpg")
    with pytest.raises(SourceError, match="fetch_failed"):
        await source().fetch("http://127.0.0.1:1/a.jpg")


async def test_a_connection_that_its_host_gave_up_costs_no_try() -> None:
    connections = 0

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWERS["/ok"])
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")  # the next request over it goes unanswered
        writer.close()

    server = await asyncio.start_server(once, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/ok"
        photos = source()
        assert await photos.fetch(url) == PHOTO
        assert await photos.fetch(url) == PHOTO
    assert connections == 2
