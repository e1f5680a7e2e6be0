"""What commands print: the answer on stdout, and nothing else there; all other words on stderr."""

import io
import json
import os
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
    """Make the standard streams take whatever is printed: one that is closed (`2>&-`) leads to the null device."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115 - for good
        elif isinstance(stream, io.TextIOWrapper) and name != "stdin":
            stream.reconfigure(errors="backslashreplace")  # Chinese names, where the locale has no letters for them


def print_table(table: Table) -> None:
    """Print a table; in a pipe no line is broken, and nothing cut off. Raises as `print_line` does."""
    console = Console(highlight=False)
    if console.is_terminal:
        with _answering():
            console.print(table)
        return
    printed = io.StringIO()
    Console(highlight=False, width=_WIDE, file=printed).print(table)
    print_line("\n".join(line.rstrip() for line in printed.getvalue().splitlines()))


def print_styled(line: Text) -> None:
    """Print a line, in colours where somebody sees them. Raises as `print_line` does."""
    with _answering():
        Console(highlight=False).print(line, soft_wrap=True)


def print_line(line: str) -> None:
    """Print a line as it is. Raises BrokenPipeError, and RefusalError where stdout takes nothing: its disk is full."""
    with _answering():
        print(line, flush=True)


def print_json(answer: Any) -> None:
    """Print one JSON value on a line of its own. Raises as `print_line` does."""
    print_line(json.dumps(answer))


def note(sentence: str) -> None:
    """Tell people something that is no part of the answer; where nobody listens any more, nothing happens."""
    try:
        print(f"photobatch: {shown(sentence)}", file=sys.stderr, flush=True)
    except OSError:
        hang_up(sys.stderr)


def is_interactive() -> bool:
    """Say whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agrees(question: str) -> bool:
    """Ask on the terminal; anything but yes is no."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def shown(name: str) -> str:
    """Return a name that a terminal can show: undecodable bytes and control characters are replaced."""
    text = os.fsencode(name).decode(errors="replace")
    return "".join(character if character.isprintable() else "�" for character in text)


def hang_up(stream: TextIO) -> None:
    """Lead a stream that takes nothing to the null device: Python would try it again at the end, and fail."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


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
