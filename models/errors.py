"""The error classes of the pixel layer."""


class PhotoError(Exception):
    """A photo that cannot be read or retouched.

    `code` is stable and machine-readable, `detail` is a sentence for people that says what to do,
    `retryable` says whether the same photo may succeed later.
    """

    def __init__(self, code: str, detail: str, retryable: bool = False) -> None:
        super().__init__(code, detail, retryable)
        self.code = code
        self.detail = detail
        self.retryable = retryable

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class WeightsError(Exception):
    """Weights that are missing or wrong. `code` is stable, `detail` says what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class DeviceLostError(Exception):
    """A GPU failed in a way that stays until the process ends."""


class DeviceUnusableError(Exception):
    """A GPU that was granted to this process and cannot be used; the message says why."""


class LutError(PhotoError):
    """An invalid LUT file: `code` is `invalid_lut`, and `detail` names the line or the fault of the picture."""
