"""Fills a small disk and prints what journal and blobs say: `full_disk.py FOLDER fill|reserve`.

Run it as root of its own mount namespace (`unshare -rm`): nobody else sees the disk, and it goes with the process.
"""

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from storage.blobs import open_blobs
from storage.errors import StorageError
from storage.sqlite import SqliteJournal
from tests.storage.journals import entry


async def fill(folder: Path) -> None:
    journal = SqliteJournal(folder / "journal.sqlite")
    journal.open()
    accepted = 0
    try:
        for version in range(1000):
            await journal.append(
                [entry("a", version, os.urandom(10_000)) for version in (2 * version, 2 * version + 1)]
            )
            accepted += 2
    except StorageError as error:
        print("journal", error.code)
    try:
        await journal.append([entry("a", 5000)])
    except StorageError as error:
        print("after", error.code)
    print("kept", [each.version for each in journal.replay()] == list(range(accepted)))
    journal.close()
    try:
        SqliteJournal(folder / "other.sqlite").open()
    except StorageError as error:
        print("open", error.code)
    blobs = open_blobs(f"file://{folder}/blobs")
    try:
        await blobs.put("x/big", bytes(2_000_000))
    except StorageError as error:
        print("put", error.code)
    try:
        async with blobs.writer("x/streamed") as writer:
            for _ in range(12):
                await writer.write(bytes(1_000_000))
    except StorageError as error:
        print("writer", error.code)
    print("left", [key async for key in blobs.list()], os.listdir(folder / "blobs" / "x"))


async def live_on_the_reserve(folder: Path) -> None:
    """Let somebody else fill the disk, write on, and let them make room again."""
    journal = SqliteJournal(folder / "journal.sqlite", reserve_bytes=1 << 20)
    journal.open()
    await journal.append([entry("a", 0)])
    print("at first", journal.trouble())
    glutton = folder / "glutton"
    with suppress(OSError), glutton.open("wb", buffering=0) as file:
        while file.write(bytes(1 << 16)):
            pass
    for version in range(1, 50):
        await journal.append([entry("a", version, os.urandom(5_000))])
    print("out of the reserve", journal.trouble())
    print("there", len(list(journal.replay())))
    try:
        for version in range(50, 1000):
            await journal.append([entry("b", version, os.urandom(5_000))])
    except StorageError as error:
        print("in the end", error.code)
    glutton.unlink()
    print("with room again", journal.trouble(), (folder / "journal.sqlite.reserve").stat().st_size)
    journal.close()


if __name__ == "__main__":
    act, size = {"fill": (fill, "1m"), "reserve": (live_on_the_reserve, "6m")}[sys.argv[2]]
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", sys.argv[1]], check=True)
    asyncio.run(act(Path(sys.argv[1])))
    sys.stdout.flush()
    # A thread of obstore may still be dropping the last error, and is aborted, with this process, when Python ends.
    os._exit(0)
