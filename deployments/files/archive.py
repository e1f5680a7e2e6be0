"""Many blobs as a virtual ZIP file: its layout follows from names, sizes and CRC-32, so any part can be read.

Photos are stored uncompressed, because compression would hardly make them smaller. Everything needed is in the journal,
so the size is known before the first byte, and an interrupted download continues with a range.
Layout: PKWARE, APPNOTE.TXT 6.3.10, 4.3 (ZIP64 if there are too many entries or bytes).
"""

import hashlib
import struct
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

from storage.blobs import Blobs

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_OFFSET64 = struct.Struct("<2HQ")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
_END = struct.Struct("<4s4H2IH")
_UTF8_NAMES, _STORED = 0x0800, 0
_PLAIN, _ZIP64 = 20, 45  # "version needed to extract"
KEPT = 4  # archives; one of 100,000 photos takes 30 MB
_MEASURED = 50_000  # files whose CRC-32 is kept, in 15 MB
_MOST16, _MOST32 = 0xFFFF, 0xFFFFFFFF
_READABLE = 0o100644 << 16  # permissions of the extracted file


@dataclass(frozen=True, slots=True)
class Member:
    """One file in the archive: a blob below 4 GiB."""

    name: str
    key: str
    size: int
    crc32: int


class Archive:
    """The ZIP file of some blobs; implements `deployments.files.streams.Bytes`."""

    def __init__(self, blobs: Blobs, members: Iterable[Member], made_at: float) -> None:
        """`made_at` (unix seconds) is the time of all files; the same members give the same bytes."""
        self._blobs = blobs
        self._members = list(members)
        self._names = [member.name.encode() for member in self._members]
        self._stamp = _dos_time(made_at)
        lengths = (
            _LOCAL.size + len(name) + member.size for name, member in zip(self._names, self._members, strict=True)
        )
        self._offsets = list(accumulate(lengths, initial=0))  # of each member, and of the directory
        self._tail = self._directory()
        self.size = self._offsets[-1] + len(self._tail)

    @property
    def etag(self) -> str:
        """The ETag of exactly these bytes."""
        return f'"{hashlib.sha256(self._tail).hexdigest()[:32]}"'

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to, not including, `end`."""
        first = max(0, bisect_right(self._offsets, start) - 1)
        for place in range(first, len(self._members)):
            offset = self._offsets[place]
            if offset >= end:
                return
            header, member = self._local(place), self._members[place]
            if part := header[max(0, start - offset) : max(0, end - offset)]:
                yield part
            body = offset + len(header)
            low, high = max(0, start - body), min(member.size, end - body)
            if low < high:
                async for piece in self._blobs.stream(member.key, low, high):
                    yield piece
        tail = self._offsets[-1]
        if part := self._tail[max(0, start - tail) : max(0, end - tail)]:
            yield part

    def _local(self, place: int) -> bytes:
        member, name = self._members[place], self._names[place]
        time, date = self._stamp
        header = _LOCAL.pack(
            b"PK\3\4", _PLAIN, _UTF8_NAMES, _STORED, time, date, member.crc32, member.size, member.size, len(name), 0
        )
        return header + name

    def _directory(self) -> bytes:
        """Return the central directory: an entry for each member with its offset."""
        entries = b"".join(self._entry(place) for place in range(len(self._members)))
        count, begin = len(self._members), self._offsets[-1]
        if count < _MOST16 and begin + len(entries) < _MOST32:
            return entries + _END.pack(b"PK\5\6", 0, 0, count, count, len(entries), begin, 0)
        end64 = _END64.pack(b"PK\6\6", _END64.size - 12, _ZIP64, _ZIP64, 0, 0, count, count, len(entries), begin)
        locator = _LOCATOR64.pack(b"PK\6\7", 0, begin + len(entries), 1)
        end = _END.pack(b"PK\5\6", 0, 0, _MOST16, _MOST16, _MOST32, _MOST32, 0)
        return entries + end64 + locator + end

    def _entry(self, place: int) -> bytes:
        member, name, offset = self._members[place], self._names[place], self._offsets[place]
        time, date = self._stamp
        far = offset >= _MOST32
        extra = _OFFSET64.pack(1, 8, offset) if far else b""
        version = _ZIP64 if far else _PLAIN
        entry = _CENTRAL.pack(
            b"PK\1\2", 3 << 8 | version, version, _UTF8_NAMES, _STORED, time, date,
            member.crc32, member.size, member.size, len(name), len(extra), 0, 0, 0, _READABLE, min(offset, _MOST32),
        )  # fmt: skip
        return entry + name + extra


class Archives:
    """A cache of the last archives: repeated requests, and reads in parts, do not build them again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], Archive] = OrderedDict()
        self._measured: OrderedDict[str, tuple[int, int]] = OrderedDict()

    async def of(self, task_id: str, version: int, make: Callable[[], Awaitable[Archive]]) -> Archive:
        """Return the archive of a batch at a version; `make` builds it if it is not cached."""
        found = self._kept.get((task_id, version))
        if found is None:
            found = self._kept[task_id, version] = await make()
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end((task_id, version))
        return found

    async def measured(self, blobs: Blobs, key: str) -> tuple[int, int]:
        """Return the bytes of a blob and their CRC-32; it is read once: who has a link may ask again and again."""
        found = self._measured.get(key)
        if found is None:
            size = crc = 0
            async for piece in blobs.stream(key):
                size, crc = size + len(piece), zlib.crc32(piece, crc)
            found = self._measured[key] = size, crc
            if len(self._measured) > _MEASURED:
                self._measured.popitem(last=False)
        return found


def _dos_time(at: float) -> tuple[int, int]:
    """Time and date as ZIP has them: to two seconds, from 1980."""
    when = datetime.fromtimestamp(at, UTC)
    time = when.hour << 11 | when.minute << 5 | when.second // 2
    return time, max(when.year - 1980, 0) << 9 | when.month << 5 | when.day
