"""Photos from hosts that misbehave. A real server on loopback; what is not allowed is refused before a byte is sent."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from actors.addresses import is_public
from actors.errors import SourceError
from actors.web_source import WebSource

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
    "/gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "/moved": b"HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n",
    "/loop": b"HTTP/1.1 301 Moved\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n",
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


@pytest.mark.parametrize("path", ["/ok", "/chunked", "/moved"])
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
        ("/gzip", "fetch_failed", False),
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


async def test_this_machine_is_not_a_source_unless_somebody_says_so(host: str) -> None:
    for address in (host, host.replace("127.0.0.1", "localhost"), host.replace("127.0.0.1", "2130706433")):
        with pytest.raises(SourceError, match="blocked_address"):
            await source("elsewhere").fetch(f"{address}/ok")


async def test_a_host_that_is_not_there() -> None:
    with pytest.raises(SourceError, match="unknown_host"):
        await source().fetch("http://no-such-host.invalid/a.jpg")
    with pytest.raises(SourceError, match="fetch_failed"):
        await source().fetch("http://127.0.0.1:1/a.jpg")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "2001:0:0:0:0:0:80ff:fffe",
     "168.63.129.16", "192.0.0.192", "64:ff9b:1::7f00:1", "fec0::1", "::127.0.0.1"],
)  # fmt: skip
def test_private_addresses_in_every_dress(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_their_public_twins_pass(address: str) -> None:
    assert is_public(address)


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
