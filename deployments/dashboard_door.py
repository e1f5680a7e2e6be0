"""Where the dashboard would listen: whoever knocks first has it started, and is passed on to it.

Hardly anybody deploys by command line to the Ray of `photobatch serve`; those who don't are spared 200 MB.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress

log = logging.getLogger(__name__)

PORT = 8265  # where `serve deploy`, `ray job submit` and `ray list` look
_PORTS = 50  # as many as Ray tries when the first is taken
_CHUNK = 1 << 16


class DashboardDoor:
    """Listens on loopback in a thread of its own; `start` starts the dashboard and returns its port."""

    def __init__(self, start: Callable[[], int]) -> None:
        self._start = start
        self._behind: asyncio.Future[int] | None = None
        self._opened = threading.Event()
        self.port = 0

    def open(self) -> None:
        """Listen; returns once connections are taken. Without a free port nobody is: it is a convenience."""
        threading.Thread(target=lambda: asyncio.run(self._listen()), name="dashboard-door", daemon=True).start()
        self._opened.wait()

    async def _listen(self) -> None:
        server = None
        for port in range(PORT, PORT + _PORTS):
            with suppress(OSError):
                server = await asyncio.start_server(self._pass_on, "127.0.0.1", port)
                self.port = port
                break
        self._opened.set()
        if server is not None:
            await server.serve_forever()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._behind is None:  # no await between this and the next line: one start, however many knock
            self._behind = asyncio.ensure_future(asyncio.to_thread(self._start))
        try:
            port = await asyncio.shield(self._behind)
            there, back = await asyncio.open_connection("127.0.0.1", port)
        except Exception:
            log.exception("Ray's dashboard did not start")  # whoever knocks next may try again
            self._behind = None
            writer.close()
            return
        await asyncio.gather(_copy(reader, back), _copy(there, writer))
        back.close()
        writer.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(_CHUNK):
            target.write(data)
            await target.drain()
        target.write_eof()
