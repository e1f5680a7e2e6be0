"""The error of the preset layer."""


class PresetError(Exception):
    """A preset that does not exist, or invalid parameters.

    `code` is `unknown_preset` or `invalid_params`, `detail` a sentence for people, `field` the parameter that
    is wrong.
    """

    def __init__(self, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(code, detail, field)  # all of them, so that it can be pickled
        self.code = code
        self.detail = detail
        self.field = field

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"
