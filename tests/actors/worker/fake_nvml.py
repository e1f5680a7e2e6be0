"""NVML by a library of our own, compiled here, with three GPUs: one busy, one that tells no use (MIG), one lost."""

import subprocess
from pathlib import Path

_SOURCE = """
#include <stddef.h>
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned int gpu, memory; } Utilization;
static char devices[3];
int nvmlInit_v2(void) { return STARTS; }
int nvmlDeviceGetCount_v2(unsigned int *count) { *count = 3; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device) {
    if (index == 2) return 15; /* NVML_ERROR_GPU_IS_LOST */
    *device = &devices[index];
    return 0;
}
int nvmlDeviceGetMemoryInfo(void *device, Memory *memory) {
    memory->total = 80000000000ULL;
    memory->used = device == &devices[0] ? 5000000000ULL : 0;
    memory->free = memory->total - memory->used;
    return 0;
}
int nvmlDeviceGetUtilizationRates(void *device, Utilization *use) {
    if (device == &devices[1]) return 3; /* NVML_ERROR_NOT_SUPPORTED */
    use->gpu = 42;
    use->memory = 7;
    return 0;
}
"""


def fake_nvml(folder: Path, starts: int = 0) -> Path:
    """Compile it as libnvidia-ml.so.1; `starts` is what its nvmlInit_v2 returns."""
    source, library = folder / "nvml.c", folder / "libnvidia-ml.so.1"
    source.write_text(_SOURCE)
    subprocess.run(["cc", "-shared", "-fPIC", f"-DSTARTS={starts}", "-o", library, source], check=True)
    return library
