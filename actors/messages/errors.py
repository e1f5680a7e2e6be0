"""The error classes of the actor layer. All of them can be pickled, because they cross processes."""

from storage.errors import NewerJournalError


class BatchError(Exception):
    """A request that is refused.

    `code` is stable, `detail` says what to do, `retry_after_s` says when to try again.
    """

    def __init__(self, code: str, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(code, detail, retry_after_s)
        self.code = code
        self.detail = detail
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class SourceError(BatchError):
    """A photo's source that cannot be fetched; `retryable` says whether it may work later."""

    def __init__(self, code: str, detail: str, retryable: bool = False) -> None:
        super().__init__(code, detail)
        self.args = (code, detail, retryable)
        self.retryable = retryable


def no_such_batch() -> BatchError:
    """Return the error for an id that names no batch (any more)."""
    return BatchError("not_found", "There is no batch with this id; it may have been deleted or have expired.")


def journal_unavailable() -> BatchError:
    """Return the error for an answer that would have to wait for the journal."""
    detail = "The service cannot record anything just now; nothing is lost. Try again in a few seconds."
    return BatchError("journal_unavailable", detail, retry_after_s=5.0)


def journal_behind() -> BatchError:
    """Return the error for a change while the journal has come back older."""
    detail = "The service's journal came back older than it was; nothing is recorded until its keeper has decided."
    return BatchError("journal_behind", detail, retry_after_s=60.0)


def later_version(kind: str) -> NewerJournalError:
    """Return the error for an event that this version does not know."""
    return NewerJournalError(f"The journal is of a later version ({kind}); go back to that, or to a backup.")


def journal_stopped() -> BatchError:
    """Return the error for a request while the journal cannot be read."""
    detail = "The service's journal cannot be read; its keeper must restore it. Try again later."
    return BatchError("journal_unavailable", detail, retry_after_s=60.0)


def no_worker() -> BatchError:
    """Return the error for a request that needs a worker while there is none."""
    detail = "No worker is ready; there will be one soon. Try again in a few seconds."
    return BatchError("no_worker", detail, retry_after_s=5.0)
