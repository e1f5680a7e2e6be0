"""A store that lists: answers as S3 does, pages of 1,000 keys in order, and fails or waits when a test says so."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

BODY = b"a photo"


class PagingS3:
    """One bucket, `photos`. `gate` is cleared by a test that wants listings to wait."""

    def __init__(self, keys: list[str]) -> None:
        self.keys = sorted(keys, key=str.encode)
        self.environment: dict[str, str] = {}
        self.listings: list[str | None] = []  # after which key each page was asked for
        self.fail_pages = 0  # so many pages more are answered by 503
        self.fail_after: str | None = None  # pages after this key are answered by 503
        self.status = 503
        self.hold_after = ""  # pages after this key wait for the gate
        self.body = BODY
        self.gate = asyncio.Event()
        self.gate.set()
        self._open: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(asyncio.current_task())
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                status, body = await self._answer(head.split(b" ")[1].decode())
                writer.write(
                    f'HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nETag: "x"\r\n'
                    "Last-Modified: Wed, 25 Nov 2026 07:00:00 GMT\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):  # the client or the test has left
            return
        finally:
            writer.close()

    async def close(self) -> None:
        """End every connection."""
        tasks = [task for task in self._open if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)

    async def _answer(self, target: str) -> tuple[int, bytes]:
        asked = parse_qs(urlsplit(target).query)
        if "list-type" not in asked:
            return 200, self.body
        after = (asked.get("continuation-token") or asked.get("start-after") or [None])[0]
        self.listings.append(after)
        if (after or "") >= self.hold_after:
            await self.gate.wait()
        if self.fail_pages or (self.fail_after and after and after >= self.fail_after):
            self.fail_pages = max(0, self.fail_pages - 1)
            return self.status, b"<Error><Code>SlowDown</Code></Error>"
        prefix = asked.get("prefix", [""])[0]
        start = bisect_right(self.keys, (after or "").encode(), key=str.encode)
        found = [key for key in self.keys[start : start + 1001] if key.startswith(prefix)]
        page = found[:1000]
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-11-25T07:00:00.000Z</LastModified>"
            f'<ETag>"x"</ETag><Size>{len(BODY)}</Size></Contents>'
            for key in page
        )
        more = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if len(found) > 1000 else ""
        cut = "true" if more else "false"
        return 200, (
            f"<ListBucketResult><Name>photos</Name><KeyCount>{len(page)}</KeyCount><MaxKeys>1000</MaxKeys>"
            f"<IsTruncated>{cut}</IsTruncated>{contents}{more}</ListBucketResult>"
        ).encode()


@asynccontextmanager
async def paging(keys: list[str]) -> AsyncIterator[PagingS3]:
    """Serve these keys on the loopback."""
    store = PagingS3(keys)
    server = await asyncio.start_server(store.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    store.environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }
    try:
        yield store
    finally:
        server.close()
        await store.close()
