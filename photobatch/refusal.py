"""The error class of the commands."""


class RefusalError(Exception):
    """A command that cannot be carried out; the message says why and what to do."""

    def __init__(self, sentence: str, exit_code: int = 2) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.exit_code = exit_code
