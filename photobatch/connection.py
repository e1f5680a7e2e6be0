"""Requests to the service: the key on each, another try where one may help, errors for refusals."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from photobatch.address import Address
from photobatch.errors import InvalidRequestError, PhotoBatchError, UnavailableError, of_response
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

    def __init__(self, address: Address, patience_s: float, timeout_s: float) -> None:
        self.address = address
        self.patience_s = patience_s
        timeout = httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S), pool=None)
        self.http = httpx.AsyncClient(base_url=address.url, headers=address.headers, timeout=timeout)
        self.reached = False

    @property
    def within_s(self) -> float | None:
        """How long to try again at most; a service that never answered is more likely to be a wrong address."""
        return None if self.reached else _NEVER_REACHED_S

    async def ask(self, model: type[Model], method: str, path: str, **request: Any) -> Model:
        """Send a request (as `send` takes it) and return what its answer says; raises PhotoBatchError."""
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
        """Return the answer, which is a 2xx or in `accept`; raises PhotoBatchError.

        `body` yields the content anew for each try. A lost connection and a busy service are tried again; with `once`
        only what has certainly not been heard.
        """
        patience = Patience(self.patience_s)
        shown = {name: value for name, value in (params or {}).items() if value is not None}
        lost, heard = False, None
        while True:
            try:
                request = self.http.build_request(
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
                response = await self.http.send(request, follow_redirects=method == "GET")
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
                return response  # the try whose answer was lost did it
            refusal = of_response(response)
            if not _may_help(refusal, once) or not await patience.again(refusal.retry_after_s):
                raise refusal from heard

    @asynccontextmanager
    async def stream(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """Open an answer to a GET of what the service named, to be read piece by piece; one try."""
        request = self.http.build_request("GET", path, headers=headers)
        if _origin(request.url) != _origin(self.http.base_url):
            request.headers.pop("Authorization", None)  # the key is for one host alone
        response = await self.http.send(request, stream=True, follow_redirects=True)
        try:
            yield response
        finally:
            await response.aclose()

    def unreachable(self, error: Exception) -> UnavailableError:
        """Return what a connection error means to a caller."""
        reason = str(error) or type(error).__name__
        said = f"{self.address.url} does not answer as it should: {reason}. Check the address, and that it runs."
        return UnavailableError("unreachable", said)

    async def aclose(self) -> None:
        """Close every connection."""
        await self.http.aclose()


def as_json(model: BaseModel, *, exclude_unset: bool = False) -> Any:
    """Return what is to be sent of a model; raises InvalidRequestError for what is nested too deeply."""
    try:
        return model.model_dump(mode="json", exclude_unset=exclude_unset)
    except ValueError as error:
        raise InvalidRequestError("invalid_request", f"It can't be sent: {error}.") from None


def may_be_done(error: PhotoBatchError) -> bool:
    """Say whether what was asked for may have been done: a try was heard whose answer was lost."""
    return error.__cause__ is not None and not isinstance(error.__cause__, _NOT_HEARD)


def _may_help(error: PhotoBatchError, once: bool) -> bool:
    """Say whether another try may help; a full queue is the caller's to judge, for it may stay so for an hour."""
    if error.code in {"queue_full", "idempotency_in_progress"}:
        return error.code == "idempotency_in_progress"
    return error.status == httpx.codes.TOO_MANY_REQUESTS or (error.status in _BUSY and not once)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
