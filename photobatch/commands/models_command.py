"""`photobatch models`: weights of networks that are not part of the package."""

# Commands import what they need inside, so that help and refusals come at once.
# ruff: noqa: PLC0415

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from photobatch.commands.help_text import examples
from photobatch.commands.options import JsonOption
from photobatch.refusal import RefusalError
from photobatch.shown.terminal import print_json, print_line, print_table

app = typer.Typer(
    help="Weights of networks: list, pull, verify, add, rm.",
    epilog=examples("models list"),
    no_args_is_help=True,
    rich_markup_mode=None,
)

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which; all that are known.")]


@app.command("list", epilog=examples("models list"))
def list_models(as_json: JsonOption = False) -> None:
    """List what is known and what is here."""
    files = _files()
    rows = files.rows()
    if as_json:
        print_json({"items": rows})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "here", "size", "licence", ""):
        table.add_column(heading)
    for row in rows:
        size = f"{row['bytes'] / 1e6:.1f} MB" if row["bytes"] else ""
        table.add_row(row["name"], "yes" if row["here"] else "no", size, row["licence"], row["purpose"])
    print_table(table)


@app.command(epilog=examples("models pull big-lama.pt"))
def pull(
    names: Names = None,
    bundle: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FOLDER",
            help="Take the files from a folder, or from one in a bucket (s3://…, gs://, az://).",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch weights, check them, and put them in place. An interrupted download continues."""
    files = _files()
    items = []
    for name in names or files.known():
        with _refused(files), _bar(name) as progress:
            made = files.pull(name, bundle, progress)
        items.append(made)
        if not as_json:
            print_line(f"{name} is in place ({made['network'] or 'ONNX'}).")
    if as_json:
        print_json({"items": items})


@app.command(epilog=examples("models verify"))
def verify(names: Names = None, as_json: JsonOption = False) -> None:
    """Check what is here against its SHA-256."""
    files = _files()
    items = []
    for name in names or files.here():
        with _refused(files):
            files.verify(name)
        items.append({"name": name, "ok": True})
        if not as_json:
            print_line(f"{name} is as it should be.")
    if as_json:
        print_json({"items": items})


@app.command(epilog=examples("models add denoise ~/networks/denoise.safetensors"))
def add(name: str, file: Path, as_json: JsonOption = False) -> None:
    """Put a network of your own in place, for presets to name. A .pt is executed: add only what you trust."""
    files = _files()
    with _refused(files):
        made = files.add(name, file)
    _say(made, f"{name} is in place ({made['network']}).", as_json)


@app.command(epilog=examples("models rm denoise"))
def rm(name: str, as_json: JsonOption = False) -> None:
    """Take weights away."""
    files = _files()
    with _refused(files):
        files.remove(name)
    _say({"name": name, "removed": True}, f"{name} is removed.", as_json)


def _files() -> Any:
    from photobatch.engine.installed import load_model_files

    return load_model_files()


def _say(what: dict[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        print_json(what)
    else:
        print_line(sentence)


@contextmanager
def _refused(files: Any) -> Iterator[None]:
    try:
        yield
    except files.error as error:
        raise RefusalError(error.detail, exit_code=1) from error
    except OSError as error:
        raise RefusalError(f"{error.filename or 'The folder of models'}: {error.strerror}.", exit_code=1) from error


@contextmanager
def _bar(name: str) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=None)
        yield lambda here, total: progress.update(task, completed=here, total=total)
