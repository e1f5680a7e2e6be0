"""Weights of networks: known files, and the folder of installed ones. Imports no torch."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from models.errors import WeightsError
from models.neural.installed import require_networks

LAMA = "big-lama.pt"
Kind = Literal["network", "onnx"]
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_CONVERSION_S = 600


@dataclass(frozen=True, slots=True)
class Weights:
    """A file of weights as published by its makers."""

    name: str
    address: str
    bytes: int
    sha256: str
    licence: str
    kind: Kind  # network: converted to safetensors for workers; onnx: used unchanged
    purpose: str


KNOWN = {
    weights.name: weights
    for weights in (
        Weights(
            name=LAMA,
            address="https://github.com/Sanster/models/releases/download/add_big_lama/big-lama.pt",
            bytes=205_669_692,
            sha256="344c77bbcb158f17dd143070d1e789f38a66c04202311ae3a258ef66667a9ea9",
            licence="Apache-2.0",
            kind="network",
            purpose="fills what the preset `erase` takes away",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Installed:
    """Installed weights."""

    name: str
    file: str  # in the store's folder
    sha256: str  # of that file
    source_sha256: str  # of the original file
    network: str = ""  # the architecture, e.g. "LaMa"; empty for ONNX


class WeightStore:
    """A folder of weights. A file is installed when its record exists; the record is written last, by a rename."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """The path of the folder."""
        return self._folder

    def find(self, name: str) -> Installed | None:
        """Return the installed weights of a name; None if there are none. Reads only the record."""
        try:
            return Installed(**json.loads(self._record(name).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def sha256(self, name: str) -> str | None:
        """Return the SHA-256 of the file that workers load; None if it is not installed."""
        installed = self.find(name)
        return installed.sha256 if installed else None

    def names(self) -> list[str]:
        """Return the names of all installed weights."""
        return sorted(path.name.removesuffix(".json") for path in self._folder.glob("*.json"))

    def changed_ns(self) -> int:
        """Return when a file was last added or removed, 0 without a folder."""
        try:
            return self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def stamp(self) -> tuple[tuple[str, str], ...]:
        """Return a value that changes when weights are added or removed."""
        found = ((name, self.find(name)) for name in self.names())
        return tuple((name, installed.sha256) for name, installed in found if installed)

    def path(self, name: str) -> Path:
        """Return the verified file. Raises WeightsError `model_missing`, `model_damaged`."""
        installed = self.find(name)
        if installed is None:
            detail = f"The model {name} is not here; `photobatch models pull {name}` fetches it."
            raise WeightsError("model_missing", detail)
        path = self._folder / installed.file
        if not path.is_file() or sha256_of(path) != installed.sha256:
            detail = (
                f"The file of the model {name} is not what it was; `photobatch models pull {name}` fetches it anew."
            )
            raise WeightsError("model_damaged", detail)
        return path

    def partial(self, weights: Weights) -> Path:
        """Return the path of a partial download; the next download continues it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"{weights.name}.part"

    def install(self, weights: Weights, file: Path) -> Installed:
        """Install a copy of a file; it is checked before anything opens it.

        Raises WeightsError `model_damaged`: not what the table says, or no network; `torch_missing`; OSError.
        """
        size, found = file.stat().st_size, sha256_of(file)
        if (size, found) != (weights.bytes, weights.sha256):
            detail = (
                f"{file.name} has {size:,} bytes and the SHA-256 {found}, and should have {weights.bytes:,} and "
                f"{weights.sha256}: it is not opened. Fetch it again."
            )
            raise WeightsError("model_damaged", detail)
        return self._place(weights.name, file, weights.kind, found)

    def add(self, name: str, file: Path) -> Installed:
        """Install a user's own network, a .safetensors, .pth or TorchScript .pt that spandrel knows.

        torch executes a .pt while reading it: add only files that you trust. Raises WeightsError, OSError.
        """
        if not _NAME.fullmatch(name) or name in KNOWN:
            detail = f"{name!r:.80} can't be the name: take a-z, 0-9, dots, - and _, and none of {', '.join(KNOWN)}."
            raise WeightsError("invalid_model", detail)
        return self._place(name, file, "network", sha256_of(file))

    def remove(self, name: str) -> None:
        """Remove weights; a missing name is fine."""
        installed = self.find(name)
        self._record(name).unlink(missing_ok=True)
        if installed:
            (self._folder / installed.file).unlink(missing_ok=True)

    def _place(self, name: str, file: Path, kind: Kind, source_sha256: str) -> Installed:
        self._folder.mkdir(parents=True, exist_ok=True)
        network, suffix = "", ".onnx"
        with _unfinished(self._folder / f"{name}.new") as made:
            if kind == "network":
                network, suffix = _converted(file, made), ".safetensors"
            else:
                shutil.copyfile(file, made)
            _sync(made)
            sha256 = sha256_of(made)
            installed = Installed(name, f"{name}-{sha256[:12]}{suffix}", sha256, source_sha256, network)
            before = self.find(name)
            made.replace(self._folder / installed.file)
        record = self._folder / f"{name}.json.new"
        record.write_text(json.dumps(asdict(installed), indent=1), encoding="utf-8")
        _sync(record)
        record.replace(self._record(name))
        _sync(self._folder)
        if before and before.file != installed.file:  # workers that have it open keep access
            (self._folder / before.file).unlink(missing_ok=True)
        return installed

    def _record(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _converted(file: Path, made: Path) -> str:
    """Write a network's weights as safetensors, in a process of its own; returns its architecture."""
    require_networks(file.name)
    command = [sys.executable, "-m", "models.neural.convert", str(file.resolve()), str(made.resolve())]
    here = str(Path(__file__).parent.parent)
    try:
        # Reading a TorchScript file executes code: not in this process, and not with its environment.
        done = subprocess.run(  # noqa: S603
            command,
            cwd=here,
            env={"PYTHONPATH": here},
            capture_output=True,
            text=True,
            timeout=_CONVERSION_S,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise WeightsError("model_damaged", f"Reading {file.name} took longer than {_CONVERSION_S} s.") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise WeightsError("model_damaged", f"{file.name} holds no network that can be used ({last[:300]}).") from error
    return done.stdout.strip()


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    try:
        yield path
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
