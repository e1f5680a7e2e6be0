"""A TCP proxy that cuts connections, as networks do."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self


class CuttingProxy:
    """Passes bytes on to a port of this machine; `cut_after` so many bytes of answers it cuts once, `cut` at once."""

    def __init__(self, port: int, cut_after: int | None = None) -> None:
        self._port = port
        self._cut_after = cut_after
        self._writers: set[asyncio.StreamWriter] = set()
        self.connections = 0
        self.sent = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """End every connection without a word."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, far_writer}
        with suppress(OSError):
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer, answers=True))
        for one in (writer, far_writer):
            one.close()
        self._writers -= {writer, far_writer}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool = False) -> None:
        with suppress(OSError):
            while data := await reader.read(16_384):
                if answers:
                    self.sent += len(data)
                writer.write(data)
                await writer.drain()
                if answers and self._cut_after is not None and self.sent > self._cut_after:
                    self._cut_after = None
                    self.cut()
        writer.close()
