"""What went wrong with a connection, as one would say it to a colleague."""

import errno
import socket
import ssl

import httpx

_SAID: list[tuple[type[BaseException], str]] = [
    (socket.gaierror, "there is no host of that name"),
    (ssl.SSLCertVerificationError, "its certificate is not one that this machine trusts"),
    (ssl.SSLError, "it does not speak HTTPS; perhaps its address begins with http://"),
    (httpx.ProxyError, "the proxy in between refused"),
    (httpx.ConnectTimeout, "it cannot be reached: nothing came back in time"),
    (httpx.ConnectError, "nothing listens there"),
    (httpx.ReadTimeout, "it accepted the request and then said nothing"),
    (httpx.WriteTimeout, "it stopped taking what was sent"),
    (httpx.RemoteProtocolError, "it broke off in the middle"),
    (httpx.NetworkError, "the connection was lost"),
    (ConnectionRefusedError, "nothing listens there"),
    (TimeoutError, "nothing came back in time"),
    (ConnectionError, "the connection was lost"),
]
_NO_WAY = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH})


def reason_of(error: BaseException) -> str:
    """Return the end of a sentence that begins with the service: the most telling of an error and its causes."""
    chain = list(_causes(error))
    if any(isinstance(each, OSError) and each.errno in _NO_WAY for each in chain):
        return "there is no way to that host from here"
    for kind, said in _SAID:
        if any(isinstance(each, kind) for each in chain):
            return said
    return str(error) or type(error).__name__


def _causes(error: BaseException | None) -> "list[BaseException]":
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
