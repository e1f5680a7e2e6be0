"""What all messages have in common."""

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """A message; unknown fields are refused so that a typo never passes silently."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """What the server says; clients ignore fields they do not know yet."""

    model_config = ConfigDict(extra="ignore")


class PhotoError(Answer):
    """Why a photo failed; `code` is stable."""

    code: str
    message: str
    retryable: bool
