"""`photobatch run`, from options to exit status."""

import contextlib
import sys
from dataclasses import replace
from pathlib import Path

from photobatch.commands.dry_run import say_not_taken, show_plan
from photobatch.commands.options import is_preset_file
from photobatch.commands.presets_command import say_unlike
from photobatch.engine import installed
from photobatch.engine.jobs import RunOptions, Work
from photobatch.engine.report import Report
from photobatch.engine.run import STOPPED
from photobatch.engine.run import run as run_work
from photobatch.engine.scratch import sweep
from photobatch.refusal import RefusalError
from photobatch.shown.progress_display import display
from photobatch.shown.terminal import note, print_json, print_table


def run(options: RunOptions, *, as_json: bool) -> int:
    """Carry out the command and return the exit status. Raises RefusalError."""
    options = _with_preset_file(options)
    preset = installed.check_preset(options.preset_id, options.preset_type, options.params)
    if options.consistency is not None and preset["type"] == "erase":
        raise RefusalError("Presets of the type erase change no light: leave out --consistency.")
    work = Work(options)
    say_not_taken(work.report.not_taken, raw=installed.reads_raw())
    work.go_on(preset)
    if options.dry_run:
        return show_plan(work, as_json=as_json)
    if continued := work.report.continued:
        note(f"{continued} photos were done by a run that was killed; they stay. --again does all anew.")
    if work.jobs:
        _do(work, as_json)
    else:
        sweep(options.out)
    if as_json:
        print_json(work.report.as_json())
    else:
        print_table(work.report.as_table())
    _say_how_it_ended(work.report)
    return work.report.exit_code


def run_watch(options: RunOptions, folder: Path, *, as_json: bool) -> int:
    """Retouch photos as they appear in a folder, until Ctrl-C, and return the exit status. Raises RefusalError."""
    if options.inputs or options.skip_existing or options.again:
        raise RefusalError("--watch-folder takes every photo once: leave out INPUT, --skip-existing and --again.")
    if options.consistency is not None:
        said = "does photos as they appear, and --consistency wants all of a shoot: leave one of them out."
        raise RefusalError(f"run --watch-folder {said}")
    if options.dry_run:
        return run(replace(options, inputs=[folder]), as_json=as_json)
    options = _with_preset_file(options)
    preset = installed.check_preset(options.preset_id, options.preset_type, options.params)
    server = installed.load_server()
    from photobatch.engine.watch import STOPPED as WATCHED  # noqa: PLC0415 - watchfiles, for those who watch alone
    from photobatch.engine.watch import watch  # noqa: PLC0415

    with contextlib.redirect_stdout(sys.stderr):
        report = watch(options, folder, preset, server, display())
    say_not_taken(report.not_taken, raw=installed.reads_raw())
    if as_json:
        print_json(report.as_json())
    else:
        print_table(report.as_table())
    note(report.broken or WATCHED)
    return 1 if report.broken else report.exit_code


def _with_preset_file(options: RunOptions) -> RunOptions:
    """Return the options with what a preset's file says, where one is named in place of an id."""
    if options.preset_id is None or not is_preset_file(options.preset_id):
        return options
    found = installed.read_preset_file(Path(options.preset_id))
    say_unlike(found.ignored, found.limited)
    preset = found.preset
    if options.preset_type not in {None, preset.type}:
        raise RefusalError(f"{options.preset_id} is of type {preset.type}: leave out --type {options.preset_type}.")
    params = {**preset.params, **options.params}
    return replace(options, preset_id=None, preset_type=preset.type, preset_name=preset.id, params=params)


def _do(work: Work, as_json: bool) -> None:
    shown = display()
    # Output of libraries goes to stderr: stdout is for the JSON object or the summary.
    with contextlib.redirect_stdout(sys.stderr):
        server = installed.load_server()
        run_work(work, server, shown)


def _say_how_it_ended(report: Report) -> None:
    if report.broken:
        note(report.broken)
    if report.stopped_by is not None:
        note(STOPPED)
