"""The photos of a command line: named files, and files in folders by extension."""

import os
import stat
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from photobatch.naming.formats import FORMATS, RAW
from photobatch.refusal import RefusalError

_KINDS = 8  # extensions that are named
Identity = tuple[int, int]  # device and inode: identifies a folder with any number of names


@dataclass(frozen=True, slots=True)
class InputPhoto:
    """A photo: its path as the user would write it, and its place in the output tree."""

    path: Path
    place: PurePath

    @property
    def entry(self) -> str:
        """Identifies the file, independent of links among the folders of its path."""
        return os.path.join(os.path.realpath(self.path.parent), self.path.name)


@dataclass(frozen=True, slots=True)
class Collected:
    """The photos of a command line, and what lies beside them in its folders and is not taken."""

    photos: list[InputPhoto] = field(default_factory=list)
    not_taken: Counter[str] = field(default_factory=Counter)  # by extension in lower case, "" without one, or in words


def collect(inputs: Sequence[Path], *, recursive: bool, out: Path | None, raw: bool = True) -> Collected:
    """Return every photo once, in a fixed order. Raises RefusalError.

    Without `raw`, cameras' RAW files in folders are not taken.

    One folder alone becomes the output folder; of several inputs each folder keeps its own name below it
    (as `cp -r` does), so the place of a result depends on the command line and not on other files in the
    folders. Hidden names and the output folder are left out. Links to folders are followed, but no folder
    is read twice: a loop ends.
    """
    collected = Collected()
    known: set[str] = set()
    labels: set[str] = set()
    for given in inputs:
        folder = _is_folder(given)
        label = _label(given, labels) if folder and len(inputs) > 1 else PurePath()
        alone = [InputPhoto(given, PurePath(given.name))]
        found = _in_folder(given, label, recursive, out, raw=raw, not_taken=collected.not_taken) if folder else alone
        for photo in found:
            if photo.entry not in known:
                known.add(photo.entry)
                collected.photos.append(photo)
    return collected


def photos_in(top: Path, *, recursive: bool, out: Path | None, raw: bool, patient: bool = False) -> Collected:
    """Return the photos of one folder, possibly none, by place. Raises RefusalError if it cannot be read.

    `patient`: a folder in it that cannot be read is counted among what is not taken.
    """
    own, result = folder_identity(top), folder_identity(out) if out else None
    if out and own == result:
        raise RefusalError(f"--out is the photos' own folder, {top}. Choose another, so that no photo is overwritten.")
    suffixes = set(FORMATS) if raw else set(FORMATS) - set(RAW)
    collected = Collected()
    unread = collected.not_taken if patient else None
    for place in sorted(_walk(top, {result} if result else set(), recursive, unread)):
        if place.suffix.lower() in suffixes:
            collected.photos.append(InputPhoto(top / place, place))
        else:
            collected.not_taken[place.suffix.lower()] += 1
    return collected


def not_taken_words(not_taken: Mapping[str, int]) -> str:
    """Return what is not taken as words: `3 .cr2, 2 .pdf and 1 without extension`."""
    counted = sorted(not_taken.items(), key=lambda one: (-one[1], one[0]))
    words = [f"{count} {suffix or 'without extension'}" for suffix, count in counted[:_KINDS]]
    if more := sum(count for _, count in counted[_KINDS:]):
        words.append(f"{more} others")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def raw_advice(not_taken: Mapping[str, int], *, raw: bool) -> str:
    """Return what to do for RAW files that are not taken, empty if there are none."""
    needed = not raw and any(suffix in not_taken for suffix in RAW)
    return " Cameras' RAW files need `pip install 'photobatch[raw]'`." if needed else ""


def folder_identity(folder: Path) -> Identity | None:
    """Return the identity of a folder, None if there is no folder."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_folder(given: Path) -> bool:
    try:
        mode = given.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise RefusalError(f"There is no file or folder {given}. Check the path.") from None
    except OSError as error:
        raise RefusalError(f"{given} cannot be read: {error.strerror}. Check its permissions.") from None
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise RefusalError(f"{given} is neither a file nor a folder. Name photos, or folders that hold some.")
    return stat.S_ISDIR(mode)


def _label(folder: Path, taken: set[str]) -> PurePath:
    """Return the output name of a folder; a second folder of the same name gets a number."""
    name = folder.name if folder.name not in {"", ".."} else Path(os.path.realpath(folder)).name or "root"
    label, number = name, 1
    while label.casefold() in taken:
        number += 1
        label = f"{name}~{number}"
    taken.add(label.casefold())
    return PurePath(label)


def _in_folder(
    top: Path, label: PurePath, recursive: bool, out: Path | None, *, raw: bool, not_taken: Counter[str]
) -> list[InputPhoto]:
    found = photos_in(top, recursive=recursive, out=out, raw=raw)
    not_taken.update(found.not_taken)
    if not found.photos:
        deeper = "" if recursive else " itself; --recursive looks into its subfolders too"
        names = ", ".join(suffix for suffix in FORMATS if raw or suffix not in RAW)
        holds = f" It holds {not_taken_words(found.not_taken)}." if found.not_taken else ""
        raise RefusalError(
            f"There is no photo in {top}{deeper}.{holds} Photos are files named {names}; "
            f"name a file itself to have it taken whatever its name.{raw_advice(found.not_taken, raw=raw)}"
        )
    return [InputPhoto(photo.path, label / photo.place) for photo in found.photos]


def _walk(top: Path, seen: set[Identity], recursive: bool, unread: Counter[str] | None) -> Iterator[PurePath]:
    """Yield the files below a folder; real folders before links, so each is found under its own name.

    Folders below it that cannot be read are counted in `unread`; None: they are refused.
    """
    folders, links = deque([PurePath()]), deque[PurePath]()
    while folders or links:
        here = folders.popleft() if folders else links.popleft()
        identity = folder_identity(top / here)
        if identity is None or identity in seen:
            continue
        seen.add(identity)
        try:
            entries = _entries(top / here)
        except RefusalError:
            if unread is None or not here.parts:
                raise
            unread["unreadable folder"] += 1
            continue
        for entry in entries:
            place = here / entry.name
            kind = _kind(entry)
            if kind == stat.S_IFDIR:
                if recursive:
                    (links if entry.is_symlink() else folders).append(place)
            elif kind == stat.S_IFREG:
                yield place


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name)
    except OSError as error:
        raise RefusalError(
            f"The folder {folder} cannot be read: {error.strerror}. "
            "Change its permissions, or name only the folders to work on."
        ) from None


def _kind(entry: os.DirEntry[str]) -> int:
    """Return the file type; a broken link counts as a file, so that it fails alone, with its name."""
    try:
        return stat.S_IFMT(entry.stat().st_mode)
    except OSError:
        return stat.S_IFREG
