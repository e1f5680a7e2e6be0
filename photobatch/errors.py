"""The exceptions of the client; `code` is the problem code of the HTTP API."""

from typing import Self

import httpx
from pydantic import ValidationError

from photobatch.schemas import Problem
from photobatch.schemas.explain import path, sentence


class PhotoBatchError(Exception):
    """The base class of all errors of this package.

    `code` is stable and machine-readable, `detail` is a sentence for people, `status` is that of HTTP (None: no
    answer), `retry_after_s` is the wait that the service requests, `field` is the wrong field of the request.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        status: int | None = None,
        retry_after_s: float | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(code, detail, status, retry_after_s, field)  # all five, so that it can be pickled
        self.code = code
        self.detail = detail
        self.status = status
        self.retry_after_s = retry_after_s
        self.field = field

    def __str__(self) -> str:
        return f"{self.detail} ({self.code})"


class InvalidRequestError(PhotoBatchError):
    """The request is invalid, or a file is not a photo; repeating it does not help."""


class UnauthorizedError(PhotoBatchError):
    """The API key is missing or wrong."""


class ForbiddenError(PhotoBatchError):
    """The key is valid, but does not allow this."""


class NotFoundError(PhotoBatchError):
    """There is no such batch, photo, preset, LUT or file, or it belongs to another user."""


class ConflictError(PhotoBatchError):
    """The current state forbids it: `bad_transition`, `preset_exists`, `too_many_uploads`."""


class QueueFullError(PhotoBatchError):
    """The queue accepts no batch now; try again after `retry_after_s`.

    If that is None, waiting does not help; `detail` says what does.
    """


class UnavailableError(PhotoBatchError):
    """The service could not be reached, or is too busy, for longer than the client's patience."""


class WaitTimeoutError(PhotoBatchError, TimeoutError):
    """A batch has not ended in the time that `wait` was given; it goes on."""

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (self.code, self.detail, self.status, self.retry_after_s, self.field)


_OF_CODE: dict[str, type[PhotoBatchError]] = {"queue_full": QueueFullError}
_OF_STATUS: dict[int, type[PhotoBatchError]] = {
    400: InvalidRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: InvalidRequestError,
    415: InvalidRequestError,
    422: InvalidRequestError,
    429: UnavailableError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}


def of_response(response: httpx.Response) -> PhotoBatchError:
    """Return the error of an answer whose body has been read."""
    wait = retry_after_s(response)
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:  # from a proxy, or not from photobatch
        where = f" to {response.headers['location']}; is that its address" if response.has_redirect_location else ""
        said = f"The server answered {response.status_code} {response.reason_phrase}{where}."
        return of_code(f"http_{response.status_code}", said, response.status_code, wait)
    return of_code(problem.code, problem.detail, response.status_code, wait, problem.field)


def of_code(
    code: str, detail: str, status: int, retry_after_s: float | None = None, field: str | None = None
) -> PhotoBatchError:
    """Return an error of the class for its code and status."""
    kind = _OF_CODE.get(code) or _OF_STATUS.get(status, PhotoBatchError)
    return kind(code, detail, status, retry_after_s, field)


def of_validation(error: ValidationError, within: str = "") -> InvalidRequestError:
    """Return the error of a pydantic validation, before anything is sent."""
    first = error.errors(include_url=False)[0]
    field = path([*([within] if within else []), *first["loc"]])
    return InvalidRequestError("invalid_request", sentence(field or "the request", first), field=field or None)


def retry_after_s(response: httpx.Response) -> float | None:
    """Return the seconds of Retry-After; a date is ignored."""
    said = response.headers.get("retry-after", "").strip()
    return float(said) if said.isascii() and said.isdigit() else None
