"""Checks of Python and packages: each is imported in a process of its own, where a crash does no harm."""

import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

from models.compiled import library
from models.neural.installed import has_torch
from photobatch import server_code
from photobatch.engine.finding import Finding, ok

OLDEST, NEWEST = (3, 11), (3, 13)  # of Python, that a test runs all of photobatch with
_IMPORT_S = 120.0  # of a cold disk
_RAY = "import json, ray; print(json.dumps({'version': ray.__version__}))"
_OPENCV = "import json, cv2; print(json.dumps({'version': cv2.__version__}))"
_ONNX = "import json, onnxruntime; print(json.dumps({'version': onnxruntime.__version__}))"
# This torch may have no code for an existing device: only a correct sum shows that it works.
_TORCH = """
import json, torch
told = {"version": torch.__version__, "cuda": torch.version.cuda, "devices": [], "error": None}
try:
    for index in range(torch.cuda.device_count()):
        about = torch.cuda.get_device_properties(index)
        if torch.arange(4, device=f"cuda:{index}").sum().item() != 6:
            raise RuntimeError("a sum on it comes out wrong")
        told["devices"].append(f"{about.name}, {about.total_memory / 2**30:.0f} GiB")
    if not told["devices"]:
        torch.cuda.init()  # says why: a driver that is too old counts as no device
except Exception as error:
    told["error"] = (str(error).strip() or type(error).__name__).splitlines()[0]
print(json.dumps(told))
"""


def examine(*, use_gpu: Literal["auto", "always", "never"]) -> Iterator[Finding]:
    """Yield what is installed, and whether it works."""
    libraries = f"{server_code.how_to_install()} It also takes the system's libgl1 and libglib2.0-0."
    with ThreadPoolExecutor(3) as pool:
        ray, torch, opencv, onnx = (pool.submit(_told, program) for program in (_RAY, _TORCH, _OPENCV, _ONNX))
        yield _python(sys.version_info[:2])
        yield _package("ray", "ray", ray.result(), server_code.how_to_install())
        if has_torch():
            yield _package("torch", "torch", torch.result(), server_code.how_to_install())
            yield _cuda(torch.result(), use_gpu)
        else:
            yield ok("torch", "not installed: CPUs do without it, networks and GPUs need it")
            yield _cuda_without_torch()
        yield _package("opencv", "opencv-python", opencv.result(), libraries)
        yield _package("onnxruntime", "onnxruntime", onnx.result(), server_code.how_to_install())
    yield _compiler()


def _python(version: tuple[int, int]) -> Finding:
    found = f"{platform.python_version()} at {sys.executable}"
    if OLDEST <= version <= NEWEST:
        return ok("python", found)
    advice = f"The server is tested with {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}: install it there."
    return Finding("python", "warning", found, advice)


def _package(name: str, distribution: str, told: dict[str, Any] | str, advice: str) -> Finding:
    if isinstance(told, str):
        return Finding(name, "wrong", f"it cannot be imported: {told}", advice)
    version, pinned = told["version"], _pinned(distribution)
    if pinned is not None and version.partition("+")[0].split(".")[:2] != pinned.split(".")[:2]:
        found = f"{version}, where {pinned} is what photobatch is tested with"
        return Finding(name, "warning", found, server_code.how_to_install())
    return ok(name, version)


def _pinned(distribution: str) -> str | None:
    """Return the version of the checkout's constraints.txt; None in a wheel, which says all it wants in its ranges."""
    try:
        lines = (server_code.folder() / "constraints.txt").read_text().splitlines()
    except OSError:
        return None
    return next((line.partition("==")[2] for line in lines if line.startswith(f"{distribution}==")), None)


def _cuda(torch: dict[str, Any] | str, use_gpu: str) -> Finding:
    if isinstance(torch, str):
        return Finding("cuda", "warning", "not known without torch", server_code.how_to_install())
    if torch["devices"] and not torch["error"]:
        unused = "; BATCH_USE_GPU=never leaves it alone" if use_gpu == "never" else ""
        return ok("cuda", f"{'; '.join(torch['devices'])} (CUDA {torch['cuda']}){unused}")
    if use_gpu == "never":
        return ok("cuda", "not used: BATCH_USE_GPU=never")
    if _has_nvidia():
        why = torch["error"] or "torch sees none of it"
        advice = f"Update its driver to one for CUDA {torch['cuda']} (`nvidia-smi` shows both), or BATCH_USE_GPU=never."
        return Finding("cuda", "warning", f"there is an NVIDIA GPU, and it cannot be used: {why}", advice)
    if use_gpu == "always":
        advice = "That is right only where other nodes of the cluster have some; else unset it."
        return Finding("cuda", "warning", "no GPU on this machine, and BATCH_USE_GPU=always", advice)
    return ok("cuda", "no GPU on this machine; CPUs do the work")


def _cuda_without_torch() -> Finding:
    if not _has_nvidia():
        return ok("cuda", "no GPU on this machine; CPUs do the work")
    found = "there is an NVIDIA GPU, and no torch to use it; CPUs do the work"
    return Finding("cuda", "warning", found, server_code.how_to_install_torch())


def _has_nvidia() -> bool:
    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidia0").exists()


def _compiler() -> Finding:
    """Compile the pixel operations: a compiler may lack the headers of the C library."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            library.load(Path(folder))
    except library.LibraryError as error:
        if has_torch():
            advice = "Install gcc and libc6-dev: until then torch computes, with the same result, three times slower."
            return Finding("compiler", "warning", str(error), advice)
        advice = f"Install gcc and libc6-dev, or torch, which is slower at this. {server_code.how_to_install_torch()}"
        return Finding("compiler", "wrong", f"{error}, and no torch in its place", advice)
    return ok("compiler", "cc compiles the pixel operations")


def _told(program: str) -> dict[str, Any] | str:
    """Return the JSON that a program prints, or one line that says why it failed."""
    try:
        done = subprocess.run(  # noqa: S603 - a program of ours
            [sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=_IMPORT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"not within {_IMPORT_S:.0f} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
