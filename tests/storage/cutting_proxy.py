"""A TCP proxy that stands before a store and does to connections what networks do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

BUSY = (
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: 65\r\n\r\n"
    b"<Error><Code>SlowDown</Code><Message>Slow down.</Message></Error>"
)


class CuttingProxy:
    """Passes bytes on; `cut_answers` and `cut_requests` hold after how many bytes the next connections are cut.

    `busy` connections are answered by 503 SlowDown without asking the store.
    """

    def __init__(self, endpoint: str) -> None:
        self._to = urlsplit(endpoint)
        self.endpoint = ""
        self.cut_answers: list[int] = []
        self.cut_requests: list[int] = []
        self.busy = 0
        self.connections = 0
        self.passed = 0  # bytes of answers
        self._open: set[asyncio.StreamWriter] = set()

    def hang_up(self) -> None:
        """Close what is open, so that the next request comes over a new connection."""
        for writer in self._open:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            if self.busy:
                self.busy -= 1
                await reader.readuntil(b"\r\n\r\n")
                writer.write(BUSY)
                await writer.drain()
                return
            there, back = await asyncio.open_connection(self._to.hostname, self._to.port)
            request = self.cut_requests.pop(0) if self.cut_requests else None
            answer = self.cut_answers.pop(0) if self.cut_answers else None
            ways = [
                asyncio.ensure_future(self._pass(reader, back, request)),
                asyncio.ensure_future(self._pass(there, writer, answer)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            back.close()
        finally:
            self._open.discard(writer)
            writer.close()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, limit: int | None) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                target.write(data if limit is None else data[:limit])
                await target.drain()
                self.passed += len(data)
                if limit is not None:
                    limit -= len(data)
                    if limit <= 0:
                        return


@asynccontextmanager
async def cutting(endpoint: str) -> AsyncIterator[CuttingProxy]:
    """Stand before a store."""
    proxy = CuttingProxy(endpoint)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        proxy.hang_up()
