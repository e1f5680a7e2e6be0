"""Presets, LUTs and previews on the wire."""

from typing import Annotated, Any, Literal

from pydantic import Field

from photobatch.schemas.messages import Answer, Face, PhotoError, Wire


class LocalizedText(Answer):
    """The same text in Chinese and English."""

    zh: Annotated[str, Field(max_length=500)]
    en: Annotated[str, Field(max_length=500)]


class PresetInput(Wire):
    """A preset to create or replace."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="The id by which batches use it.")]
    name: LocalizedText
    type: Literal["beauty", "filter", "color", "erase"] = Field(description="Determines which parameters it may have.")
    params: dict[str, Any] = Field(default_factory=dict, description="Non-neutral parameters; docs/presets.md.")
    description: LocalizedText = LocalizedText(zh="", en="")
    shared: bool = Field(False, description="Whether other users may see and use it.")


class PresetDraft(Answer):
    """A preset made from a file of another program, not yet stored."""

    preset: PresetInput
    ignored: list[str] = Field(description="Settings of the file that change photos there and are not in the preset.")
    limited: list[str] = Field(description="Settings that go further there than here; here they end at their limit.")


class PresetCopy(Wire):
    """Id and name of the copy of a preset."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    name: LocalizedText | None = Field(None, description="If left out, the name of the original.")


class Preset(Answer):
    """A built-in preset, or one made by a user."""

    id: str
    name: LocalizedText
    type: str
    version: int = Field(description="Grows with each change.")
    params: dict[str, Any]
    description: LocalizedText
    built_in: bool = True
    owner: str | None = Field(None, description="The user who may change it.")
    shared: bool = Field(True, description="Whether other users see and use it.")


class PresetList(Answer):
    """All presets that the user may use."""

    items: list[Preset]
    next_cursor: str | None = None


class Slider(Answer):
    """A parameter that is a number."""

    name: str = Field(description="What `preset_params` call it.")
    label: LocalizedText
    low: float
    high: float = Field(description="The end of the slider; of `dilate_px` a request may give more.")
    step: float
    neutral: float = Field(description="What it is when left out.")


class SliderGroup(Answer):
    """Sliders that belong together."""

    label: LocalizedText
    types: list[str] = Field(description="The types of presets that have them.")
    sliders: list[Slider]


class SliderList(Answer):
    """Every slider, in the order of the page."""

    items: list[SliderGroup]
    next_cursor: str | None = None


class PreviewItem(Wire):
    """A look for a preview: a preset, a type, or a preset with other parameters."""

    preset_id: Annotated[str, Field(max_length=128)] | None = None
    preset_type: Literal["beauty", "filter", "color", "erase"] | None = None
    preset_params: dict[str, Any] = Field(default_factory=dict)


class PreviewRequest(Wire):
    """`POST /api/v1/presets/preview`."""

    source: Annotated[str, Field(pattern="^upload:", max_length=200, description="An uploaded photo.")]
    items: Annotated[
        list[PreviewItem],
        Field(min_length=1, max_length=24, description="The looks; one picture for each.", fail_fast=True),
    ]
    max_side: Annotated[int, Field(ge=64, le=1024, description="Longer side of the pictures, pixels.")] = 512


class PreviewPicture(Answer):
    """A small JPEG, or why there is none."""

    image: str | None = Field(description="The JPEG in Base64, as in data URLs.")
    width: int
    height: int
    notes: list[str]
    faces: list[Face] | None = Field(default=None, description="Those that were found; null where none was looked for.")
    error: PhotoError | None


class PreviewList(Answer):
    """One picture for each item, in their order."""

    items: list[PreviewPicture]


class Lut(Answer):
    """A user's LUT; presets name it in `lut`, by its name or its SHA-256."""

    name: str
    sha256: str
    bytes: int
    title: str
    size: int = Field(description="Samples along each side.")
    dimensions: Literal[1, 3]


class LutList(Answer):
    """A user's LUTs."""

    items: list[Lut]
    next_cursor: str | None = None
