"""Headers that let a browser only show an answer."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Users' pictures are on our origin: a browser must run nothing from them. The style is Firefox's own,
# with which it shows a picture.
BYTES = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
DEFAULTS = {
    "Content-Security-Policy": BYTES,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer a form of our own page would send Origin: null
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class SafeHeaders:
    """Adds the headers of DEFAULTS that an answer does not set itself.

    Pages of `origins` may show pictures: an `<img>` sends no Origin, but the origin of its page as Referer.
    """

    def __init__(self, app: ASGIApp, origins: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on."""

        page = Headers(scope=scope).get("referer", "").lower() if self._origins else ""
        may_show = "/".join(page.split("/", 3)[:3]) in self._origins

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if may_show:
                    headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")
                for name, value in DEFAULTS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sent)
