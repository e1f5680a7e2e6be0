"""Access of commands to a service: errors become messages with an exit status."""

from collections.abc import Iterator
from contextlib import contextmanager

from photobatch.errors import InvalidRequestError, PhotoBatchError, QueueFullError, UnavailableError
from photobatch.refusal import RefusalError
from photobatch.sync import Batch, PhotoBatch

ONE_ANSWER = 4  # retries, three seconds: a person waits at a terminal
ANSWER_S = 10.0  # the same for a service that accepts and never answers
WHOLE_BATCH = 12  # retries, about a minute: long batches should outlive a restart of the service
WORK_S = 60.0  # the same for a service that accepts and never answers

_NOT_NOW = 3


@contextmanager
def open_service(url: str | None, api_key: str | None, *, max_retries: int = ONE_ANSWER) -> Iterator[PhotoBatch]:
    """Open the client of a service; in the block its errors are raised as RefusalError."""
    timeout_s = WORK_S if max_retries > ONE_ANSWER else ANSWER_S
    with refusals(), PhotoBatch(url, api_key, max_retries=max_retries, timeout=timeout_s) as client:
        yield client


@contextmanager
def open_batch(url: str | None, api_key: str | None, task_id: str, *, max_retries: int = ONE_ANSWER) -> Iterator[Batch]:
    """Open one batch of a service in the same way."""
    with open_service(url, api_key, max_retries=max_retries) as client:
        yield client.batch(task_id)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn errors of the client into RefusalError: status 2 if the command is wrong, 3 if it may work later."""
    try:
        yield
    except PhotoBatchError as error:
        raise RefusalError(sentence_of(error), exit_code=_NOT_NOW if is_for_now(error) else 2) from error


def is_for_now(error: PhotoBatchError) -> bool:
    """Say whether the same command may succeed later: the service is unreachable or busy."""
    ours = error.status is not None and error.status >= 500
    return isinstance(error, QueueFullError | UnavailableError) or ours or error.code == "unknown_answer"


def sentence_of(error: PhotoBatchError) -> str:
    """Return a sentence with the error, its code, and when to try again."""
    said = error.detail
    if isinstance(error, InvalidRequestError) and error.field and error.field not in said:
        said = f"{error.field}: {said}"
    again = "" if error.retry_after_s is None else f" Try again in {error.retry_after_s:.0f} s."
    return f"{said} ({error.code}){again}"
