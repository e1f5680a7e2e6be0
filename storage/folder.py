"""What obstore lacks for a local folder: durability, and removal of whole folders."""

import errno
import os
import shutil
from pathlib import Path


def sync(path: Path) -> None:
    """Make a file's bytes, or a folder's list of names, survive a power cut. Blocking; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_below(root: Path, path: Path) -> None:
    """Sync a file below `root` and every folder from it up to `root`, since any of them may be new.

    Blocking; raises OSError.
    """
    sync(path)
    for folder in path.parents:
        sync(folder)
        if folder == root:
            return


def make_folder(path: Path) -> None:
    """Make a folder and its missing parents, durably. Blocking; raises OSError."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        sync(folder.parent)


def remove_tree(folder: Path) -> None:
    """Remove a folder with everything in it, unfinished puts included; a missing one is fine.

    Others may remove the same folder or still write into it: a writer that loses gets an error of its own.
    Blocking; raises OSError.
    """
    while folder.is_dir():
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:  # somebody else removed a part of it
            continue
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:  # a file arrived meanwhile: remove that too
                raise


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, none when it is missing. Blocking; raises OSError."""
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []
