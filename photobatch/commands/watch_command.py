"""`photobatch watch` and `photobatch fetch`: follow a batch to its end, and download its results."""

# Commands import what they need inside, so that help and refusals come at once.
# ruff: noqa: PLC0415

from pathlib import Path
from typing import Annotated

import typer

from photobatch.commands.help_text import asking
from photobatch.commands.options import JsonOption, KeyOption, TaskArgument, UrlOption


def add_to(app: typer.Typer) -> None:
    """Give the command line these commands."""
    app.command(epilog=asking("watch TASK", "watch TASK --out done/"))(watch)
    app.command(epilog=asking("fetch TASK --out done/"))(fetch)


def watch(
    task: TaskArgument,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Fetch the results into this folder at the end.")
    ] = None,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how far a batch is until it ends: bar, speed, time left, failures as they come.

    Ctrl-C leaves the batch running.
    """
    from photobatch.commands.following import Followed
    from photobatch.commands.service import WHOLE_BATCH, open_batch
    from photobatch.commands.way_back import way_back
    from photobatch.shown.interrupts import stoppable

    back = way_back("watch", task, url=url, out=out)
    with (
        stoppable(lambda: f"the batch goes on without you. Come back with: {back}"),
        open_batch(url, api_key, task, max_retries=WHOLE_BATCH) as held,
    ):
        raise typer.Exit(Followed(held, url).to_the_end(out, back, as_json=as_json))


def fetch(
    task: TaskArgument,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for the results, of their own; what is there and right stays.")
    ],
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch the results that there are by now into a folder. Again: only what is missing."""
    from photobatch.commands.following import Followed
    from photobatch.commands.outcome import exit_code
    from photobatch.commands.service import WHOLE_BATCH, open_batch
    from photobatch.commands.way_back import way_back
    from photobatch.shown.interrupts import stoppable
    from photobatch.shown.progress_display import display
    from photobatch.shown.terminal import note, print_json, print_line

    back = way_back("fetch", task, url=url, out=out)
    with (
        stoppable(lambda: f"stopped. What is missing comes with: {back}"),
        open_batch(url, api_key, task, max_retries=WHOLE_BATCH) as held,
    ):
        batch = held.get()
        followed = Followed(held, url, batch=batch)
        with display() as shown:
            followed.fetch(out, shown)
    counts, files = batch.counts, followed.files or []
    if as_json:
        names = [str(path) for path in files]
        print_json({"task_id": task, "batch": batch.model_dump(mode="json"), "files": names})
    else:
        print_line(f"{len(files)} results are in {out}.")
    if counts.queued or counts.processing:
        note(f"the batch is {batch.status.value}, {counts.queued + counts.processing} photos are not done yet.")
    if counts.failed:
        note(f"{counts.failed} photos failed; {way_back('status', task, url=url)} says why.")
    raise typer.Exit(exit_code(batch))
