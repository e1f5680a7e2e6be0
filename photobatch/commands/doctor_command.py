"""`photobatch doctor`: what is wrong, and what to do."""

# Commands import what they need inside, so that help and refusals come at once.
# ruff: noqa: PLC0415

from pathlib import Path
from typing import Annotated

import typer

from photobatch.commands.help_text import examples
from photobatch.commands.options import JsonOption, KeyOption, UrlOption

_COLOURS = {"ok": "green", "warning": "yellow", "wrong": "red"}


def add_to(app: typer.Typer) -> None:
    """Give the command line this command."""
    app.command(
        epilog=examples("doctor", "doctor --url https://photos.example.org --json", "doctor --cluster cluster.yaml")
    )(doctor)


def doctor(
    url: UrlOption = None,
    api_key: KeyOption = None,
    cluster: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check a cluster file for `ray up` instead; no cloud is asked.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the service and, where the server is installed, all that it needs; say what to do.

    Python, Ray, torch, CUDA, OpenCV, a C compiler, /dev/shm, free disk, port, journal, blob store and weights, as the
    settings name them. A line a check: ok, warning or wrong. Exit status: 0 nothing is wrong, 1 something is.
    """
    from dataclasses import asdict

    from rich.text import Text

    from photobatch.commands.doctor import examine, examine_cluster
    from photobatch.shown.terminal import print_json, print_styled, shown

    checks = []
    for check in examine_cluster(cluster) if cluster else examine(url, api_key):
        checks.append(check)
        if not as_json:
            said = check.found if not check.advice else f"{check.found.rstrip('.')}. {check.advice}"
            state = (f"{check.state:<8}", _COLOURS[check.state])
            print_styled(Text.assemble(state, (f"{check.name:<12}", "bold"), shown(said)))
    fine = all(check.state != "wrong" for check in checks)
    if as_json:
        print_json({"ok": fine, "checks": [asdict(check) for check in checks]})
    raise typer.Exit(0 if fine else 1)
