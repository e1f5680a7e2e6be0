"""Memory of a tree of processes: proportional set size, so that a shared page counts once."""

from functools import partial

import psutil

from photobatch.engine.peak_memory import PeakMemory


def tree_pss(root: int) -> int:
    """Return the bytes of the process `root` and its descendants; one that just ended counts as 0."""
    try:
        process = psutil.Process(root)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(pss(member) for member in family)


def peak_of(root: int, interval_s: float = 0.1) -> PeakMemory:
    """Return a context manager that samples the peak of a tree of processes.

    Reading the pages of about twenty processes takes time on one core: never sample in a timed run.
    """
    return PeakMemory(partial(tree_pss, root), interval_s)


def pss(process: psutil.Process) -> int:
    """Return the bytes of one process; one that just ended counts as 0."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0
