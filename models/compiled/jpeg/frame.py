"""The headers of a sequential JPEG file, read strictly and written."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from models.codec.container import jpeg_segments
from models.codec.container.jpeg_segments import segment
from models.compiled.jpeg.huffman import Huffman

_SOI, _EOI, _SOS, _DQT, _DHT, _DRI = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDD
_APP0, _APP14 = 0xE0, 0xEE
_BASELINE, _EXTENDED = 0xC0, 0xC1
_JFIF = b"JFIF\0"
_LUMA_BLOCKS = {(1, 1), (2, 1), (1, 2), (2, 2)}
ZIGZAG = np.asarray(jpeg_segments.ZIGZAG, np.int64)
_Table = TypeVar("_Table", bound=Hashable)
Quants = npt.NDArray[np.uint16]  # (64), natural order


@dataclass(frozen=True, slots=True)
class Component:
    """One colour channel of a frame."""

    number: int
    across: int  # blocks in an MCU
    down: int
    quants: Quants
    dc: Huffman
    ac: Huffman


@dataclass(frozen=True, slots=True)
class Frame:
    """What the headers say. One component: its MCU is one block."""

    width: int  # as stored
    height: int
    components: tuple[Component, ...]
    interval: int  # MCUs between restarts; 0: none
    bits_at: int  # offset of the entropy-coded bytes
    jfif: bytes | None = None  # version and density of the JFIF segment: 7 bytes
    adobe: bytes | None = None

    @property
    def mcu(self) -> tuple[int, int]:
        """Width and height of an MCU in pixels."""
        return 8 * self.components[0].across, 8 * self.components[0].down

    @property
    def mcus(self) -> tuple[int, int]:
        """Columns and rows of MCUs."""
        return -(-self.width // self.mcu[0]), -(-self.height // self.mcu[1])


class _OtherError(Exception):
    """It is another kind of file."""


def read_frame(data: bytes) -> Frame | None:
    """Return the frame; None if this is anything but an undamaged 8-bit sequential file with one scan."""
    try:
        return _Reader(data).frame()
    except (_OtherError, IndexError, ValueError):
        return None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._quants: dict[int, Quants] = {}
        self._tables: dict[int, Huffman] = {}  # by class << 4 | number
        self._width = self._height = 0
        self._channels: list[tuple[int, int, int, int]] = []  # number, across, down, quants
        self._interval = 0
        self._jfif: bytes | None = None
        self._adobe: bytes | None = None

    def frame(self) -> Frame:
        _demand(self._data[:2] == bytes((0xFF, _SOI)))
        at = 2
        while True:
            _demand(self._data[at] == 0xFF)  # stray bytes are a doubt
            marker, length = self._data[at + 1], int.from_bytes(self._data[at + 2 : at + 4], "big")
            payload = self._data[at + 4 : at + 2 + length]
            _demand(length >= 2 and len(payload) == length - 2)
            at += 2 + length
            if marker == _SOS:
                return self._whole(payload, at)
            self._take(marker, payload)

    def _take(self, marker: int, payload: bytes) -> None:
        match marker:
            case 0xDB:
                self._take_quants(payload)
            case 0xC4:
                self._take_tables(payload)
            case 0xDD:
                _demand(len(payload) == 2)
                self._interval = int.from_bytes(payload, "big")
            case 0xC0 | 0xC1:
                self._take_size(payload)
            case 0xE0 if payload.startswith(_JFIF) and self._jfif is None:
                _demand(len(payload) >= 14 and payload[5] == 1)
                self._jfif = payload[5:12]
            case 0xEE if payload.startswith(b"Adobe"):
                _demand(len(payload) >= 12 and payload[11] == 1)  # Y, Cb, Cr
                self._adobe = payload[:12]
            case _:
                _demand(marker in jpeg_segments.BESIDE)

    def _take_quants(self, payload: bytes) -> None:
        at = 0
        while at < len(payload):
            wide, number = divmod(payload[at], 16)
            _demand(wide in (0, 1) and number < 4)
            values = payload[at + 1 : at + 1 + 64 * (1 + wide)]
            _demand(len(values) == 64 * (1 + wide))
            quants = np.empty(64, np.uint16)
            quants[ZIGZAG] = np.frombuffer(values, ">u2" if wide else np.uint8)
            _demand(bool(quants.all()))
            self._quants[number] = quants
            at += 1 + len(values)

    def _take_tables(self, payload: bytes) -> None:
        at = 0
        while at < len(payload):
            counts = tuple(payload[at + 1 : at + 17])
            symbols = payload[at + 17 : at + 17 + sum(counts)]
            table = Huffman(counts, symbols)
            _demand(payload[at] & 15 < 4 and payload[at] >> 4 in (0, 1) and len(counts) == 16 and table.sound)
            self._tables[payload[at]] = table
            at += 17 + len(symbols)

    def _take_size(self, payload: bytes) -> None:
        _demand(not self._channels and payload[0] == 8 and payload[5] in (1, 3))
        _demand(len(payload) == 6 + 3 * payload[5])
        self._width, self._height = int.from_bytes(payload[3:5], "big"), int.from_bytes(payload[1:3], "big")
        _demand(self._width > 0 and self._height > 0)
        for number, factors, quants in zip(payload[6::3], payload[7::3], payload[8::3], strict=True):
            self._channels.append((number, *divmod(factors, 16), quants))
        luma, *chroma = self._channels
        _demand(luma[1:3] in (_LUMA_BLOCKS if chroma else {(1, 1)}))
        _demand(all(channel[1:3] == (1, 1) for channel in chroma))
        _demand(len({channel[0] for channel in self._channels}) == len(self._channels))

    def _whole(self, scan: bytes, at: int) -> Frame:
        count = len(self._channels)
        _demand(count > 0 and len(scan) == 4 + 2 * count and scan[0] == count and scan[-3:] == b"\x00\x3f\x00")
        # What libjpeg takes for Y, Cb, Cr without a doubt.
        known = self._jfif or self._adobe or [channel[0] for channel in self._channels] == [1, 2, 3]
        _demand(count == 1 or bool(known))
        components = []
        for (number, across, down, quants), said, tables in zip(
            self._channels, scan[1:-3:2], scan[2:-3:2], strict=True
        ):
            dc, ac = self._tables.get(tables >> 4), self._tables.get(0x10 | tables & 15)
            if number != said or quants not in self._quants or dc is None or ac is None:
                raise _OtherError
            components.append(Component(number, across, down, self._quants[quants], dc, ac))
        return Frame(self._width, self._height, tuple(components), self._interval, at, self._jfif, self._adobe)


def _demand(fact: bool) -> None:
    if not fact:
        raise _OtherError


def file_of(frame: Frame, bits: bytes) -> bytes:
    """Return a JPEG file with these entropy-coded bytes; `frame` has the tables that they are coded with."""
    parts = [bytes((0xFF, _SOI))]
    if frame.jfif is not None:
        parts.append(segment(_APP0, _JFIF + frame.jfif + bytes(2)))
    if frame.adobe is not None:
        parts.append(segment(_APP14, frame.adobe))
    quants = _numbered([component.quants.tobytes() for component in frame.components])
    dcs = _numbered([component.dc for component in frame.components])
    acs = _numbered([component.ac for component in frame.components])
    wide = any(component.quants.max() > 255 for component in frame.components)
    for table, number in quants.items():
        values = np.frombuffer(table, np.uint16)[ZIGZAG]
        parts.append(segment(_DQT, bytes((wide << 4 | number,)) + values.astype(">u2" if wide else np.uint8).tobytes()))
    size = frame.height.to_bytes(2, "big") + frame.width.to_bytes(2, "big")
    channels = b"".join(
        bytes((component.number, component.across << 4 | component.down, quants[component.quants.tobytes()]))
        for component in frame.components
    )
    extended = wide or max(len(dcs), len(acs)) > 2
    marker = _EXTENDED if extended else _BASELINE
    parts.append(segment(marker, b"\x08" + size + bytes((len(frame.components),)) + channels))
    for kind, tables in ((0, dcs), (1, acs)):
        for huffman, number in tables.items():
            parts.append(segment(_DHT, bytes((kind << 4 | number, *huffman.counts)) + huffman.symbols))
    if frame.interval:
        parts.append(segment(_DRI, frame.interval.to_bytes(2, "big")))
    scan = b"".join(bytes((each.number, dcs[each.dc] << 4 | acs[each.ac])) for each in frame.components)
    parts.append(segment(_SOS, bytes((len(frame.components),)) + scan + b"\x00\x3f\x00"))
    return b"".join([*parts, bits, bytes((0xFF, _EOI))])


def _numbered(tables: list[_Table]) -> dict[_Table, int]:
    return {table: number for number, table in enumerate(dict.fromkeys(tables))}
