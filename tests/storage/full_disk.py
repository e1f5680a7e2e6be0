"""Fills a disk of 1 MiB, journal first, then blobs, and prints what it is told.

Run it as root of its own mount namespace (`unshare -rm`): nobody else sees the disk, and it goes with the process.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from journals import entry

from storage.blobs import open_blobs
from storage.errors import StorageError
from storage.sqlite import SqliteJournal


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
        await journal.settle()
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
    print("left", [listed.key async for listed in blobs.list()], os.listdir(folder / "blobs" / "x"))


if __name__ == "__main__":
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", sys.argv[1]], check=True)
    asyncio.run(fill(Path(sys.argv[1])))
