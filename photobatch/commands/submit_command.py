"""`photobatch submit`: photos to a service, as one batch."""

# Commands import what they need inside, so that help and refusals come at once.
# ruff: noqa: PLC0415

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from photobatch.commands import options
from photobatch.commands.help_text import asking


def add_to(app: typer.Typer) -> None:
    """Give the command line this command."""
    app.command(
        epilog=asking(
            "submit holiday/ --preset beauty_light",
            "submit one.jpg two.jpg --preset filter_warm --watch --out done/",
            "find . -name '*.jpg' -print0 | photobatch submit -0 - --preset filter_cool",
        )
    )(submit)


def submit(  # noqa: PLR0917
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT",
            show_default=False,
            help="Photos, folders of photos, and URLs that the service fetches; - reads names on stdin.",
        ),
    ] = None,
    preset: options.PresetOption = None,
    preset_type: options.TypeOption = None,
    param: options.ParamOption = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay until the batch has ended, and show how far it is.")] = (
        False
    ),
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Stay, and fetch the results into this folder at the end.")
    ] = None,
    format_: options.FormatOption = "same",
    quality: options.QualityOption = None,
    subsampling: options.SubsamplingOption = "same",
    max_side: options.MaxSideOption = None,
    metadata: options.MetadataOption = "keep",
    hdr: options.HdrOption = "keep",
    raw: options.RawOption = "develop",
    name: options.NameOption = None,
    also: options.AlsoOption = None,
    watermark: options.WatermarkOption = None,
    watermark_corner: options.CornerOption = "bottom_right",
    watermark_opacity: options.OpacityOption = 0.6,
    watermark_size: options.MarkSizeOption = 0.05,
    creator: options.CreatorOption = None,
    copyright_: options.CopyrightOption = None,
    consistency: options.ConsistencyOption = "none",
    consistency_strength: options.ConsistencyStrengthOption = 1.0,
    recursive: options.RecursiveOption = True,
    strict: options.StrictOption = False,
    dry_run: options.DryRunOption = False,
    watch_folder: options.WatchFolderOption = None,
    priority: Annotated[int, typer.Option(min=0, max=9, help="9 comes before 0.")] = 5,
    null: Annotated[
        bool, typer.Option("--null", "-0", help="Names on stdin end with NUL, as `find -print0` writes them.")
    ] = False,
    url: options.UrlOption = None,
    api_key: options.KeyOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Submit photos to a service as one batch, and print its id.

    Ctrl-C after that leaves the batch running.
    """
    options.check_what(inputs or [], preset, preset_type, watch_folder)
    options.refuse_preset_file(preset)
    from photobatch.commands import submission

    output: dict[str, Any] = {"format": format_, "quality": quality, "subsampling": subsampling, "max_side": max_side}
    mark = options.parse_watermark(watermark, watermark_corner, watermark_opacity, watermark_size)
    output |= options.given(creator=creator, copyright=copyright_, also=options.parse_also(also or ()), watermark=mark)
    chosen = submission.SubmitOptions(
        inputs=inputs or [],
        preset_id=preset,
        preset_type=preset_type,
        params=options.parse_params(param or ()),
        output=output | {"metadata": metadata, "hdr": hdr, "raw": raw},
        name=name,
        priority=priority,
        consistency=consistency,
        consistency_strength=consistency_strength,
        recursive=recursive,
        null=null,
        strict=strict,
        dry_run=dry_run,
        watch=watch,
        out=out,
        url=url,
        api_key=api_key,
    )
    if watch_folder is not None and not dry_run:
        from photobatch.commands import watch_submit

        raise typer.Exit(watch_submit.watch(chosen, watch_folder, as_json=as_json))
    if watch_folder is not None:
        chosen = replace(chosen, inputs=[*chosen.inputs, str(watch_folder)])
    raise typer.Exit(submission.submit(chosen, as_json=as_json))
