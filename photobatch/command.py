"""The `photobatch` command."""

# What a command needs is imported inside it, so that help and refusals come at once.
# ruff: noqa: PLC0415

import ipaddress
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from photobatch import models_command
from photobatch.refusal import RefusalError

PresetType = Literal["beauty", "filter", "color", "erase"]
Format = Literal["same", "jpeg", "png", "webp", "avif", "tiff"]
Subsampling = Literal["same", "444", "422", "420"]
Metadata = Literal["keep", "strip_gps", "strip"]

app = typer.Typer(
    name="photobatch",
    help="Retouch batches of photos.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

app.add_typer(models_command.app, name="models")


def main() -> None:
    """Run the command line; a refusal is one sentence on stderr."""
    try:
        app()
    except RefusalError as refusal:
        print(f"photobatch: {refusal.sentence}", file=sys.stderr)
        sys.exit(refusal.exit_code)


def _print_version(wanted: bool) -> None:
    if wanted:
        from photobatch import __version__

        print(f"photobatch {__version__}")
        raise typer.Exit


@app.callback()
def _photobatch(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(
    epilog="\b\nExample:\n  photobatch run holiday/ --preset beauty_light --param smoothing=0.4 --out done/",
)
def run(  # noqa: PLR0917
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT", help="Photos, and folders of photos.")],
    out: Annotated[Path, typer.Option(help="Folder for the results; the inputs' folder structure is kept.")],
    preset: Annotated[str | None, typer.Option(metavar="ID", help="What to do; `photobatch presets` lists it.")] = None,
    preset_type: Annotated[
        PresetType | None,
        typer.Option("--type", help="Without --preset: start from neutral parameters of this type."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Override a parameter of the preset; repeatable. Values may be JSON."),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="Format of the results.")] = "same",
    quality: Annotated[int, typer.Option(min=1, max=100, help="Quality of lossy formats.")] = 92,
    subsampling: Annotated[Subsampling, typer.Option(help="Chroma subsampling of JPEG.")] = "same",
    max_side: Annotated[
        int | None, typer.Option(min=16, max=65_535, metavar="PX", help="Shrink results to this long side.")
    ] = None,
    metadata: Annotated[Metadata, typer.Option(help="What of EXIF and the like to keep.")] = "keep",
    recursive: Annotated[bool, typer.Option(help="Look into subfolders.")] = True,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Leave out photos whose result is there already.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, metavar="N", help="Worker processes.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the summary.")] = False,
    name: Annotated[
        str | None,
        typer.Option(metavar="TEMPLATE", help="Names of the results, of {stem}, {index}, {ext} and {preset}."),
    ] = None,
) -> None:
    """Retouch files and folders on this machine.

    Exit status: 0 all done, 1 some photos failed, 2 usage.
    """
    if not all(inputs):  # "$unset" in a script: as a path it would mean the current folder
        raise RefusalError("An INPUT is empty; name a photo or a folder (. for the current one).")
    if preset is None and preset_type is None:
        raise RefusalError("Say what to do: --preset ID. `photobatch presets` lists the presets.")
    from photobatch import run_command
    from photobatch.jobs import RunOptions

    output = {"format": format_, "quality": quality, "subsampling": subsampling, "max_side": max_side}
    options = RunOptions(
        inputs=[Path(given) for given in inputs],
        out=out,
        preset_id=preset,
        preset_type=preset_type,
        params=parse_params(param or ()),
        output=output | {"metadata": metadata},
        name=name,
        recursive=recursive,
        skip_existing=skip_existing,
        workers=workers,
    )
    raise typer.Exit(run_command.run(options, as_json=as_json))


@app.command(epilog="\b\nExample:\n  photobatch serve --port 8001 --workers 2")
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Port to listen on: 8001, or what BATCH_API_PORT says.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, metavar="N", help="Worker processes.")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Let others in without an API key.")] = False,
) -> None:
    """Serve the HTTP API on this machine until Ctrl-C."""
    from photobatch.installed import has_api_keys
    from photobatch.installed import serve as serve_embedded

    if not (insecure or _is_loopback(host) or has_api_keys()):
        raise RefusalError(
            f"On {host} everybody on the network could use this service, which has no API keys. "
            "Set BATCH_API_KEYS, leave --host at 127.0.0.1, or say --insecure where the network is your own."
        )

    serve_embedded(host=host, port=port, workers=workers)


@app.command(epilog="\b\nExample:\n  photobatch presets --json")
def presets(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the built-in presets."""
    from photobatch import schemas
    from photobatch.installed import built_in_presets

    listed = built_in_presets()
    if as_json:
        listing = schemas.PresetList(items=listed)
        print(json.dumps(listing.model_dump(mode="json"), ensure_ascii=False))
        return
    from rich.console import Console

    from photobatch.preset_table import preset_table

    Console().print(preset_table(listed))


def parse_params(given: Sequence[str]) -> dict[str, Any]:
    """Return `key=value` pairs as parameters; a value that is not JSON is a string."""
    params: dict[str, Any] = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not (key.strip() and equals):
            raise RefusalError(f"--param {pair} is no parameter. Write --param KEY=VALUE, as in --param smoothing=0.4.")
        try:
            params[key.strip()] = json.loads(value, parse_constant=_no_constant)
        except ValueError:
            params[key.strip()] = value
    return params


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
