"""Uploads: files that batches name."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from photobatch.schemas.messages import Answer, Wire


class SignedUploadInput(Wire):
    """A file that is about to be sent to the store itself."""

    name: str = Field("", max_length=1000, description="Its file name.")
    bytes: int = Field(ge=1, description="Its size.")


class SignedUpload(Answer):
    """An address at the store: send the file there, then accept it."""

    id: str
    method: Literal["PUT"] = "PUT"
    url: str = Field(description="For this file alone; whoever has it may write the file until it expires.")
    headers: dict[str, str] = Field(description="To be sent with it.")
    expires_at: datetime


class Upload(Answer):
    """An uploaded file; `source` goes into a batch's `image_urls`."""

    id: str
    source: str
    name: str
    bytes: int
    sha256: str | None = Field(description="null if it went to the store itself.")
    width: int | None
    height: int | None
    format: str | None
