"""The address of the service and the API key: from arguments, else from PHOTOBATCH_URL and PHOTOBATCH_API_KEY."""

import os
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from photobatch.errors import InvalidRequestError

LOCAL = "http://127.0.0.1:8001"
_KEY = re.compile(r"[A-Za-z0-9._~-]+")


@dataclass(frozen=True, slots=True)
class Address:
    """A service's URL, without a trailing slash, and its key, which is hidden from `repr`."""

    url: str
    api_key: str | None = field(repr=False)

    @classmethod
    def find(cls, url: str | None, api_key: str | None) -> "Address":
        """Return the given address, else that of the environment; raises InvalidRequestError."""
        url = url or os.environ.get("PHOTOBATCH_URL") or LOCAL
        api_key = api_key or os.environ.get("PHOTOBATCH_API_KEY") or None
        if not _is_url(url):
            said = "The service's URL must look like https://photos.example.org or http://127.0.0.1:8001."
            raise InvalidRequestError("invalid_url", said, field="url")
        if api_key is not None and not _KEY.fullmatch(api_key):
            said = "An API key has letters, digits and - . _ ~ only; this one has something else in it."
            raise InvalidRequestError("invalid_api_key", said, field="api_key")
        return cls(url.rstrip("/"), api_key)

    @property
    def headers(self) -> dict[str, str]:
        """The header with the key. httpx removes this header when a redirect leads to another host."""
        return {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}

    def websocket(self, path: str) -> str:
        """Return the URL of a WebSocket."""
        return "ws" + self.url.removeprefix("http") + path


def _is_url(url: str) -> bool:
    """Say whether a URL can be that of a service: no query, and no password, which would appear in logs."""
    try:
        parts = urlsplit(url)
        reachable = parts.port != 0 and httpx.URL(url).host
    except (ValueError, httpx.InvalidURL):
        return False
    more = parts.query or parts.fragment or "@" in parts.netloc
    return parts.scheme in {"http", "https"} and bool(reachable) and not more


def is_chosen(url: str | None) -> bool:
    """Say whether a service was named; otherwise it is the default one on this machine."""
    return bool(url or os.environ.get("PHOTOBATCH_URL"))
