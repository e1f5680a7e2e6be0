"""A JPEG whose pixels are decoded and replaced in places."""

from collections.abc import Callable
from ctypes import byref
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import simplejpeg

from models.codec.encoder import is_coarse
from models.codec.orientation import upright
from models.codec.workspace import Workspace
from models.compiled.jpeg.frame import Frame, file_of, read_frame
from models.compiled.jpeg.huffman import EVEN, completed
from models.compiled.jpeg.scanned import DONE, Functions, Scanned
from models.compiled.jpeg.structures import ChangeStructure, CodeStructure, OutputStructure, TurnStructure
from models.compiled.library import LibraryError, load
from models.finish import Finish
from models.picture import DoubtError, Parts, Pixels, Written

_NO_SYMBOL = 2  # of jpeg.h
_MCU_BYTES = 2 * 2304  # MCU_BYTES of jpeg.h, stuffed
_TURNABLE = {(1, 1), (2, 2)}  # blocks in an MCU of pictures that may be turned by a quarter

# EXIF orientation: transposed, then flipped across and down.
TURNS = {
    1: (False, False, False),
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}

Area = tuple[int, int, int, int]  # x0, y0, x1, y1, in MCUs of the upright picture


def opener(folder: Path, step_of: Callable[[int, int], int]) -> Callable[[bytes, int, int, int], Parts | None] | None:
    """Return what opens JPEG files in places, with the library in `folder`; None if there is no library.

    `step_of` takes height and width and returns the step of the reduced picture.
    """
    try:
        functions = Functions(load(folder))
    except LibraryError:
        return None

    def opened(data: bytes, orientation: int, height: int, width: int) -> Parts | None:
        return open_partial(functions, data, orientation, step_of(height, width))

    return opened


def open_partial(functions: Functions, data: bytes, orientation: int, step: int) -> "PartialJpeg | None":
    """Return a file as an upright picture; None if it cannot be changed in places.

    `step`, a power of two, is that of `PartialJpeg.reduced`. A picture is turned without loss only if its MCUs end at
    the edges that become its left and upper ones.
    """
    frame = read_frame(data)
    if frame is None:
        return None
    transposed, flipped_across, flipped_down = TURNS[orientation]
    turned = _turned(frame) if transposed else frame
    (wide, high), luma = turned.mcu, frame.components[0]
    if (flipped_across and turned.width % wide) or (flipped_down and turned.height % high):
        return None
    if transposed and (luma.across, luma.down) not in _TURNABLE:
        return None
    if is_coarse(luma.quants.tolist()):
        return None
    try:
        return PartialJpeg(functions, data, frame, orientation, step)
    except DoubtError:
        return None


