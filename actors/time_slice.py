"""How long a thread computes before another one that wakes up may interrupt it: sched(7), Linux 6.12 and later."""

import ctypes
import os
import platform
import sys

_SYSCALLS = {"x86_64": 314, "aarch64": 274}  # of sched_setattr, which Python has no name for
_OTHER = 0  # SCHED_OTHER, the usual policy
LONG_NS = 20_000_000


class _Attributes(ctypes.Structure):
    """`struct sched_attr` of linux/sched/types.h, in its first form."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),  # the slice, in ns
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


def ask_for_long_slices() -> None:
    """Let threads with usual slices interrupt this one as soon as they wake up; its share of the core stays.

    A small request passes four processes. Where workers keep every core busy it would wait for the end of a slice at
    each of them. A hint: older kernels and other systems know nothing of it.
    """
    number = _SYSCALLS.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    wanted = _Attributes(ctypes.sizeof(_Attributes), _OTHER, 0, nice, 0, LONG_NS, 0, 0)
    ctypes.CDLL(None).syscall(number, 0, ctypes.byref(wanted), 0)
