"""`photobatch presets`: show, add and remove presets of a service."""

# Commands import what they need inside, so that help and refusals come at once.
# ruff: noqa: PLC0415

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from photobatch.commands.help_text import asking
from photobatch.commands.options import (
    JsonOption,
    KeyOption,
    ParamOption,
    TypeOption,
    UrlOption,
    complete_preset,
    parse_params,
    read_json,
)
from photobatch.refusal import RefusalError

if TYPE_CHECKING:
    from photobatch.schemas import Preset

app = typer.Typer(
    help="Presets: list, show, add, import, rm.",
    invoke_without_command=True,
    rich_markup_mode=None,
    epilog=asking("presets", "presets --json"),
)

PresetArgument = Annotated[str, typer.Argument(metavar="ID", help="The preset.", autocompletion=complete_preset)]
_TOLD_BY_THE_SERVICE = ("version", "built_in", "owner")


@app.callback()
def presets(
    context: typer.Context, url: UrlOption = None, api_key: KeyOption = None, as_json: JsonOption = False
) -> None:
    """List the presets of a service. Where none was named and none runs here: those that are built in."""
    if context.invoked_subcommand is not None:  # options before a subcommand belong to it
        given = {"url": url, "api_key": api_key, "as_json": as_json}
        context.default_map = dict.fromkeys(("list", "show", "add", "import", "rm"), given)
        return
    list_(url, api_key, as_json)


@app.command("list", epilog=asking("presets list --json"))
def list_(url: UrlOption = None, api_key: KeyOption = None, as_json: JsonOption = False) -> None:
    """List the presets, as without a command."""
    listed = _listed(url, api_key)
    from photobatch.schemas import PresetList
    from photobatch.shown.preset_table import preset_table
    from photobatch.shown.terminal import print_json, print_table

    if as_json:
        print_json(PresetList(items=listed).model_dump(mode="json"))
    else:
        print_table(preset_table(listed))


@app.command(epilog=asking("presets show beauty_light"))
def show(
    preset_id: PresetArgument, url: UrlOption = None, api_key: KeyOption = None, as_json: JsonOption = False
) -> None:
    """Show a preset with its parameters; `add --from` takes what --json prints."""
    from photobatch.commands.service import open_service
    from photobatch.shown.preset_table import details_table
    from photobatch.shown.terminal import print_json, print_table

    with open_service(url, api_key) as client:
        preset = client.presets.get(preset_id)
    if as_json:
        print_json(preset.model_dump(mode="json"))
    else:
        print_table(details_table(preset))


@app.command(
    epilog=asking(
        "presets add our_warm --like filter_warm --param temperature=0.3",
        "presets show our_warm --json | photobatch presets add our_warm --from - --replace",
    )
)
def add(  # noqa: PLR0917
    preset_id: Annotated[str, typer.Argument(metavar="ID", help="What it is to be called.")],
    like: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Begin with this preset's parameters.", autocompletion=complete_preset),
    ] = None,
    preset_type: TypeOption = None,
    file: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Begin with a preset in JSON; - reads stdin.")
    ] = None,
    param: ParamOption = None,
    name: Annotated[str | None, typer.Option(help="What people see.")] = None,
    name_zh: Annotated[str | None, typer.Option("--name-zh", help="What people see in Chinese.")] = None,
    shared: Annotated[bool | None, typer.Option("--shared/--private", help="Whether others may work with it.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Change the one that is there.")] = False,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a preset of one's own."""
    from photobatch.commands.service import open_service
    from photobatch.shown.terminal import print_json, print_line

    if (like is None) + (preset_type is None) + (file is None) != 2:
        raise RefusalError("Say what to begin with: one of --like ID, --type TYPE and --from FILE.")
    params = parse_params(param or ())
    with open_service(url, api_key) as client:
        if file is not None:
            made = _read(file)
        elif like is not None:
            made = client.presets.get(like).model_dump(exclude={*_TOLD_BY_THE_SERVICE, "shared"})
        else:
            made = {"type": preset_type, "name": {"zh": preset_id, "en": preset_id}}
        made |= {"id": preset_id, "params": {**_part(made, "params"), **params}}
        made["name"] = _named(_part(made, "name"), name, name_zh) or {"zh": preset_id, "en": preset_id}
        if shared is not None:
            made["shared"] = shared
        preset = client.presets.put(made) if replace else client.presets.create(made)
    if as_json:
        print_json(preset.model_dump(mode="json"))
    else:
        print_line(f"{preset.id} is there, version {preset.version}.")