class PartialJpeg:
    """A `Parts` of models.picture; `pixels` are those of its picture."""

    def __init__(self, functions: Functions, data: bytes, frame: Frame, orientation: int, step: int) -> None:
        self._functions = functions
        self._data = data
        self._stored = frame
        self._orientation = orientation
        self._turn = TurnStructure(*TURNS[orientation])
        self._frame = _turned(frame) if self._turn.transpose else frame
        self._step = step
        self._scanned = Scanned(functions, data, frame, luma_cells=2 if step == 4 else 1)
        # Fresh memory takes no room until it is used.
        self.pixels = np.zeros((self._frame.height, self._frame.width, 4), np.uint8)
        columns, rows = self._frame.mcus
        self._regions = np.full((rows, columns), -1, np.int32)  # the number of the region in which an MCU counts
        self._loaded: list[tuple[Area, Pixels]] = []  # the regions as they were
        self._small: Pixels | None = None

    def load(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """Decode the MCUs that hold a box of pixels, with the bytes of libjpeg-turbo."""
        wide, high = (max(side, self._step) for side in self._frame.mcu)
        x0, y0 = max(0, x0) // wide * wide, max(0, y0) // high * high
        x1, y1 = min(self._frame.width, -(-x1 // wide) * wide), min(self._frame.height, -(-y1 // high) * high)
        if x0 < x1 and y0 < y1:
            wide, high = self._frame.mcu
            self._load((x0 // wide, y0 // high, -(-x1 // wide), -(-y1 // high)))

    def reduced(self, step: int) -> Pixels:
        """As models.picture has it, for the step it was opened with."""
        if step != self._step:
            raise ValueError(step)
        if self._small is None:
            self._small = self._reduced()
        return self._small

    def finish(self, finish: Finish, seed: int) -> None:
        """Raises DoubtError: nothing would be as it was."""
        raise DoubtError

    def written(self) -> Written:
        """As models.picture has it."""
        changed, blocks = self._changes()
        copied, data = self._orientation == 1, None
        if copied and not len(blocks):
            at = self._stored.bits_at
            data = file_of(self._stored, self._data[at : at + self._scanned.used])
        for anew in (False, True):  # first with the source's own codes
            if data is None:
                copied = copied and not anew
                data = self._written(changed, blocks, anew=anew)
        if data is None:
            raise DoubtError
        return Written(
            data, self._small_now(), "partial" if copied else "coefficients", blocks.shape[0] * blocks.shape[1]
        )

    def _load(self, area: Area) -> None:
        x0, y0, x1, y1 = area
        missing = self._regions[y0:y1, x0:x1] < 0
        if not missing.any():
            return
        before = self._decoded(area)
        wide, high = self._frame.mcu
        there = self.pixels[y0 * high : y1 * high, x0 * wide : x1 * wide]
        if missing.all():
            there[...] = before
        else:
            fresh = np.repeat(np.repeat(missing, high, 0), wide, 1)[: before.shape[0], : before.shape[1]]
            there[fresh] = before[fresh]
        self._regions[y0:y1, x0:x1][missing] = len(self._loaded)
        self._loaded.append((area, before))

    def _decoded(self, area: Area) -> Pixels:
        """Return the pixels of whole MCUs, a part of a larger array."""
        x0, y0, x1, y1 = area
        (wide, high), (columns, rows) = self._frame.mcu, self._frame.mcus
        # One MCU more on each side: colours are interpolated between neighbours.
        wider = max(0, x0 - 1), max(0, y0 - 1), min(columns, x1 + 1), min(rows, y1 + 1)
        left, top = wider[0] * wide, wider[1] * high
        size = min(self._frame.width, wider[2] * wide) - left, min(self._frame.height, wider[3] * high) - top
        for coded in (self._frame, _coded(self._frame, "even")):
            frame = replace(coded, width=size[0], height=size[1], interval=0)
            bits = self._bits(frame, wider, anew=coded is not self._frame)
            if bits is not None:
                break
        else:
            raise DoubtError
        try:
            decoded: Pixels = simplejpeg.decode_jpeg(file_of(frame, bits), "RGBX")
        except ValueError:
            raise DoubtError from None
        return decoded[y0 * high - top : y1 * high - top, x0 * wide - left : x1 * wide - left]

    def _reduced(self) -> Pixels:
        drawn = 4 if self._step == 4 else 8
        if self._step < drawn:
            whole = (0, 0, *self._frame.mcus)
            if not self._loaded:
                self._load(whole)
            area, before = self._loaded[0]
            return self._functions.reduce(before if area == whole else self._decoded(whole), self._step)
        cells = self._scanned.cells
        if len(cells) == 1:
            drawing = cv2.cvtColor(cells[0], cv2.COLOR_GRAY2RGBA)
        else:
            luma, blue, red = cells
            colours = cv2.cvtColor(cv2.merge((luma, red, blue)), cv2.COLOR_YCrCb2RGB)
            drawing = cv2.cvtColor(colours, cv2.COLOR_RGB2RGBA)
        part = np.asarray(drawing, np.uint8)[: -(-self._stored.height // drawn), : -(-self._stored.width // drawn)]
        turned = upright(np.ascontiguousarray(part), self._orientation, Workspace())
        return self._functions.reduce(turned, self._step // drawn)

    def _small_now(self) -> Pixels:
        """Return the reduced picture with what was loaded as it is now."""
        small, step = self.reduced(self._step).copy(), self._step
        wide, high = self._frame.mcu
        for (x0, y0, x1, y1), _ in self._loaded:
            now = self._functions.reduce(self.pixels[y0 * high : y1 * high, x0 * wide : x1 * wide], step)
            top, left = y0 * high // step, x0 * wide // step
            small[top : top + now.shape[0], left : left + now.shape[1]] = now
        return small

    def _changes(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int16]]:
        """Return the index of each MCU's new coefficients or -1, and the coefficients."""
        changed = np.full(self._regions.shape, -1, np.int32)
        blocks = np.empty((int((self._regions >= 0).sum()), self._scanned.blocks, 64), np.int16)
        work = ChangeStructure(turn=self._turn, width=self._frame.width, height=self._frame.height)
        work.after, work.regions = self.pixels.ctypes.data, self._regions.ctypes.data
        work.changed, work.blocks = changed.ctypes.data, blocks.ctypes.data
        for number, (area, before) in enumerate(self._loaded):
            work.region, work.before, work.stride = number, before.ctypes.data, before.strides[0] // 4
            work.x0, work.y0, work.x1, work.y1 = area
            if self._functions.change(byref(self._scanned.jpeg), byref(work)) != DONE:
                raise DoubtError
        return changed, blocks[: work.count]

    def _written(self, changed: npt.NDArray[np.int32], blocks: npt.NDArray[np.int16], *, anew: bool) -> bytes | None:
        frame = _coded(self._frame, "complete") if anew else self._frame
        if self._orientation != 1:
            frame = replace(frame, interval=0)
        bits = self._bits(frame, (0, 0, *frame.mcus), anew=anew, changed=changed, blocks=blocks)
        return None if bits is None else file_of(frame, bits)

    def _bits(
        self,
        frame: Frame,
        area: Area,
        *,
        anew: bool,
        changed: npt.NDArray[np.int32] | None = None,
        blocks: npt.NDArray[np.int16] | None = None,
    ) -> bytes | None:
        """Return the entropy-coded bytes of an area; None if the codes of `frame` lack a symbol."""
        mcus = (area[2] - area[0]) * (area[3] - area[1])
        spare = (len(blocks) if blocks is not None else 0) * _MCU_BYTES + (1 << 16)
        to = np.empty(min(mcus * _MCU_BYTES, self._scanned.used * 2) + spare, np.uint8)
        work = OutputStructure(turn=self._turn, interval=frame.interval, anew=anew)
        work.x0, work.y0, work.x1, work.y1 = area
        work.to, work.room = to.ctypes.data, to.size
        if changed is not None and blocks is not None:
            work.changed, work.blocks = changed.ctypes.data, blocks.ctypes.data
        for index, component in enumerate(frame.components):
            for codes, table in ((work.dc, component.dc), (work.ac, component.ac)):
                codes[index] = CodeStructure(table.codes.ctypes.data, table.lengths.ctypes.data)
        status = self._functions.write(byref(self._scanned.jpeg), byref(work))
        if status == _NO_SYMBOL:
            return None
        if status != DONE:
            raise DoubtError
        return to[: work.written].tobytes()


def _turned(frame: Frame) -> Frame:
    """Return the headers of a transposed picture."""
    components = [
        replace(
            each,
            across=each.down,
            down=each.across,
            quants=np.ascontiguousarray(each.quants.reshape(8, 8).T).ravel(),
        )
        for each in frame.components
    ]
    return replace(frame, width=frame.height, height=frame.width, components=tuple(components))


def _coded(frame: Frame, how: str) -> Frame:
    """Return the headers with codes for every symbol: `even` ones, or its own with all that they lack."""
    components = [
        replace(each, dc=EVEN["dc"], ac=EVEN["ac"])
        if how == "even"
        else replace(each, dc=completed(each.dc, "dc"), ac=completed(each.ac, "ac"))
        for each in frame.components
    ]
    return replace(frame, components=tuple(components))
