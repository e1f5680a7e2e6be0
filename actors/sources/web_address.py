"""Web addresses from clients: parsed once, by one parser, so that the checked address is the used one."""

import ipaddress
import re
from collections.abc import Iterable

import httpcore
import httpx

from actors.messages.errors import SourceError

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def web_address(text: str) -> httpcore.URL:
    """Return an http(s) address with its host in ASCII (IDNA), and the rest percent-encoded.

    Raises SourceError `unsupported_source` for another scheme, `invalid_source`.
    """
    try:
        url = httpx.URL(text)
        if url.scheme not in {"http", "https"}:
            raise SourceError("unsupported_source", "The address is not one of http: or https:.")
        if url.userinfo:
            detail = "The address names a user or a password, which photobatch does not send; leave them out."
            raise SourceError("invalid_source", detail)
        host, port = host_name(url.raw_host.decode("ascii")), url.port
        if port is not None and not 0 < port < 65_536:
            raise ValueError
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise SourceError("invalid_source", "The address of the photo is not a valid URL.") from error
    return httpcore.URL(scheme=url.raw_scheme, host=host, port=port, target=url.raw_path)


def host_name(host: str) -> str:
    """Return a host's name or IP address in its canonical spelling, for comparison; raises ValueError."""
    host = host.lower().removesuffix(".")
    if ":" in host and "%" not in host:  # a zone belongs to link-local addresses
        return str(ipaddress.IPv6Address(host))
    if not _NAME.fullmatch(host):
        raise ValueError(f"{host!r} is no host")
    return host


class AllowedHosts:
    """Private hosts that are allowed: `nas.local`, `10.0.0.7:80` (only that port), `[fd00::7]`."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Raises ValueError for anything else."""
        self._entries = frozenset(_entry(entry) for entry in entries)

    def allow(self, host: str, port: int) -> bool:
        """Say whether this host is allowed, as it is written: no DNS look-up in either direction."""
        return not self._entries.isdisjoint({(host, None), (host, port)})


def _entry(text: str) -> tuple[str, int | None]:
    if text.count(":") > 1 and "[" not in text:  # an IPv6 address as people write it
        return host_name(text), None
    try:
        url = httpx.URL(f"//{text}")
    except httpx.InvalidURL:
        raise ValueError(f"{text!r} is no host") from None
    if url.userinfo or url.raw_path not in {b"", b"/"} or url.fragment:
        raise ValueError(f"{text!r} is no host")
    return host_name(url.raw_host.decode("ascii")), url.port
