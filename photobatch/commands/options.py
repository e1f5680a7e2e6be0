"""Options that several commands share."""

# Commands import what they need inside, so that help and refusals come at once.
# ruff: noqa: PLC0415

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, get_args

import typer

from photobatch.refusal import RefusalError

Corner = Literal["top_left", "top_right", "bottom_left", "bottom_right", "center"]
Consistency = Literal["none", "shoot"]
PresetType = Literal["beauty", "filter", "color", "erase"]
Format = Literal["same", "jpeg", "png", "webp", "avif", "tiff"]
Subsampling = Literal["same", "444", "422", "420"]
Metadata = Literal["keep", "strip_gps", "strip"]
Hdr = Literal["keep", "drop"]
Raw = Literal["develop", "embedded"]

# A copy of the server's list: completion must not make requests, and the client has no presets. A test compares them.
BUILT_IN = (
    "beauty_fresh",
    "beauty_heavy",
    "beauty_light",
    "beauty_medium",
    "beauty_natural",
    "beauty_soft",
    "color_cinema",
    "color_film",
    "color_mono",
    "color_vintage",
    "erase",
    "filter_cool",
    "filter_food",
    "filter_night",
    "filter_sky",
    "filter_warm",
)


def complete_preset(incomplete: str) -> list[str]:
    """Return the built-in presets that begin with this text."""
    return [name for name in BUILT_IN if name.startswith(incomplete)]


PresetOption = Annotated[
    str | None,
    typer.Option(
        "--preset",
        metavar="ID",
        help="What to do; `photobatch presets` lists it. For run also a file: .xmp of Lightroom, YAML, JSON.",
        autocompletion=complete_preset,
    ),
]
TypeOption = Annotated[
    PresetType | None,
    typer.Option("--type", help="Without --preset: start from neutral parameters of this type."),
]
ParamOption = Annotated[
    list[str] | None,
    typer.Option(
        "--param", metavar="KEY=VALUE", help="Override a parameter of the preset; repeatable. Values may be JSON."
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="Format of the results.")]
QualityOption = Annotated[
    int | None,
    typer.Option("--quality", min=1, max=100, help="Quality of lossy formats; unset: that of a JPEG itself, else 92."),
]
SubsamplingOption = Annotated[Subsampling, typer.Option("--subsampling", help="Chroma subsampling of JPEG.")]
MaxSideOption = Annotated[
    int | None,
    typer.Option("--max-side", min=16, max=65_535, metavar="PX", help="Shrink results to this long side."),
]
MetadataOption = Annotated[Metadata, typer.Option("--metadata", help="What of EXIF and the like to keep.")]
HdrOption = Annotated[Hdr, typer.Option("--hdr", help="Whether HDR photos stay HDR, as JPEGs with a gain map.")]
RawOption = Annotated[
    Raw, typer.Option("--raw", help="Develop cameras' RAW files, or take the JPEG that the camera put into them.")
]
NameOption = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="TEMPLATE",
        help="Names of the results, of {stem}, {counter:04}, {index}, {date:%Y-%m-%d}, {ext} and {preset}.",
    ),
]
AlsoOption = Annotated[
    list[str] | None,
    typer.Option(
        "--also",
        metavar="NAME=SPEC",
        help="A further output of each photo, in a folder NAME: --also web=1600px,q80,webp. At most four.",
    ),
]
WatermarkOption = Annotated[
    str | None,
    typer.Option("--watermark", metavar="TEXT|FILE", help="Lay a text, or a PNG file with alpha, on every result."),
]
CornerOption = Annotated[Corner, typer.Option("--watermark-corner", help="Where it lies.", show_default=True)]
OpacityOption = Annotated[
    float, typer.Option("--watermark-opacity", min=0.01, max=1, metavar="PART", help="How much it covers.")
]
MarkSizeOption = Annotated[
    float,
    typer.Option("--watermark-size", min=0.01, max=1, metavar="PART", help="Its height, as a part of the short side."),
]
CreatorOption = Annotated[
    str | None, typer.Option("--creator", metavar="TEXT", help="Who made the photos, for EXIF and XMP of the results.")
]
CopyrightOption = Annotated[
    str | None,
    typer.Option("--copyright", metavar="TEXT", help="Whose they are: '© 2026 Ann Lee'; also with --metadata strip."),
]
ConsistencyOption = Annotated[
    Consistency,
    typer.Option("--consistency", help="shoot: match exposure and white balance over the photos, before the look."),
]
ConsistencyStrengthOption = Annotated[
    float, typer.Option("--consistency-strength", min=0, max=1, metavar="PART", help="How far they are matched.")
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Exit with 1 if files in folders are not taken: RAW without its extra, others.")
]
WATCH_FOLDER = "Instead of INPUT: take photos as they appear in this folder, each once, until Ctrl-C."
WatchFolderOption = Annotated[Path | None, typer.Option("--watch-folder", metavar="DIR", help=WATCH_FOLDER)]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Check everything and say what would be done; send and compute nothing.")
]
RecursiveOption = Annotated[bool, typer.Option("--recursive/--no-recursive", help="Look into subfolders.")]

