"""Names are looked up where nobody but others who look up names has to wait."""

import asyncio
import socket
import threading
from typing import Any

import pytest

from actors.messages.errors import SourceError
from actors.sources.network import CheckedNetwork


async def test_name_servers_that_do_not_answer_keep_no_thread_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()

    def silent(host: Any, *args: Any, **named: Any) -> Any:
        if host.startswith("dead"):
            answer.wait(20)
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    network = CheckedNetwork(frozenset())
    dead = [asyncio.ensure_future(network.connect_tcp(f"dead{n}.example", 80)) for n in range(40)]
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(10):  # half of what the dead ones take
            assert await asyncio.to_thread(str, 1) == "1"
            with pytest.raises(SourceError, match="blocked_address"):
                await network.connect_tcp("live.example", 80)
        assert not any(one.done() for one in dead)
    finally:
        answer.set()
    assert {str(getattr(error, "code", error)) for error in await asyncio.gather(*dead, return_exceptions=True)} == {
        "unknown_host"
    }
