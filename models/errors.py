"""The one error root of the pixel layer."""


class PhotoError(Exception):
    """A photo that cannot be read or worked on.

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
    """Weights that are not here, or not what they should be. `code` is stable, `detail` says what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class DeviceLostError(Exception):
    """A GPU failed in a way that stays until the process ends."""


class LutError(PhotoError):
    """A LUT file that is none: `code` is `invalid_lut`, and `detail` names the line or the picture's fault."""