UrlOption = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="The service; else PHOTOBATCH_URL, else http://127.0.0.1:8001."),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key", metavar="KEY", help="The key to it; better in PHOTOBATCH_API_KEY, which `ps` won't show."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
TaskArgument = Annotated[str, typer.Argument(metavar="TASK", help="The batch, by the id that `submit` printed.")]


def parse_params(given: Sequence[str]) -> dict[str, Any]:
    """Return `key=value` pairs as parameters; a value that is not JSON is a string."""
    params: dict[str, Any] = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not (key.strip() and equals):
            raise RefusalError(f"--param {pair} is no parameter. Write --param KEY=VALUE, as in --param smoothing=0.4.")
        try:
            params[key.strip()] = read_json(value)
        except ValueError:
            params[key.strip()] = value
    return params


def given(**output: Any) -> dict[str, Any]:
    """Return the options that were given: a service of an earlier version does not know all of them."""
    return {name: value for name, value in output.items() if value}


def parse_watermark(given: str | None, corner: str, opacity: float, size: float) -> dict[str, Any] | None:
    """Return a mark as the output options have it; the name of a picture is a file. Raises RefusalError."""
    if given is None:
        return None
    from photobatch.naming.formats import FORMATS
    from photobatch.schemas.watermark import check_text, data_url, png_of

    where = {"corner": corner, "opacity": opacity, "size": size}
    try:
        if Path(given).suffix.lower() not in FORMATS:
            check_text(given)
            return {"text": given} | where
        image = data_url(Path(given).read_bytes())
        png_of(image)
    except OSError as error:
        raise RefusalError(f"The watermark {given} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise RefusalError(f"The watermark {given} {error}.") from None
    return {"image": image} | where


def parse_also(given: Sequence[str]) -> list[dict[str, Any]]:
    """Return further outputs as the output options have them; raises RefusalError."""
    variants: list[dict[str, Any]] = []
    for one in given:
        name, _, spec = one.partition("=")
        variant: dict[str, Any] = {"name": name}
        for word in filter(None, (word.strip() for word in spec.split(","))):
            if word.endswith("px") and word[:-2].isdecimal():
                variant["max_side"] = int(word[:-2])
            elif word.startswith("q") and word[1:].isdecimal():
                variant["quality"] = int(word[1:])
            elif word in get_args(Format):
                variant["format"] = word
            else:
                said = "SPEC is of a size (1600px), a quality (q80) and a format (webp), with commas between"
                raise RefusalError(f"--also {one} is no output: {word} is none of these. {said}.")
        if len(variant) == 1:
            wrong = "says nothing of its size, quality or format" if name and "=" in one else "has no name"
            raise RefusalError(f"--also {one} {wrong}. Write --also NAME=SPEC, such as --also web=1600px,q80.")
        variants.append(variant)
    return variants


def check_what(inputs: Sequence[str], preset: str | None, preset_type: str | None, watched: Path | None = None) -> None:
    """Raise RefusalError if a command line names no photo or no preset."""
    if not inputs and watched is None:
        raise RefusalError("Name photos or folders (. for the current one), or --watch-folder DIR.")
    if not all(inputs):  # e.g. "$unset" in a script; as a path it would be the current folder
        raise RefusalError("An INPUT is empty; name a photo or a folder (. for the current one).")
    if preset is None and preset_type is None:
        raise RefusalError("Say what to do: --preset ID. `photobatch presets` lists the presets.")


def is_preset_file(preset: str) -> bool:
    """Whether it names a file: an id has neither dots nor slashes."""
    return "." in preset or "/" in preset or "\\" in preset


def refuse_preset_file(preset: str | None) -> None:
    """Raise RefusalError where a service is given the file of a preset: it knows presets by their ids."""
    if preset is not None and is_preset_file(preset):
        import_ = preset.lower().endswith(".xmp")
        command = f"presets import {preset} --id ID" if import_ else f"presets add ID --from {preset}"
        raise RefusalError(f"A service takes a preset by its id. `photobatch {command}` gives it this one.")


def read_json(text: str | bytes) -> Any:
    """Parse JSON. Raises ValueError, also for Python's extensions: NaN, Infinity, 1e999."""
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _finite(text: str) -> float:
    return float(text) if math.isfinite(float(text)) else _no_number(text)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")
