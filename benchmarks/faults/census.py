"""The census of a server's processes at rest: their number by kind, and their memory."""

import time
from collections import Counter
from dataclasses import dataclass

import psutil

from benchmarks.servers.server import Server

MORE_MEMORY = 200_000_000  # bytes over idle: freed memory that malloc keeps in seven Python processes
_REST_S = 5.0  # without change of any kind
_POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class Census:
    """Processes by title, and the sum of their PSS in bytes (shared pages once)."""

    titles: Counter[str]
    pss: int

    @property
    def processes(self) -> int:
        """How many there are."""
        return self.titles.total()

    def against(self, idle: "Census", more: int = MORE_MEMORY) -> list[str]:
        """Return the differences to idle, as sentences."""
        found = []
        extra, gone = dict(self.titles - idle.titles), dict(idle.titles - self.titles)
        if extra or gone:
            found.append(f"{self.processes} processes, idle has {idle.processes}: too many {extra}, too few {gone}")
        if self.pss > idle.pss + more:
            found.append(
                f"{self.pss / 1e6:.0f} MB of memory, idle has {idle.pss / 1e6:.0f} MB and {more / 1e6:.0f} more"
            )
        return found


def take(server: Server) -> Census:
    """Count now."""
    titles: Counter[str] = Counter()
    pss = 0
    for process in server.family():
        try:
            pss += int(process.memory_full_info().pss)
            titles[_title(process)] += 1
        except psutil.Error:
            continue
    return Census(titles, pss)


def at_rest(server: Server, patience_s: float = 30.0) -> Census:
    """Return the census once the processes have not changed for a while, or at the end of the patience."""
    deadline = time.monotonic() + patience_s
    last, since = take(server), time.monotonic()
    while time.monotonic() < min(deadline, since + _REST_S):
        time.sleep(_POLL_S)
        now = take(server)
        since = since if now.titles == last.titles else time.monotonic()
        last = now
    return last


def settled(server: Server, idle: Census, patience_s: float) -> tuple[Census, list[str]]:
    """Wait until the server is back to idle; return the last census and the remaining differences."""
    deadline = time.monotonic() + patience_s
    while True:
        now = take(server)
        wrong = now.against(idle)
        if not wrong or time.monotonic() > deadline:
            return now, wrong
        time.sleep(_POLL_S)


def _title(process: psutil.Process) -> str:
    words = process.cmdline()
    if words and words[0].startswith("ray::"):
        return words[0].partition(".")[0]
    scripts = [word for word in words[1:3] if not word.startswith("-")]
    return f"{process.name()} {scripts[0].rpartition('/')[2]}" if scripts else process.name()
