"""A JPEG whose pixels are read and replaced in places."""

import ctypes
from ctypes import byref
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
import simplejpeg

from models.codec.orientation import upright
from models.codec.workspace import Workspace
from models.compiled.jpeg.frame import Frame, file_of, read_frame
from models.compiled.jpeg.huffman import EVEN, completed
from models.compiled.jpeg.scanned import DONE, Functions, Scanned
from models.compiled.jpeg.structures import ChangeStructure, CodeStructure, OutputStructure, TurnStructure
from models.picture import Pixels
from models.reduce import reduce_cells

_MCU_BYTES = 2 * 2304  # MCU_BYTES of jpeg.h, stuffed
_LOSSLESSLY = {(1, 1), (2, 2)}  # blocks in an MCU of pictures that may be turned by a quarter

# EXIF orientation: transposed, flipped across, flipped down.
_TURNS = {
    1: (0, 0, 0),
    2: (0, 1, 0),
    3: (0, 1, 1),
    4: (0, 0, 1),
    5: (1, 0, 0),
    6: (1, 1, 0),
    7: (1, 1, 1),
    8: (1, 0, 1),
}

Area = tuple[int, int, int, int]  # x0, y0, x1, y1, in MCUs of the upright picture


@dataclass(slots=True)
class Region:
    """A part of a picture that may be changed: write into `after`."""

    area: Area
    x0: int  # its corner in pixels of the upright picture
    y0: int
    before: Pixels  # (h, w, 4)
    after: Pixels


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written."""

    data: bytes  # a whole JPEG file without metadata
    mcus: int  # that changed
    copied: bool  # whether all others have kept their bits; else their coefficients


def open_partial(functions: Functions, data: bytes, orientation: int, step: int) -> "PartialJpeg | None":
    """Return the upright picture of a file; None if it cannot be changed in places.

    `step` is a power of two: that of `PartialJpeg.small`. A picture is turned without loss only if its MCUs end at
    the edges that become its left and upper ones.
    """
    frame = read_frame(data)
    if frame is None:
        return None
    transpose, flip_x, flip_y = _TURNS[orientation]
    width, height = (frame.height, frame.width) if transpose else (frame.width, frame.height)
    wide, high = frame.mcu[::-1] if transpose else frame.mcu
    luma = frame.components[0]
    if (flip_x and width % wide) or (flip_y and height % high):
        return None
    if transpose and (luma.across, luma.down) not in _LOSSLESSLY:
        return None
    try:
        return PartialJpeg(functions, data, frame, orientation, step)
    except ValueError:
        return None


class PartialJpeg:
    """A JPEG file as an upright picture. Its methods raise ValueError on any doubt."""

    def __init__(self, functions: Functions, data: bytes, frame: Frame, orientation: int, step: int) -> None:
        self._functions = functions
        self._data = data
        self._frame = frame
        self._orientation = orientation
        self._turn = _TURNS[orientation]
        self._step = step
        self._scanned = Scanned(functions, data, frame, luma_cells=2 if step == 4 else 1)
        transpose = self._turn[0]
        self.width, self.height = (frame.height, frame.width) if transpose else (frame.width, frame.height)
        self._mcu = frame.mcu[::-1] if transpose else frame.mcu
        self._mcus = frame.mcus[::-1] if transpose else frame.mcus

    def small(self) -> Pixels:
        """Return the picture reduced by the step: uint8 (⌈height/step⌉, ⌈width/step⌉, 4), much as `reduce_cells`."""
        drawn = 4 if self._step == 4 else 8
        if self._step < drawn:
            return reduce_cells(self._pixels((0, 0, *self._mcus))[0], self._step)
        cells = self._scanned.cells
        if len(cells) == 1:
            whole = cv2.cvtColor(cells[0], cv2.COLOR_GRAY2RGBA)
        else:
            luma, blue, red = cells
            whole = cv2.cvtColor(cv2.cvtColor(cv2.merge((luma, red, blue)), cv2.COLOR_YCrCb2RGB), cv2.COLOR_RGB2RGBA)
        part = np.asarray(whole, np.uint8)[: -(-self._frame.height // drawn), : -(-self._frame.width // drawn)]
        turned = upright(np.ascontiguousarray(part), self._orientation, Workspace())
        return reduce_cells(turned, self._step // drawn)

    def region(self, x0: int, y0: int, x1: int, y1: int) -> Region:
        """Return the MCUs that hold a box of pixels."""
        wide, high = self._mcu
        area = (x0 // wide, y0 // high, -(-x1 // wide), -(-y1 // high))
        pixels, left, top = self._pixels(area)
        return Region(area, left, top, pixels, pixels.copy())

    def write(self, regions: list[Region]) -> Written:
        """Return the file with what `regions` have after; no two of them may share an MCU."""
        changed, blocks, count = self._changes(regions)
        upright_already = self._orientation == 1
        if count == 0 and upright_already:
            at = self._frame.bits_at
            return Written(file_of(self._frame, self._data[at : at + self._scanned.used]), 0, copied=True)
        for complete in (False, True):  # first with the source's own codes
            frame = self._turned_frame(complete=complete)
            bits = self._bits(frame, (0, 0, *self._mcus), anew=complete, changed=changed, blocks=blocks)
            if bits is not None:
                return Written(file_of(frame, bits), count, copied=upright_already and not complete)
        raise ValueError

    def _pixels(self, area: Area) -> tuple[Pixels, int, int]:
        """Return the pixels of whole MCUs as libjpeg-turbo decodes them, and their corner."""
        wide, high = self._mcu
        columns, rows = self._mcus
        # One MCU more on each side: colours are interpolated between neighbours.
        wider = (max(0, area[0] - 1), max(0, area[1] - 1), min(columns, area[2] + 1), min(rows, area[3] + 1))
        left, top = wider[0] * wide, wider[1] * high
        frame = replace(
            self._turned_frame(even=True),
            width=min(self.width, wider[2] * wide) - left,
            height=min(self.height, wider[3] * high) - top,
        )
        bits = self._bits(frame, wider, anew=True)
        if bits is None:
            raise ValueError
        pixels = simplejpeg.decode_jpeg(file_of(frame, bits), "RGBX")
        x0, y0 = area[0] * wide, area[1] * high
        return pixels[y0 - top : area[3] * high - top, x0 - left : area[2] * wide - left], x0, y0

    def _turned_frame(self, *, even: bool = False, complete: bool = False) -> Frame:
        """Return the headers of the upright picture, with codes for any picture, or its own, completed or not."""
        components = []
        for each in self._frame.components:
            across, down, quants = each.across, each.down, each.quants
            if self._turn[0]:
                across, down, quants = down, across, np.ascontiguousarray(quants.reshape(8, 8).T).ravel()
            dc, ac = (EVEN["dc"], EVEN["ac"]) if even else (each.dc, each.ac)
            if complete:
                dc, ac = completed(dc, "dc"), completed(ac, "ac")
            components.append(replace(each, across=across, down=down, quants=quants, dc=dc, ac=ac))
        keeps_restarts = self._orientation == 1 and not even
        return replace(
            self._frame,
            width=self.width,
            height=self.height,
            components=tuple(components),
            interval=self._frame.interval if keeps_restarts else 0,
        )

    def _changes(self, regions: list[Region]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int16], int]:
        """Return the index of each MCU's new coefficients or -1, the coefficients, and how many MCUs they are of."""
        columns, rows = self._mcus
        changed = np.full((rows, columns), -1, np.int32)
        most = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (region.area for region in regions))
        blocks = np.empty((most, self._scanned.blocks, 64), np.int16)
        work = ChangeStructure(turn=TurnStructure(*self._turn), changed=changed.ctypes.data, blocks=blocks.ctypes.data)
        for region in regions:
            work.x0, work.y0, work.x1, work.y1 = region.area
            before, after = (self._whole_mcus(region.area, pixels) for pixels in (region.before, region.after))
            work.before, work.after = before.ctypes.data, after.ctypes.data
            if self._functions.change(byref(self._scanned.jpeg), byref(work)) != DONE:
                raise ValueError
        return changed, blocks, int(work.count)

    def _whole_mcus(self, area: Area, pixels: Pixels) -> Pixels:
        """Repeat the edge of the picture up to the edge of its last MCUs."""
        below = (area[3] - area[1]) * self._mcu[1] - pixels.shape[0]
        right = (area[2] - area[0]) * self._mcu[0] - pixels.shape[1]
        if below or right:
            pixels = np.pad(pixels, ((0, below), (0, right), (0, 0)), mode="edge")
        return np.ascontiguousarray(pixels)

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
        room = min(mcus * _MCU_BYTES, self._scanned.used * 2) + spare
        to = np.empty(room, np.uint8)
        work = OutputStructure(
            turn=TurnStructure(*self._turn), interval=frame.interval, anew=anew, to=to.ctypes.data, room=room
        )
        work.x0, work.y0, work.x1, work.y1 = area
        if changed is not None and blocks is not None:
            work.changed, work.blocks = changed.ctypes.data, blocks.ctypes.data
        kept = []
        for index, component in enumerate(frame.components):
            for codes, table in ((work.dc, component.dc), (work.ac, component.ac)):
                kept += [table.codes, table.lengths]
                codes[index] = CodeStructure(table.codes.ctypes.data, table.lengths.ctypes.data)
        status = self._functions.write(byref(self._scanned.jpeg), byref(work))
        if status == DONE:
            return to[: work.written].tobytes()
        if status == _NO_SYMBOL:
            return None
        raise ValueError


_NO_SYMBOL = 2  # of jpeg.h
