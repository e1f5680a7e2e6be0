"""The parameters that presets may have: sliders, and those that have a shape of their own.

What they do to a photo is in models/; docs/presets.md shows it.
"""

import difflib
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    create_model,
    model_validator,
)

from models.slider import Slider
from presets.errors import PresetError
from presets.sliders import sliders_of

# Strict: a JSON number, never "0.5" or true, so that a slip is an error and not a surprise.
Share = Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)]
Balance = Annotated[float, Field(ge=-1, le=1, strict=True, allow_inf_nan=False)]


def _rising(points: list[list[float]]) -> list[list[float]]:
    if any(after[0] <= before[0] for before, after in pairwise(points)):
        raise ValueError("x must rise strictly from point to point")
    return points


def _for_all_channels(value: object) -> object:
    return {"rgb": value} if isinstance(value, list | tuple) else value


# Fail fast: pydantic would build an error for each of a million wrong items.
Point = Annotated[list[Share], Field(min_length=2, max_length=2, fail_fast=True)]  # x, y
Points = Annotated[list[Point], Field(min_length=2, max_length=16, fail_fast=True), AfterValidator(_rising)]


class Strict(BaseModel):
    """Parameters; an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _one_unknown(cls, given: Any) -> Any:
        """Leave out all unknown names but the first: pydantic would build an error for each."""
        if not isinstance(given, dict) or len(given) <= len(cls.model_fields):
            return given
        unknown = next(name for name in given if name not in cls.model_fields)
        return {name: value for name, value in given.items() if name in cls.model_fields or name == unknown}


class Curves(Strict):
    """Curves on encoded values: `rgb` on all channels, then each channel's own."""

    rgb: Points | None = None
    r: Points | None = None
    g: Points | None = None
    b: Points | None = None


class Band(Strict):
    """What to do to the colours of one band of hues."""

    hue: Balance = 0.0  # towards the next band, or the one before
    saturation: Balance = 0.0
    luminance: Balance = 0.0


class Hsl(Strict):
    """The eight bands; greys belong to none."""

    red: Band = Band()
    orange: Band = Band()
    yellow: Band = Band()
    green: Band = Band()
    aqua: Band = Band()
    blue: Band = Band()
    purple: Band = Band()
    magenta: Band = Band()


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ModelOp(Strict):
    """A network that changes the whole picture before anything else does: restores, denoises, enlarges it."""

    op: Literal["model"]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]  # never a path
    sha256: Sha256 | None = None  # of its weights, which a batch pins; None: those that are there


class Shift(Strict):
    """What brings one photo to the light of its shoot, before the look and whatever the strength of that."""

    exposure: Annotated[float, Field(ge=-3, le=3, strict=True, allow_inf_nan=False)] = 0.0  # EV
    temperature: Balance = 0.0
    tint: Balance = 0.0


class PhotoParams(Strict):
    """What the types `beauty`, `filter` and `color` have beside sliders."""

    ops: Annotated[list[ModelOp], Field(max_length=4, fail_fast=True)] = []
    curve: Annotated[Curves | None, BeforeValidator(_for_all_channels)] = None
    hsl: Hsl | None = None
    lut: Annotated[str, Field(min_length=1, max_length=200)] | None = None  # its name
    shift: Shift | None = None


Length = Annotated[float, Field(ge=0, le=1_000_000, strict=True, allow_inf_nan=False)]
Box = Annotated[list[Length], Field(min_length=4, max_length=4, fail_fast=True)]  # left, top, width, height


class Regions(Strict):
    """Boxes in the EXIF-oriented picture: in parts of its width and height, or in pixels."""

    unit: Literal["fraction", "px"] = "fraction"
    boxes: Annotated[list[Box], Field(min_length=1, max_length=1000, fail_fast=True)]

    @model_validator(mode="after")
    def _within(self) -> Self:
        if any(box[2] == 0 or box[3] == 0 for box in self.boxes):
            raise ValueError("a box needs a width and a height above 0")
        if self.unit == "fraction" and any(value > 1 for box in self.boxes for value in box):
            raise ValueError("fractions go from 0 to 1; for pixels say unit: px")
        return self


def _kind_of_faces(given: object) -> str:
    return "boxes" if isinstance(given, dict | Regions) else "word"


Faces = Annotated[
    Annotated[Literal["all", "none"], Tag("word")] | Annotated[Regions, Tag("boxes")], Discriminator(_kind_of_faces)
]


class BeautyParams(PhotoParams):
    """What the type `beauty` has beside sliders."""

    # Those whose middle is in one of the boxes; a statue or a poster can be left out.
    faces: Faces = "all"


