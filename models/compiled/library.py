"""The shared library: compiled once on each machine, cached in a folder, checked before it is loaded."""

import ctypes
import hashlib
import shutil
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

_SOURCES = sorted(Path(__file__).parent.rglob("*.[ch]"))
# No fused multiply-add and no -ffast-math: the bytes must be those of models/eager.
_FLAGS = ("-std=c11", "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")
_BUILDING = "building-"  # prefix of folders in which a process compiles
_ABANDONED_S = 3600.0  # an older folder of that kind is abandoned
_COMPILE_S = 120.0  # it takes a second or two


class LibraryError(Exception):
    """No compiled library is available; the message says why."""


def load(folder: Path) -> ctypes.CDLL:
    """Return the library for this source, compiler and CPU, from `folder` or compiled into it. Raises LibraryError.

    Any number of processes may do this at once, and any may be killed: each compiles in a folder of its own and
    renames. If `folder` is not writable, the library is compiled only for this process.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise LibraryError("there is no C compiler (`cc`)")
    name = _name(compiler)
    try:
        return _kept(compiler, folder, name)
    except OSError:  # read-only, full, or mounted noexec
        with TemporaryDirectory() as elsewhere:
            try:
                return _kept(compiler, Path(elsewhere), name)
            except OSError as why:
                raise LibraryError(f"the library cannot be stored or loaded: {why}") from None


def _name(compiler: str) -> str:
    """Return the SHA-256 of source, flags, compiler version and CPU features."""
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
        sources = [path for path in _SOURCES if path.suffix == ".c"]
        # One after the other, in this folder: in one step, or without pipes, the compiler would leave files in /tmp
        # whenever it is killed. In calls of their own, because compiler caches know no others.
        for source in sources:
            _run(compiler, *_FLAGS, "-fPIC", "-pipe", "-c", str(source), folder=place)
        objects = [source.with_suffix(".o").name for source in sources]
        _run(compiler, "-shared", "-o", str(built), *objects, "-lm", folder=place)
        built.write_bytes(_sealed(built.read_bytes()))
        built.rename(path)


def _sealed(library: bytes) -> bytes:
    """Return it with its SHA-256 appended, which loaders ignore: loading a truncated file would end the process."""
    return library + hashlib.sha256(library).digest()


def _whole(path: Path) -> bool:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return False
    return _sealed(content[:-32]) == content


def _sweep(folder: Path) -> None:
    """Remove the folders of killed processes."""
    for left in folder.glob(f"{_BUILDING}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(left, ignore_errors=True)


def _run(*command: str, folder: str | None = None) -> bytes:
    """Return the output of a compiler command, which works in `folder`. Raises LibraryError."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_COMPILE_S, check=True)  # noqa: S603 - cc
    except subprocess.CalledProcessError as failure:
        said = failure.stderr.decode(errors="replace").strip().splitlines()
        raise LibraryError(f"the C compiler failed: {said[0] if said else failure}") from None
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise LibraryError(f"the C compiler cannot be used: {failure}") from None
    return done.stdout
