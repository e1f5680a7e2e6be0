"""The one error root of the storage layer."""


class StorageError(Exception):
    """Bytes or records went wrong; `code` is stable, `retryable` says whether waiting can help."""

    code = "storage_error"
    retryable = True


class BlobNotFoundError(StorageError):
    """No blob has that key."""

    code = "not_found"
    retryable = False


class EpochLostError(StorageError):
    """A newer coordinator owns the journal; this one must exit."""

    code = "epoch_lost"
    retryable = False


class NewerJournalError(StorageError):
    """A newer photobatch wrote the journal: it is whole, and not for this one."""

    code = "newer_journal"
    retryable = False


class StorageFullError(StorageError):
    """The disk is full."""

    code = "storage_full"


class InvalidKeyError(StorageError):
    """This is no name that a blob can have: nothing was read or written."""

    code = "invalid_key"
    retryable = False


class TooLargeError(StorageError):
    """An object is larger than whoever asked for it takes."""

    code = "too_large"
    retryable = False


class DeniedError(StorageError):
    """The store does not let us: credentials are missing, wrong, or not good enough."""

    code = "forbidden"
    retryable = False
