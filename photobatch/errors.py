"""What the service refused, as exceptions; `code` is the one of the problem on the wire."""

import httpx
from pydantic import ValidationError

from photobatch.schemas import Problem


class PhotoBatchError(Exception):
    """The root of all that this package raises.

    `code` is stable and machine-readable, `detail` a sentence for people, `status` that of HTTP (None: there was no
    answer), `retry_after_s` the wait that the service asked for, `field` what was wrong in the request.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        status: int | None = None,
        retry_after_s: float | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(code, detail, status, retry_after_s, field)  # these five: so it survives pickle
        self.code = code
        self.detail = detail
        self.status = status
        self.retry_after_s = retry_after_s
        self.field = field

    def __str__(self) -> str:
        return f"{self.detail} ({self.code})"


class InvalidRequestError(PhotoBatchError):
    """What was asked for makes no sense, or one file of it is no photo; asking again won't help."""


class UnauthorizedError(PhotoBatchError):
    """The API key is missing or wrong."""


class ForbiddenError(PhotoBatchError):
    """The key is good, and this is not for it."""


class NotFoundError(PhotoBatchError):
    """There is no such batch, photo, preset, LUT or file, or it is somebody else's."""


class ConflictError(PhotoBatchError):
    """The state forbids it: `bad_transition`, `preset_exists`, `too_many_uploads`."""


class QueueFullError(PhotoBatchError):
    """The queue takes no batch now; try again after `retry_after_s`.

    Where that is None waiting does not help; `detail` says what does.
    """


class UnavailableError(PhotoBatchError):
    """The service could not be reached, or is too busy, for longer than the client's patience."""


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
    """Return the error that an answer tells; its body has been read."""
    wait = retry_after_s(response)
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:  # from a proxy, or from something that is no photobatch
        where = f" to {response.headers['location']}; is that its address" if response.has_redirect_location else ""
        said = f"The server answered {response.status_code} {response.reason_phrase}{where}."
        return of_code(f"http_{response.status_code}", said, response.status_code, wait)
    return of_code(problem.code, problem.detail, response.status_code, wait, problem.field)


def of_code(
    code: str, detail: str, status: int, retry_after_s: float | None = None, field: str | None = None
) -> PhotoBatchError:
    """Return an error of the class that its code and status ask for."""
    kind = _OF_CODE.get(code) or _OF_STATUS.get(status, PhotoBatchError)
    return kind(code, detail, status, retry_after_s, field)


def of_validation(error: ValidationError, within: str = "") -> InvalidRequestError:
    """Return what pydantic found wrong before anything was sent."""
    first = error.errors()[0]
    field = ".".join([*([within] if within else []), *(str(part) for part in first["loc"])])
    return InvalidRequestError("invalid_request", f"{field}: {first['msg']}.", field=field)


def retry_after_s(response: httpx.Response) -> float | None:
    """Return the seconds of Retry-After; a date there counts as nothing."""
    said = response.headers.get("retry-after", "").strip()
    return float(said) if said.isascii() and said.isdigit() else None
