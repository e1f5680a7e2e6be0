"""The error classes of the storage layer."""


class StorageError(Exception):
    """A storage operation failed; `code` is stable, `retryable` says whether waiting can help."""

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
    """A newer photobatch wrote the journal: it is undamaged, but this version cannot read it."""

    code = "newer_journal"
    retryable = False


class StorageFullError(StorageError):
    """The disk is full."""

    code = "storage_full"


class InvalidKeyError(StorageError):
    """An impossible name of a blob: nothing was read or written."""

    code = "invalid_key"
    retryable = False


class TooLargeError(StorageError):
    """An object is larger than the given limit."""

    code = "too_large"
    retryable = False


class DeniedError(StorageError):
    """The store denies access: credentials are missing, wrong, or insufficient."""

    code = "forbidden"
    retryable = False
