"""Base classes of all messages."""

import unicodedata
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

_JOINERS = "\u200c\u200d"  # within words of some scripts, and within emoji


class Wire(BaseModel):
    """A message from a client; unknown fields are refused, so that typos are noticed."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _one_unknown(cls, given: Any) -> Any:
        """Drop all unknown fields except the first: pydantic would build an error for each."""
        if not isinstance(given, dict) or len(given) <= len(cls.model_fields):
            return given
        unknown = next(name for name in given if name not in cls.model_fields)
        return {name: value for name, value in given.items() if name in cls.model_fields or name == unknown}


class Answer(BaseModel):
    """A message from the server; clients ignore unknown fields."""

    model_config = ConfigDict(extra="ignore")


def one_line(text: str | None) -> str | None:
    """Return what people are shown, without control characters, and those that turn its direction, on one line.

    None if nothing of it can be seen.
    """
    shown = [(char, unicodedata.category(char)) for char in text or ""]
    shown = [(char, kind) for char, kind in shown if kind != "Cf" or char in _JOINERS]
    said = "".join(" " if kind in {"Cc", "Zl", "Zp"} else char for char, kind in shown)
    return " ".join(said.split()) if said.strip(_JOINERS + " ") else None


class PhotoError(Answer):
    """Why a photo failed; `code` is stable."""

    code: str
    message: str
    retryable: bool


class Face(Answer):
    """A face that was found in a photo."""

    box: list[float] = Field(
        min_length=4, max_length=4, description="Left, top, width and height, in fractions of the upright photo."
    )
    retouched: bool = Field(description="False: `faces` of the preset's parameters left it out.")
    texture_cut: float | None = Field(
        None, description="The part of the variance of its skin's texture that smoothing took; null without smoothing."
    )
