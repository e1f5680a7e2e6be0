"""The `photobatch` command: `run` and `serve`; other commands have their own modules."""

# Commands import what they need inside, so that help and refusals come at once.
# ruff: noqa: PLC0415

import ipaddress
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from photobatch.commands import (
    batch_commands,
    doctor_command,
    models_command,
    options,
    presets_command,
    submit_command,
    watch_command,
)
from photobatch.commands.help_text import EXITS, examples
from photobatch.refusal import RefusalError
from photobatch.shown.terminal import note, prepare_streams

app = typer.Typer(
    name="photobatch",
    help="Retouch batches of photos: on this machine (run), or by a service (submit and all that follow it).",
    epilog=EXITS,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def main() -> None:
    """Run the command line; a refusal is one sentence on stderr."""
    prepare_streams()
    try:
        app()
    except RefusalError as refusal:
        note(refusal.sentence)
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


@app.command(epilog=examples("run holiday/ --preset beauty_light --param smoothing=0.4 --out done/"))
def run(  # noqa: PLR0917
    out: Annotated[Path, typer.Option(help="Folder for the results; the inputs' folder structure is kept.")],
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="INPUT", help="Photos, and folders of photos.", show_default=False)
    ] = None,
    preset: options.PresetOption = None,
    preset_type: options.TypeOption = None,
    param: options.ParamOption = None,
    format_: options.FormatOption = "same",
    quality: options.QualityOption = None,
    subsampling: options.SubsamplingOption = "same",
    max_side: options.MaxSideOption = None,
    metadata: options.MetadataOption = "keep",
    hdr: options.HdrOption = "keep",
    raw: options.RawOption = "develop",
    consistency: options.ConsistencyOption = "none",
    consistency_strength: options.ConsistencyStrengthOption = 1.0,
    recursive: options.RecursiveOption = True,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Leave out photos whose result is there already.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Do all photos, also those that a run which was killed had done.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, metavar="N", help="Worker processes.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the summary.")] = False,
    name: options.NameOption = None,
    also: options.AlsoOption = None,
    watermark: options.WatermarkOption = None,
    watermark_corner: options.CornerOption = "bottom_right",
    watermark_opacity: options.OpacityOption = 0.6,
    watermark_size: options.MarkSizeOption = 0.05,
    creator: options.CreatorOption = None,
    copyright_: options.CopyrightOption = None,
    strict: options.StrictOption = False,
    dry_run: options.DryRunOption = False,
    watch_folder: Annotated[
        Path | None, typer.Option("--watch-folder", "--watch", metavar="DIR", help=options.WATCH_FOLDER)
    ] = None,
) -> None:
    """Retouch files and folders on this machine.

    Exit status: 0 all done, 1 some photos failed, 2 usage.
    """
    options.check_what(inputs or [], preset, preset_type, watch_folder)
    from photobatch.commands import run_command
    from photobatch.engine.jobs import RunOptions

    output: dict[str, Any] = {"format": format_, "quality": quality, "subsampling": subsampling, "max_side": max_side}
    mark = options.parse_watermark(watermark, watermark_corner, watermark_opacity, watermark_size)
    output |= options.given(creator=creator, copyright=copyright_, also=options.parse_also(also or ()), watermark=mark)
    chosen = RunOptions(
        inputs=[Path(given) for given in inputs or ()],
        out=out,
        preset_id=preset,
        preset_type=preset_type,
        params=options.parse_params(param or ()),
        output=output | {"metadata": metadata, "hdr": hdr, "raw": raw},
        name=name,
        recursive=recursive,
        skip_existing=skip_existing,
        again=again,
        strict=strict,
        consistency=None if consistency == "none" else consistency_strength,
        dry_run=dry_run,
        workers=workers,
    )
    if watch_folder is not None:
        raise typer.Exit(run_command.run_watch(chosen, watch_folder, as_json=as_json))
    raise typer.Exit(run_command.run(chosen, as_json=as_json))


@app.command(epilog=examples("serve --port 8001 --workers 2"))
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Port to listen on: 8001, or what BATCH_API_PORT says.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, metavar="N", help="Worker processes.")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Let others in without an API key.")] = False,
    journal_check: Annotated[
        bool, typer.Option("--journal-check", help="Read all of the journal, say what can be read, and serve nothing.")
    ] = False,
) -> None:
    """Serve the HTTP API on this machine until Ctrl-C."""
    from photobatch.engine.installed import examine_journal, has_api_keys
    from photobatch.engine.installed import serve as serve_embedded

    if journal_check:
        whole, lines = examine_journal()
        print(*lines, sep="\n")
        raise typer.Exit(0 if whole else 1)
    if not (insecure or _is_loopback(host) or has_api_keys()):
        raise RefusalError(
            f"On {host} everybody on the network could use this service, which has no API keys. "
            "Set BATCH_API_KEYS, leave --host at 127.0.0.1, or say --insecure where the network is your own."
        )

    serve_embedded(host=host, port=port, workers=workers)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


submit_command.add_to(app)
watch_command.add_to(app)
batch_commands.add_to(app)
app.add_typer(presets_command.app, name="presets")
app.add_typer(models_command.app, name="models")
doctor_command.add_to(app)
