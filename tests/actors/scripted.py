"""A retoucher without pixels: the photo's bytes say what happens to it. For tests of everything around the pixels."""

import ctypes
import json
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from actors.messages.records import BatchSpec, Json, Preview
from actors.worker.attachments import Attached
from actors.worker.retoucher import NOTHING, Retouched
from models.erase.filling import Filling, Squares
from models.erase.region import Mask
from models.errors import DeviceLostError, PhotoError
from models.fallbacks import fell_back
from models.picture import Pixels
from models.shoot import Light


def as_json(message: Json) -> bytes:
    """Encode a callback; here, because coordinators in other processes import it."""
    return json.dumps(message).encode()


class ScriptedRetoucher:
    """`sleep 0.2`, `crash`, `hang`, `hold 2` (both keep the GIL), `bad`, `hiccup`, `lost` (its GPU), `slower`.

    Each start is logged to a file.
    """

    engine = "scripted"
    side_by_side = 1

    def __init__(self, log: Path) -> None:
        self._log = log
        self._renewed = log.with_name(f"renewed-{os.getpid()}")  # made by a test: this worker is to leave
        self._note("load")

    def warm(self) -> None:
        pass

    def preview(self, data: bytes, presets: list[Json], attached: list[Attached], max_side: int) -> list[Preview]:
        """Show the photo as it is."""
        return [Preview(data, max_side, max_side) for _ in presets]

    def light(self, data: bytes) -> Json:
        """Say how bright the photo is: `light 2` is two stops over the others."""
        self._note(f"light {data.decode()}")
        name, action, *rest = data.decode().split()
        if action == "bad":
            raise PhotoError("corrupt", "This photo is damaged.")
        level = float(rest[0]) if action == "light" else 0.0
        return Light(-3.0 + level, ((0.0, 0.0, -3.0 + level, 1.0),), ev=10.0 - level, taken=float(name)).to_json()

    def stale(self) -> bool:
        return self._renewed.exists()

    def begin(
        self, data: bytes, job: BatchSpec, params: Json | None, attached: Attached = NOTHING
    ) -> Filling[Retouched]:
        yield from ()
        self._note(f"retouch {data.decode()}")
        name, action, *rest = data.decode().split()
        if action == "sleep":
            time.sleep(float(rest[0]))
        elif action == "crash":
            ctypes.string_at(0)  # a null pointer, like a decoder that runs off its buffer
        elif action == "hang":
            ctypes.PyDLL(None).sleep(600)  # PyDLL keeps the GIL, like a decoder that never lets go
        elif action == "hold":
            ctypes.PyDLL(None).usleep(int(float(rest[0]) * 1e6))  # the GIL, for a while
        elif action == "bad":
            raise PhotoError("corrupt", "This photo is damaged.")
        elif action == "hiccup":
            raise PhotoError("out_of_memory", "Not now.", retryable=True)
        elif action == "lost":
            raise DeviceLostError("CUDA error: an illegal memory access was encountered")
        elif action == "slower":
            fell_back("network_on_cpu")
        elif action == "bug":
            raise ZeroDivisionError
        self._note(f"done {name}")
        return Retouched(name.encode(), b"small", "jpeg", 4, 3, sha256(data).hexdigest(), 1, False, [], {"decode": 1.0})

    def _note(self, line: str) -> None:
        with open(self._log, "a") as file:
            file.write(f"{os.getpid()} {line}\n")


class MaskedRetoucher:
    """The result of a photo is its mask."""

    engine = "masked"
    side_by_side = 1

    def warm(self) -> None:
        pass

    def preview(self, data: bytes, presets: list[Json], attached: list[Attached], max_side: int) -> list[Preview]:
        """Show the photo as it is."""
        return [Preview(data, max_side, max_side) for _ in presets]

    def light(self, data: bytes) -> Json:
        return {}

    def stale(self) -> bool:
        return False

    def begin(
        self, data: bytes, job: BatchSpec, params: Json | None, attached: Attached = NOTHING
    ) -> Filling[Retouched]:
        yield from ()
        return Retouched(
            attached.get("mask", b"none"),
            b"small",
            "jpeg",
            4,
            3,
            sha256(data).hexdigest(),
            1,
            False,
            [],
            {"decode": 1.0},
        )


def dies_at_birth(log: Path, cure: Path) -> ScriptedRetoucher:
    """Log the time and end the process, like a library that this machine cannot load; until `cure` is there."""
    with open(log, "a") as file:
        file.write(f"{os.getpid()} born {time.time()}\n")
    if not cure.exists():
        ctypes.string_at(0)
    return ScriptedRetoucher(log)


class TimedRetoucher(ScriptedRetoucher):
    """Says how long it slept, by which the number of workers is chosen."""

    def begin(
        self, data: bytes, job: BatchSpec, params: Json | None, attached: Attached = NOTHING
    ) -> Filling[Retouched]:
        begun = time.perf_counter()
        made = yield from super().begin(data, job, params, attached)
        return replace(made, timings_ms={"apply": (time.perf_counter() - begun) * 1000})


class HoledRetoucher(ScriptedRetoucher):
    """Has holes filled of up to four photos in a call, whose size is logged; a photo that says `poison` ends it."""

    side_by_side = 4
    name, smooth = "scripted", False

    def begin(
        self, data: bytes, job: BatchSpec, params: Json | None, attached: Attached = NOTHING
    ) -> Filling[Retouched]:
        crop = np.frombuffer(data, np.uint8)[None, :, None]
        yield Squares(self, [crop], [crop[..., 0]])
        return (yield from super().begin(data, job, params, attached))

    def fill(self, crops: Sequence[Pixels], masks: Sequence[Mask]) -> list[Pixels]:
        """Fill nothing; die of poison."""
        self._note(f"fill {len(crops)}")
        if any(b"poison" in crop.tobytes() for crop in crops):
            ctypes.string_at(0)
        return list(crops)
