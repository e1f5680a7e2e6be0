"""Output of commands: only the answer on stdout, everything else on stderr."""

import io
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from photobatch.refusal import RefusalError

_WIDE = 1_000


def prepare_streams() -> None:
    """Make the standard streams accept everything: a closed one (`2>&-`) is replaced by the null device."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115 - for good
        elif isinstance(stream, io.TextIOWrapper) and name != "stdin":
            stream.reconfigure(errors="backslashreplace")  # e.g. Chinese names in a locale without such characters


def print_table(table: Table) -> None:
    """Print a table; in a pipe no line is wrapped or cut. Raises as `print_line` does."""
    console = Console(highlight=False)
    if console.is_terminal:
        with _answering():
            console.print(table)
        return
    printed = io.StringIO()
    Console(highlight=False, width=_WIDE, file=printed).print(table)
    print_line("\n".join(line.rstrip() for line in printed.getvalue().splitlines()))


def print_styled(line: Text) -> None:
    """Print a line, with colours on a terminal. Raises as `print_line` does."""
    with _answering():
        Console(highlight=False).print(line, soft_wrap=True)


def print_line(line: str) -> None:
    """Print a plain line. Raises BrokenPipeError, and RefusalError if stdout cannot be written (disk full)."""
    with _answering():
        print(line, flush=True)


def print_json(answer: Any) -> None:
    """Print one JSON value on one line. Raises as `print_line` does."""
    print_line(json.dumps(answer))


def note(sentence: str) -> None:
    """Print a message that is not part of the answer; does nothing if stderr is closed."""
    try:
        print(f"photobatch: {shown(sentence)}", file=sys.stderr, flush=True)
    except OSError:
        hang_up(sys.stderr)


def is_interactive() -> bool:
    """Say whether a person can answer questions."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agrees(question: str) -> bool:
    """Ask on the terminal; anything but yes is no."""
    with _noticing_signals() as signalled:
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.platform != "win32":  # where select() takes sockets only
            select.select([sys.stdin, signalled], [], [])
        return sys.stdin.readline().strip().lower() in {"y", "yes"}


def shown(name: str) -> str:
    """Return a name for a terminal, with undecodable bytes and control characters replaced."""
    text = os.fsencode(name).decode(errors="replace")
    return "".join(character if character.isprintable() else "�" for character in text)


def hang_up(stream: TextIO) -> None:
    """Redirect a broken stream to the null device: Python would flush it again at exit, and fail."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


@contextmanager
def _noticing_signals() -> Iterator[socket.socket]:
    """A socket that can be read once a signal came; one that comes just before a blocking read does not end it."""
    ours, told = socket.socketpair()
    with ours, told:
        told.setblocking(False)
        former = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        try:
            yield ours
        finally:
            signal.set_wakeup_fd(former)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        hang_up(sys.stdout)
        raise
    except OSError as error:
        hang_up(sys.stdout)
        raise RefusalError(f"The answer cannot be printed: {error.strerror}.", exit_code=1) from error
