"""The error of `photobatch run` and `photobatch serve`."""


class EngineError(Exception):
    """A batch that the engine refuses, or a service that cannot start; `detail` says what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return self.detail
