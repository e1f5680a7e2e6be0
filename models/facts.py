"""Facts that a file tells besides its pixels."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Density:
    """The resolution that a file tells: pixels across and down in a unit of length."""

    across: float
    down: float
    unit: str  # inch, cm, m; empty: only their ratio counts

    @property
    def tells(self) -> bool:
        """Whether it says more than that pixels are square."""
        return self.unit != "" or self.across != self.down

    def turned(self) -> "Density":
        """Return that of a picture whose rows became columns."""
        return Density(self.down, self.across, self.unit)


@dataclass(frozen=True, slots=True)
class Text:
    """A text beside the picture: a comment in a JPEG or GIF, a text chunk in a PNG."""

    keyword: str  # as PNG has it: Title, Author, Description, Copyright, Comment, …
    text: str
    encoding: str = "utf-8"  # in which a comment is the bytes that it was
    language: str = ""  # of an iTXt chunk, as RFC 3066 has it
    translated: str = ""  # its keyword in that language