class EraseParams(Strict):
    """What the type `erase` has beside sliders. What boxes or mask mark is erased; both together are united."""

    regions: Regions | None = None
    mask: Annotated[str, Field(min_length=1, max_length=8192)] | None = None  # a source; white is erased
    # What fills: patches, OpenCV's method, or LaMa by the SHA-256 of its weights, which a batch pins; None: the best.
    model: Annotated[str, Field(pattern=r"^(patches|telea|[0-9a-f]{64})$")] | None = None


def _with_sliders(preset_type: str, others: type[Strict]) -> type[Strict]:
    fields: dict[str, Any] = {slider.name: (_number(slider), slider.neutral) for slider in sliders_of(preset_type)}
    return create_model(f"{preset_type.title()}Params", __base__=others, __module__=__name__, **fields)


def _number(slider: Slider) -> Any:
    most = slider.high if slider.most is None else slider.most
    return Annotated[float, Field(ge=slider.low, le=most, strict=True, allow_inf_nan=False)]


_OTHERS: dict[str, type[Strict]] = {
    "beauty": BeautyParams,
    "filter": PhotoParams,
    "color": PhotoParams,
    "erase": EraseParams,
}
PARAMS = {preset_type: _with_sliders(preset_type, others) for preset_type, others in _OTHERS.items()}


def check_complete(preset_type: str, params: dict[str, object]) -> None:
    """Raise PresetError where a photo could not be worked on with these parameters, valid as they are."""
    if preset_type == "erase" and not (params.get("regions") or params.get("mask")):
        detail = "erase needs to know what: give regions (boxes) or a mask (a picture in which that is white)."
        raise PresetError("invalid_params", detail, "regions")


def validate(preset_type: str, params: dict[str, object]) -> Strict:
    """The parameters of a preset of that type. Raises PresetError: which one, why, and what is allowed."""
    try:
        return PARAMS[preset_type].model_validate(params)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = first["loc"][:1] + first["loc"][2 if first["loc"][:1] == ("faces",) else 1 :]  # without the tag
        field = ".".join(str(part) for part in place)
        if first["type"] == "extra_forbidden":
            known = _known(preset_type, place)
            near = difflib.get_close_matches(str(place[-1]), known.model_fields, n=1)
            hint = f"did you mean {near[0]}? Known are" if near else "known are"
            why = f"is not a parameter here; {hint} {', '.join(sorted(known.model_fields))}"
        else:
            said = first["msg"].removeprefix("Value error, ")
            why = f"is wrong: {said[:1].lower()}{said[1:]}{_allowed(preset_type, place)}"
        raise PresetError("invalid_params", f"{field} {why}.", field) from None


def _known(preset_type: str, location: tuple[int | str, ...]) -> type[BaseModel]:
    """The model that a name at that place belongs to."""
    if len(location) == 1:
        return PARAMS[preset_type]
    if location[0] == "hsl":
        return Hsl if len(location) == 2 else Band
    return _NESTED[str(location[0])]


_NESTED: dict[str, type[BaseModel]] = {
    "curve": Curves,
    "faces": Regions,
    "ops": ModelOp,
    "regions": Regions,
    "shift": Shift,
}
_SHAPES = {
    "curve": "a curve is 2 to 16 points [x, y], each 0 to 1, or such points for each of rgb, r, g, b",
    "faces": 'write "all", "none" or {"unit": "fraction" or "px", "boxes": [[left, top, width, height], …]}',
    "hsl": f"hsl is {{band: {{hue, saturation, luminance}}}}, each from -1 to 1, for {', '.join(Hsl.model_fields)}",
    "model": "patches, telea, or the SHA-256 of LaMa's weights, or nothing for the best that is there",
    "lut": "the name of a LUT is allowed",
    "ops": 'write [{"op": "model", "name": "…"}], at most four, with names of `photobatch models list`',
    "shift": "shift is {exposure, temperature, tint}: EV from -3 to 3, and twice -1 to 1",
    "regions": 'write {"unit": "fraction" or "px", "boxes": [[left, top, width, height], …]}',
}


def _allowed(preset_type: str, location: tuple[int | str, ...]) -> str:
    """What the parameter may be, as the end of a sentence."""
    name = str(location[0]) if location else ""
    if name in _SHAPES:
        return f"; {_SHAPES[name]}"
    schema = PARAMS[preset_type].model_json_schema()["properties"].get(name, {})
    if "minimum" not in schema:
        return ""
    return f"; a number from {schema['minimum']:g} to {schema['maximum']:g} is allowed"
