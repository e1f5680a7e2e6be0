"""Crumbs lie where nobody else can write."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from actors.messages.records import LeaseKey
from actors.worker.crumb import Crumb, peek_crumb


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def usual(temporary: Path) -> Path:
    return temporary / f"photobatch-crumbs-{os.getuid()}"


def open_to_all(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def link(folder: Path) -> None:
    elsewhere = folder.with_name("elsewhere")
    elsewhere.mkdir(mode=0o700)
    folder.symlink_to(elsewhere)


@pytest.mark.parametrize("trap", [open_to_all, link, Path.touch])
def test_what_somebody_else_has_put_in_its_place_is_not_used(temporary: Path, trap) -> None:
    trap(usual(temporary))
    crumb = Crumb("w1")
    folder = Path(crumb.path).parent
    assert folder != usual(temporary)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    crumb.drop([LeaseKey("b1", 2, 3)], 10.0)
    found = peek_crumb(crumb.path)
    assert found
    assert found.keys == [LeaseKey("b1", 2, 3)]


def test_workers_share_one_folder(temporary: Path) -> None:
    assert Path(Crumb("w1").path).parent == Path(Crumb("w2").path).parent == usual(temporary)
