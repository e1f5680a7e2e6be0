"""What a cluster lacks for the workers that somebody waits for."""

import sys
import time
from collections.abc import Callable

import ray

from actors.pool import placement

PATIENCE_S = 10.0  # a worker that has room takes a few seconds


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


class Waiting:
    """Says once, after a while without the wanted workers, what is asked for and what is free."""

    def __init__(self, workers: int, *, patience_s: float = PATIENCE_S, say: Callable[[str], None] = _say) -> None:
        self._workers = workers
        self._until = time.monotonic() + patience_s
        self._say = say
        self._said = False

    def look(self, ready: int) -> None:
        """Take note of how many workers are ready; call it as long as there are too few."""
        if self._said or time.monotonic() < self._until:
            return
        self._said = True
        self._say(f"Waiting for workers: {self._workers} asked for, {ready} ready. {room()}")


def room() -> str:
    """Return a sentence on the CPUs and GPUs of the cluster that this process has joined. Blocking."""
    known = placement.nodes()
    free: dict[str, float] = ray.available_resources()  # type: ignore[no-untyped-call]
    parts = []
    for kind, offered in (("CPU", [node.cores for node in known]), ("GPU", [node.gpus for node in known])):
        nodes = sum(each > 0 for each in offered)
        if nodes or kind == "CPU":
            on = f"on {nodes} node{'' if nodes == 1 else 's'}"
            parts.append(f"{free.get(kind, 0.0):g} of {sum(offered):g} {kind}s {on}")
    return f"Free: {' and '.join(parts)}. Each takes a CPU, or a part of a GPU; `ray status` shows who has them."
