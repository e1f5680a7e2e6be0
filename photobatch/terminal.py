"""What commands print: the answer on stdout, and nothing else there; all other words on stderr."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

_WIDE = 1_000


def print_table(table: Table) -> None:
    """Print a table; in a pipe no line is broken, and nothing cut off."""
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(table)
        return
    console.width = _WIDE
    with console.capture() as capture:
        console.print(table)
    print(*(line.rstrip() for line in capture.get().splitlines()), sep="\n", flush=True)


def print_line(line: str) -> None:
    """Print a line as it is."""
    print(line, flush=True)


def print_json(answer: Any) -> None:
    """Print one JSON value on a line of its own."""
    print(json.dumps(answer), flush=True)


def note(sentence: str) -> None:
    """Tell people something that is no part of the answer."""
    print(f"photobatch: {sentence}", file=sys.stderr, flush=True)


def is_interactive() -> bool:
    """Say whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
