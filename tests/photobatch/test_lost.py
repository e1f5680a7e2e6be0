"""A connection that fails is told in words that name what to look at, whatever the libraries say."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from photobatch import AsyncPhotoBatch, UnavailableError
from photobatch.lost import reason_of


@asynccontextmanager
async def answering(said: bytes | None) -> AsyncIterator[str]:
    """A server that says this to everybody and hangs up; nothing at all and stays, if it is None."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if said is None:
            await reader.read()
        else:
            writer.write(said)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def told(url: str, timeout: float = 5.0) -> str:  # noqa: ASYNC109 - the client's own
    async with AsyncPhotoBatch(url, max_retries=0, timeout=timeout) as client:
        with pytest.raises(UnavailableError) as lost:
            await client.stats()
    assert lost.value.code == "unreachable"
    assert lost.value.detail.startswith(f"{url} does not answer: ")
    assert "Check the address, and that the service runs there." in lost.value.detail
    assert ("`photobatch serve` starts one" in lost.value.detail) == ("127.0.0.1" in url)
    return lost.value.detail


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert "nothing listens there" in await told(f"http://127.0.0.1:{taken.getsockname()[1]}")


async def test_a_name_that_nobody_has() -> None:
    assert "no host of that name" in await told("http://no-such-host.invalid")


async def test_a_server_that_says_nothing() -> None:
    async with answering(None) as url:
        assert "accepted the request and then said nothing" in await told(url, timeout=0.3)


async def test_a_server_that_hangs_up() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") as url:
        assert "it broke off in the middle" in await told(url)


async def test_https_where_there_is_none() -> None:
    async with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url:
        assert "does not speak HTTPS" in await told(url.replace("http:", "https:"), timeout=2.0)


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (
            ssl.SSLCertVerificationError("self-signed certificate"),
            "its certificate is not one that this machine trusts",
        ),
        (OSError(113, "No route to host"), "there is no way to that host from here"),
        (None, "nothing listens there"),
    ],
)
def test_the_cause_says_more_than_the_error(cause: BaseException | None, said: str) -> None:
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = cause
    assert reason_of(error) == said


def test_what_nobody_foresaw_is_told_as_it_is() -> None:
    assert reason_of(RuntimeError("odd")) == "odd"
    assert reason_of(RuntimeError()) == "RuntimeError"
