"""Requests to the service, with key and retries; refusals become errors."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from photobatch.address import Address
from photobatch.errors import InvalidRequestError, PhotoBatchError, UnavailableError, of_response
from photobatch.lost import reason_of
from photobatch.patience import Patience

API = "/api/v1"
_CONNECT_S = 10.0
_BUSY = frozenset({502, 503, 504})
_LOST = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)
_NOT_HEARD = (httpx.ConnectError, httpx.ConnectTimeout)
_NEVER_REACHED_S = 15.0

Model = TypeVar("Model", bound=BaseModel)
Body = Callable[[], AsyncIterator[bytes]]


class Connection:
    """One service, over HTTP."""

    def __init__(
        self, address: Address, timeout_s: float, max_retries: int, http_client: httpx.AsyncClient | None = None
    ) -> None:
        """`http_client` sends the requests; it may also be used for other hosts, so the key is not kept in it."""
        self.address = address
        self.max_retries = max_retries
        self._timeout = httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S), pool=None)
        self._http = http_client or httpx.AsyncClient()
        self._is_ours = http_client is None
        self._home = _origin(httpx.URL(address.url))
        self.reached = False
        self.signs = True  # whether the service may give out addresses of its store

    @property
    def within_s(self) -> float | None:
        """The longest time for retries; shorter if the service never answered, which suggests a wrong address."""
        return None if self.reached else _NEVER_REACHED_S

    async def ask(self, model: type[Model], method: str, path: str, **request: Any) -> Model:
        """Send a request (arguments as for `send`) and return its JSON answer; raises PhotoBatchError."""
        response = await self.send(method, path, **request)
        try:
            return model.model_validate_json(response.content)
        except ValidationError:
            said = f"What answers at {self.address.url} is no photobatch, or one of another version."
            raise PhotoBatchError("unknown_answer", said, response.status_code) from None

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        once: bool = False,
        accept: frozenset[int] = frozenset(),
    ) -> httpx.Response:
        """Send a request and return the answer, a 2xx or one in `accept`; raises PhotoBatchError.

        `body` yields the content again for each try. A lost connection and a busy service are retried; with `once`
        only requests that the service has certainly not received.
        """
        patience = Patience(self.max_retries)
        shown = {name: value for name, value in (params or {}).items() if value is not None}
        lost, heard = False, None
        while True:
            try:
                request = self._request(
                    method,
                    f"{API}{path}",
                    params=shown,
                    json=json,
                    content=body() if body else content,
                    headers=headers,
                )
            except (ValueError, RecursionError) as error:
                wrong = "no text" if isinstance(error, UnicodeError) else "no JSON"
                raise InvalidRequestError("invalid_request", f"It can't be sent: some of it is {wrong}.") from None
            try:
                response = await self._http.send(request, follow_redirects=method == "GET")
            except httpx.RequestError as error:
                again = isinstance(error, _NOT_HEARD if once else _LOST)
                heard = heard if isinstance(error, _NOT_HEARD) else error
                if not again or not await patience.again(within_s=self.within_s):
                    raise self.unreachable(error) from heard or error
                lost = True
                continue
            self.reached = True
            if response.is_success or response.status_code in accept:
                return response
            if lost and method == "DELETE" and response.status_code == httpx.codes.NOT_FOUND:
                return response  # an earlier try, whose answer was lost, succeeded
            refusal = of_response(response)
            if not _may_help(refusal, once) or not await patience.again(refusal.retry_after_s):
                raise refusal from heard

    @asynccontextmanager
    async def stream(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """Open a GET of a path from the service, to be read in pieces; one try."""
        request = self._request("GET", path, headers=headers)
        response = await self._http.send(request, stream=True, follow_redirects=True)
        try:
            yield response
        finally:
            await response.aclose()

    async def put(self, url: str, body: Body, headers: Mapping[str, str]) -> bool:
        """Send a file to an address that is not the service's, without the key; say whether it arrived."""
        patience = Patience(self.max_retries)
        while True:
            request = self._request("PUT", url, content=body(), headers=headers)
            try:
                response = await self._http.send(request)
            except httpx.RequestError:
                if not await patience.again(within_s=_NEVER_REACHED_S):
                    return False
                continue
            if response.status_code not in _BUSY:
                return response.is_success
            if not await patience.again(None):
                return False

    def unreachable(self, error: Exception) -> UnavailableError:
        """Return the PhotoBatchError of a connection error."""
        advice = "Check the address, and that the service runs there."
        if httpx.URL(self.address.url).host in {"127.0.0.1", "localhost", "::1"}:
            advice += " `photobatch serve` starts one on this machine."
        return UnavailableError("unreachable", f"{self.address.url} does not answer: {reason_of(error)}. {advice}")

    async def aclose(self) -> None:
        """Close every connection, but not those of a client that was given."""
        if self._is_ours:
            await self._http.aclose()

    def _request(self, method: str, path: str, *, headers: Mapping[str, str] | None, **content: Any) -> httpx.Request:
        """Return a request to the service, with the key, or to another host, without it."""
        url = httpx.URL(path if "://" in path.partition("?")[0] else f"{self.address.url}{path}")
        key = self.address.headers if _origin(url) == self._home else {}
        return self._http.build_request(
            method, url, headers={**key, **(headers or {})}, timeout=self._timeout, **content
        )


def as_json(model: BaseModel, *, exclude_unset: bool = False) -> Any:
    """Return the JSON of a model; raises InvalidRequestError if it is nested too deeply."""
    try:
        return model.model_dump(mode="json", exclude_unset=exclude_unset)
    except ValueError as error:
        raise InvalidRequestError("invalid_request", f"It can't be sent: {error}.") from None


def may_be_done(error: PhotoBatchError) -> bool:
    """Say whether the service may have carried out a try whose answer was lost."""
    return error.__cause__ is not None and not isinstance(error.__cause__, _NOT_HEARD)


def _may_help(error: PhotoBatchError, once: bool) -> bool:
    """Say whether a retry may help. A full queue is left to the caller, because it may last for an hour."""
    if error.code in {"queue_full", "idempotency_in_progress"}:
        return error.code == "idempotency_in_progress"
    return error.status == httpx.codes.TOO_MANY_REQUESTS or (error.status in _BUSY and not once)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
