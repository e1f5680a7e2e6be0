"""Memory of a tree of processes: proportional set size, so that a shared page counts once."""

from functools import partial

import psutil

from photobatch.engine.peak_memory import PeakMemory


def tree_pss(root: int) -> int:
    """Bytes of the process `root` and all below it; one that just ended counts nothing."""
    try:
        process = psutil.Process(root)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(pss(member) for member in family)


def peak_of(root: int, interval_s: float = 0.1) -> PeakMemory:
    """Return what watches a tree of processes while its block runs.

    Reading the pages of some twenty processes costs time on one core: never sample in a run that is timed.
    """
    return PeakMemory(partial(tree_pss, root), interval_s)


def pss(process: psutil.Process) -> int:
    """Bytes of one process; one that just ended counts nothing."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0
