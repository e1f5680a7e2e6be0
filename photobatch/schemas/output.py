"""How results are written."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from photobatch.file_names import safe
from photobatch.schemas.messages import Wire
from photobatch.schemas.watermark import Watermark

MOST_VARIANTS = 4
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
Format = Literal["same", "jpeg", "png", "webp", "avif", "tiff"]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")] | None
"""Text on one line; None: none."""
Quality = Annotated[int, Field(ge=1, le=100)] | None
MaxSide = Annotated[int, Field(ge=16, le=65_535)] | None


class VariantOptions(Wire):
    """A further output of each photo, from the same decoded and retouched picture."""

    name: Annotated[str, Field(description="Also the folder in the ZIP file: 1 to 32 of a-z, 0-9, - and _.")]
    max_side: MaxSide = Field(None, description="As `max_side` of the result, from whose size it is reduced.")
    quality: Quality = Field(None, description="As `quality` of the result.")
    format: Format = Field("same", description="`same`: the format of the result.")

    @field_validator("name")
    @classmethod
    def _names_a_folder(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("must have 1 to 32 characters of a-z, 0-9, - and _, a letter first")
        if safe(name) != name:
            raise ValueError("is a name that Windows keeps for a device; choose another")
        return name


class OutputOptions(Wire):
    """How results are written."""

    format: Format = Field(
        "same", description="`same`: the photo's own, if it can be written; HEIC and RAW become JPEG, BMP and GIF PNG."
    )
    quality: Quality = Field(
        None,
        description="For lossy formats. Unset: a JPEG keeps its own quantisation, and its bits where nothing is "
        "retouched; other formats get 92.",
    )
    subsampling: Literal["same", "444", "422", "420"] = Field("same", description="Chroma subsampling of JPEG.")
    max_side: MaxSide = Field(
        None, description="Photos with a longer side are reduced to this many pixels; nothing is enlarged."
    )
    metadata: Literal["keep", "strip_gps", "strip"] = Field("keep", description="Which EXIF, XMP and texts are kept.")
    hdr: Literal["keep", "drop"] = Field(
        "keep", description="Whether an HDR photo stays one: a JPEG or HEIC with a gain map gives a JPEG with it."
    )
    raw: Literal["develop", "embedded"] = Field(
        "develop",
        description="What a camera's RAW file gives: `embedded` is the camera's own JPEG in it, of full size.",
    )
    creator: Words = Field(None, description="Who made the photos: EXIF Artist, XMP dc:creator; under any `metadata`.")
    copyright: Words = Field(None, description="Whose they are: EXIF Copyright, XMP dc:rights; under any `metadata`.")
    name: Annotated[str, Field(max_length=200)] | None = Field(
        default=None,
        description="Template of result names: {stem}, {counter} (from 1, {counter:04} pads), {index} (from 0), "
        "{date:%Y-%m-%d} (when it was taken), {ext}, {preset}.",
    )
    also: Annotated[list[VariantOptions], Field(max_length=MOST_VARIANTS)] = Field(
        default_factory=list, description="Further outputs of each photo, such as a small one for the web."
    )

    watermark: Watermark | None = Field(None, description="A text or a PNG that is laid on every result.")

    @model_validator(mode="after")
    def _named_apart(self) -> Self:
        names = [variant.name for variant in self.also]
        if len(set(names)) < len(names):
            raise ValueError("two of `also` have one name")
        return self


def _as_it_is(given: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Return the output options of a stored batch, which may have come under the rules of another version."""
    if not isinstance(given, dict):
        return validate(given)
    also = [_known(VariantOptions, variant) for variant in given.get("also") or ()]
    mark = given.get("watermark")
    said = _known(OutputOptions, given) | {"also": also, "watermark": mark and _known(Watermark, mark)}
    try:
        return validate(said)
    except ValidationError:
        said["also"] = [VariantOptions.model_construct(**variant) for variant in also]
        said["watermark"] = mark and Watermark.model_construct(**said["watermark"])
        return OutputOptions.model_construct(**said)


def _known(model: type[Wire], given: dict[str, Any]) -> dict[str, Any]:
    return {key: given[key] for key in given if key in model.model_fields}


OutputShown = Annotated[OutputOptions, WrapValidator(_as_it_is)]
"""Output options in an answer: unknown fields are ignored, and values are not checked."""