@app.command("import", epilog=asking("presets import 'Golden hour.xmp' --id golden_hour"))
def import_(  # noqa: PLR0917
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .xmp preset of Lightroom or Camera Raw.")],
    preset_id: Annotated[str | None, typer.Option("--id", metavar="ID", help="What it is to be called.")] = None,
    shared: Annotated[bool, typer.Option("--shared/--private", help="Whether others may work with it.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Change the one that is there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of it.")] = False,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a preset of one of Lightroom or Camera Raw. What it cannot do here is listed."""
    from photobatch.commands.service import open_service
    from photobatch.shown.terminal import print_json, print_line

    with open_service(url, api_key) as client:
        draft = client.presets.read_xmp(file)
        made = draft.preset.model_copy(update={"shared": shared, **({"id": preset_id} if preset_id else {})})
        if not dry_run:
            made_id = (client.presets.put(made) if replace else client.presets.create(made)).id
            made = made.model_copy(update={"id": made_id})
    if as_json:
        print_json(draft.model_copy(update={"preset": made}).model_dump(mode="json"))
        return
    params = ", ".join(f"{name} {value:g}" if isinstance(value, float) else name for name, value in made.params.items())
    print_line(f"{made.id} {'would have' if dry_run else 'is there, with'} {params or 'no parameters'}.")
    say_unlike(draft.ignored, draft.limited)


@app.command(epilog=asking("presets rm our_warm"))
def rm(
    preset_id: PresetArgument, url: UrlOption = None, api_key: KeyOption = None, as_json: JsonOption = False
) -> None:
    """Delete a preset of one's own; batches that have it keep it."""
    from photobatch.commands.service import open_service
    from photobatch.shown.terminal import print_json, print_line

    with open_service(url, api_key) as client:
        client.presets.delete(preset_id)
    if as_json:
        print_json({"id": preset_id, "removed": True})
    else:
        print_line(f"{preset_id} is removed.")


def say_unlike(ignored: Sequence[str], limited: Sequence[str]) -> None:
    """Say which settings of an imported preset do nothing here, or less."""
    from photobatch.shown.terminal import note

    if ignored:
        note(f"without a counterpart here: {', '.join(ignored)}.")
    if limited:
        note(f"going further there than here: {', '.join(limited)}.")


def _listed(url: str | None, api_key: str | None) -> "list[Preset]":
    from photobatch.address import is_chosen
    from photobatch.commands.service import open_service
    from photobatch.engine.installed import built_in_presets
    from photobatch.shown.terminal import note

    chosen = is_chosen(url)
    try:
        with open_service(url, api_key, **({} if chosen else {"max_retries": 0})) as client:
            return client.presets.list()
    except RefusalError as refused:
        if chosen or getattr(refused.__cause__, "code", None) != "unreachable":
            raise
        try:
            listed = built_in_presets()
        except RefusalError:
            raise refused from None
        note("no service runs here; these are built in.")
        return listed


def _read(file: Path) -> dict[str, Any]:
    """Read a preset as `show --json` prints it, without the fields that only a service sets."""
    try:
        told = read_json(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        raise RefusalError(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise RefusalError(f"{file} is no JSON: {error}.") from None
    if not isinstance(told, dict):
        raise RefusalError(f"{file} is no preset; `photobatch presets show ID --json` prints one.")
    return {key: value for key, value in told.items() if key not in _TOLD_BY_THE_SERVICE}


def _part(made: dict[str, Any], name: str) -> dict[str, Any]:
    part = made.get(name) or {}
    if not isinstance(part, dict):
        raise RefusalError(f"{name} of the preset is no JSON object.")
    return part


def _named(names: dict[str, Any], name: str | None, name_zh: str | None) -> dict[str, Any]:
    """Return the names, overridden by given ones; a single given name is used for both languages."""
    if name is None and name_zh is None:
        return names
    return {"en": name or name_zh, "zh": name_zh or name}
