"""The shared library: compiled once on each machine, kept in a folder, checked before it is loaded."""

import ctypes
import hashlib
import shutil
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

_SOURCES = sorted(Path(__file__).parent.glob("*.[ch]"))
# No fused multiply-add and no -ffast-math: the bytes must be those of models/eager.
_FLAGS = ("-std=c11", "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")
_BUILDING = "building-"  # begins the names of folders in which a process compiles
_ABANDONED_S = 3600.0  # such a folder that is older belongs to nobody any more
_COMPILE_S = 120.0  # it takes half a second


class LibraryError(Exception):
    """There is no compiled library; the message says why."""


def load(folder: Path) -> ctypes.CDLL:
    """The library for this source, compiler and CPU, from `folder` or compiled into it. Raises LibraryError.

    Any number of processes may do this at once, and any of them may be killed: each compiles in a folder of its own
    and renames. Where `folder` takes no files the library is compiled for this process alone.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise LibraryError("there is no C compiler (`cc`)")
    name = _name(compiler)
    try:
        return _kept(compiler, folder, name)
    except OSError:  # read-only, full, or mounted so that nothing in it is executed
        with TemporaryDirectory() as elsewhere:
            try:
                return _kept(compiler, Path(elsewhere), name)
            except OSError as why:
                raise LibraryError(f"the library cannot be stored or loaded: {why}") from None


def _name(compiler: str) -> str:
    """SHA-256 of all that the library is made of: source, flags, the compiler's version, what the CPU can do."""
    predefined = _run(compiler, *_FLAGS, "-dM", "-E", "-x", "c", "/dev/null")
    sources = [path.read_bytes() for path in _SOURCES]
    return hashlib.sha256(b"|".join([*sources, " ".join(_FLAGS).encode(), predefined])).hexdigest()


def _kept(compiler: str, folder: Path, name: str) -> ctypes.CDLL:
    """Raises OSError."""
    path = folder / f"{name}.so"
    if not _whole(path):
        _build(compiler, path)
    return ctypes.CDLL(str(path))


def _build(compiler: str, path: Path) -> None:
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    with TemporaryDirectory(dir=folder, prefix=_BUILDING) as place:
        built = Path(place, "library.so")
        sources = [str(path) for path in _SOURCES if path.suffix == ".c"]
        _run(compiler, *_FLAGS, "-shared", "-fPIC", "-o", str(built), *sources, "-lm")
        built.write_bytes(_sealed(built.read_bytes()))
        built.rename(path)


def _sealed(library: bytes) -> bytes:
    """With its SHA-256 at its end, where no loader looks: to load a file that was cut off would end the process."""
    return library + hashlib.sha256(library).digest()


def _whole(path: Path) -> bool:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return False
    return _sealed(content[:-32]) == content


def _sweep(folder: Path) -> None:
    """Removes what killed processes left."""
    for left in folder.glob(f"{_BUILDING}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(left, ignore_errors=True)


def _run(*command: str) -> bytes:
    """What a command of the compiler prints. Raises LibraryError."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=_COMPILE_S, check=True)  # noqa: S603 - cc
    except subprocess.CalledProcessError as failure:
        said = failure.stderr.decode(errors="replace").strip().splitlines()
        raise LibraryError(f"the C compiler failed: {said[0] if said else failure}") from None
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise LibraryError(f"the C compiler cannot be used: {failure}") from None
    return done.stdout
