"""Checks of Python and packages: each is imported in a process of its own, where a crash does no harm."""

import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

from photobatch.engine.finding import Finding, ok

_ROOT = Path(__file__).parents[2]
_PYTHON = (3, 11)  # the version for which constraints.txt was made
_IMPORT_S = 120.0  # from a cold disk
_RAY = "import json, ray; print(json.dumps({'version': ray.__version__}))"
_OPENCV = "import json, cv2; print(json.dumps({'version': cv2.__version__}))"
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
except Exception as error:
    told["error"] = (str(error).strip() or type(error).__name__).splitlines()[0]
print(json.dumps(told))
"""
_SETUP = "Run `make setup` in the checkout."
_LIBRARIES = f"{_SETUP} As root it also installs the system's libgl1 and libglib2.0-0."


def examine(*, use_gpu: Literal["auto", "always", "never"]) -> Iterator[Finding]:
    """Yield what is installed, and whether it works."""
    with ThreadPoolExecutor(3) as pool:
        ray, torch, opencv = (pool.submit(_told, program) for program in (_RAY, _TORCH, _OPENCV))
        yield _python()
        yield _package("ray", "ray", ray.result(), _SETUP)
        yield _package("torch", "torch", torch.result(), _SETUP)
        yield _cuda(torch.result(), use_gpu)
        yield _package("opencv", "opencv-python", opencv.result(), _LIBRARIES)
    yield _compiler()


def _python() -> Finding:
    found = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info[:2] == _PYTHON:
        return ok("python", found)
    wanted = ".".join(map(str, _PYTHON))
    return Finding("python", "warning", found, f"The server is tested with {wanted}: make PYTHON=python{wanted} setup.")


def _package(name: str, distribution: str, told: dict[str, Any] | str, advice: str) -> Finding:
    if isinstance(told, str):
        return Finding(name, "wrong", f"it cannot be imported: {told}", advice)
    version, pinned = told["version"], _pinned(distribution)
    if pinned is not None and version.partition("+")[0].split(".")[:2] != pinned.split(".")[:2]:
        return Finding(name, "warning", f"{version}, where {pinned} is what photobatch is tested with", _SETUP)
    return ok(name, version)


def _pinned(distribution: str) -> str | None:
    """Return the version in constraints.txt, None if there is none."""
    try:
        lines = (_ROOT / "constraints.txt").read_text().splitlines()
    except OSError:
        return None
    return next((line.partition("==")[2] for line in lines if line.startswith(f"{distribution}==")), None)


def _cuda(torch: dict[str, Any] | str, use_gpu: str) -> Finding:
    if isinstance(torch, str):
        return Finding("cuda", "warning", "not known without torch", _SETUP)
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


def _has_nvidia() -> bool:
    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidia0").exists()


def _compiler() -> Finding:
    found = shutil.which("cc")
    if found:
        return ok("compiler", found)
    advice = (
        "Install gcc or clang: without it torch computes colours and faces, with the same result, three times slower."
    )
    return Finding("compiler", "warning", "there is no C compiler (cc)", advice)


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
