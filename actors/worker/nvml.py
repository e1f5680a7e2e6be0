"""Use and memory of the GPUs of this node, from NVML, the library that comes with NVIDIA's driver."""

import ctypes
import logging
from collections.abc import Iterator

from actors.messages.records import Gpu

log = logging.getLogger(__name__)

LIBRARY = "libnvidia-ml.so.1"


class _Memory(ctypes.Structure):
    """nvmlMemory_t, in bytes."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


class _Utilization(ctypes.Structure):
    """nvmlUtilization_t, in percent of the last second or less."""

    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class Nvml:
    """Reads all GPUs that the driver shows to this process, numbered as `nvidia-smi` numbers them."""

    def __init__(self, library: str = LIBRARY) -> None:
        """`library` is the shared library to load. Raises OSError where there is none, or it does not work."""
        self._library = ctypes.CDLL(library)
        if code := self._library.nvmlInit_v2():
            raise OSError(f"NVML does not start: error {code}")

    def read(self) -> list[Gpu]:
        """Return each GPU's use and memory; what the driver does not tell of one is None. Blocks some milliseconds."""
        return list(self._read())

    def _read(self) -> Iterator[Gpu]:
        count = ctypes.c_uint(0)
        self._library.nvmlDeviceGetCount_v2(ctypes.byref(count))  # on an error there are 0
        for index in range(count.value):
            device = ctypes.c_void_p()
            if self._library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(device)):
                continue  # lost, or not for this user
            memory, use = _Memory(), _Utilization()
            has_memory = self._library.nvmlDeviceGetMemoryInfo(device, ctypes.byref(memory)) == 0
            has_use = self._library.nvmlDeviceGetUtilizationRates(device, ctypes.byref(use)) == 0  # never with MIG
            yield Gpu(
                index=index,
                use=use.gpu / 100 if has_use else None,
                memory_used=memory.used if has_memory else None,
                memory_total=memory.total if has_memory else None,
            )


def open_nvml(library: str = LIBRARY) -> Nvml | None:
    """Return the reader, or None, with a line in the log, where NVML cannot be used."""
    try:
        return Nvml(library)
    except (OSError, AttributeError) as error:  # the latter: a library that lacks a function
        log.warning("use and memory of the GPU are not measured: %s", error)
        return None
