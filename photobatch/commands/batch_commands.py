"""Commands that show or control batches: status, list, stats, pause, resume, cancel, retry, rm."""

# Commands import what they need inside, so that help and refusals come at once.
# ruff: noqa: PLC0415

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from photobatch.commands.help_text import asking
from photobatch.commands.options import JsonOption, KeyOption, TaskArgument, UrlOption
from photobatch.refusal import RefusalError

if TYPE_CHECKING:
    from photobatch.schemas import Batch

Status = Literal["queued", "processing", "paused", "completed", "failed", "cancelled"]
Action = Literal["pause", "resume", "cancel", "retry"]

_ACTIONS: dict[Action, tuple[str, str]] = {
    "pause": ("Begin no more photos of a batch; those that are being worked on finish.", "Go on with: {resume}"),
    "resume": ("Go on with a paused batch.", ""),
    "cancel": ("Stop a batch at once; finished results stay.", "What is not done can be done after all: {retry}"),
    "retry": ("Work on the failed and cancelled photos of a batch again.", ""),
}
_KEPT = "nothing is removed."


def add_to(app: typer.Typer) -> None:
    """Give the command line these commands."""
    app.command(epilog=asking("status TASK"))(status)
    app.command("list", epilog=asking("list --status processing"))(list_batches)
    app.command(epilog=asking("stats"))(stats)
    for action, (purpose, advice) in _ACTIONS.items():
        app.command(action, help=purpose, epilog=asking(f"{action} TASK"))(_steer(action, advice))
    app.command(epilog=asking("rm TASK --yes"))(rm)


def status(task: TaskArgument, url: UrlOption = None, api_key: KeyOption = None, as_json: JsonOption = False) -> None:
    """Show the current state of a batch, and why photos failed."""
    from photobatch.commands.outcome import exit_code, print_failures
    from photobatch.commands.service import open_batch
    from photobatch.shown.terminal import print_json

    with open_batch(url, api_key, task) as held:
        batch = held.get()
        if as_json:
            print_json(batch.model_dump(mode="json"))
        else:
            _show(batch)
            print_failures(islice(held.photos("failed"), 20), of=batch.counts.failed, task_id=task, url=url)
    raise typer.Exit(exit_code(batch))


def list_batches(
    status: Annotated[Status | None, typer.Option(help="Only those that are in this state.")] = None,
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="So many at most; 0 lists all.")] = 100,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List batches, newest first."""
    from photobatch.commands.service import open_service
    from photobatch.shown.batch_table import batches_table
    from photobatch.shown.terminal import note, print_json, print_table

    with open_service(url, api_key) as client:
        batches = list(islice(client.batches(status=status), limit + 1 if limit else None))
    if limit and len(batches) > limit:
        batches.pop()
        note("there are more; --limit 0 lists all.")
    if as_json:
        print_json({"items": [batch.model_dump(mode="json") for batch in batches]})
    else:
        print_table(batches_table(batches))


def stats(url: UrlOption = None, api_key: KeyOption = None, as_json: JsonOption = False) -> None:
    """Show statistics of the service."""
    from photobatch.commands.service import open_service
    from photobatch.shown.batch_table import stats_table
    from photobatch.shown.terminal import print_json, print_table

    with open_service(url, api_key) as client:
        numbers = client.stats()
    if as_json:
        print_json(numbers.model_dump(mode="json"))
    else:
        print_table(stats_table(numbers))


def rm(
    task: TaskArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cancel a batch, and remove its record and files from the service. On a terminal it asks first."""
    from photobatch.commands.service import open_batch
    from photobatch.shown.interrupts import stoppable
    from photobatch.shown.terminal import agrees, is_interactive, print_json, print_line

    with open_batch(url, api_key, task) as held:
        if is_interactive() and not yes:
            counts = held.get().counts
            question = f"Remove {task} with its {counts.succeeded} results ({counts.total} photos) from the service?"
            with stoppable(lambda: _KEPT):
                agreed = agrees(question)
            if not agreed:
                raise RefusalError(_KEPT, exit_code=1)
        held.delete()
    if as_json:
        print_json({"task_id": task, "removed": True})
    else:
        print_line(f"{task} is removed.")


def _steer(action: Action, advice: str) -> Callable[..., None]:
    """Return a command that changes the state of a batch."""

    def steer(
        task: TaskArgument, url: UrlOption = None, api_key: KeyOption = None, as_json: JsonOption = False
    ) -> None:
        from photobatch.commands.service import open_batch
        from photobatch.commands.way_back import way_back
        from photobatch.shown.terminal import note, print_json, print_line

        with open_batch(url, api_key, task) as held:
            batch: Batch = getattr(held, action)()
        if as_json:
            print_json(batch.model_dump(mode="json"))
            return
        counts = batch.counts
        print_line(f"{task} is {batch.status.value}: {counts.succeeded} of {counts.total} photos done.")
        if advice:
            note(advice.format(**{action: way_back(action, task, url=url) for action in ("resume", "retry")}))

    return steer


def _show(batch: "Batch") -> None:
    from photobatch.shown.batch_table import batch_table
    from photobatch.shown.terminal import print_table

    print_table(batch_table(batch))
