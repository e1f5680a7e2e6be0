"""Files of the server's own disk: below the roots and nowhere else, however they are named."""

from pathlib import Path
from urllib.parse import quote

import pytest

from actors.messages.errors import SourceError
from actors.sources.fetch import Fetcher, Roots
from storage.blobs import open_blobs

PHOTO = b"\xff\xd8 a photo"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Photos, and beside them what is nobody's business."""
    root = tmp_path / "photos"
    for folder in (root / "in", tmp_path / "photos2", tmp_path / "secret"):
        folder.mkdir(parents=True)
        (folder / "a.jpg").write_bytes(PHOTO)
    (root / "in/back\\slash 美%.jpg").write_bytes(PHOTO)
    (root / "inside").symlink_to(root / "in")
    (root / "outside").symlink_to(tmp_path / "secret")
    (root / "in/link.jpg").symlink_to(tmp_path / "secret/a.jpg")
    (root / "loop").symlink_to(root / "loop")
    return root


async def fetched(root: Path, source: str) -> bytes:
    blobs = open_blobs((root.parent / "blobs").as_uri())
    return await Fetcher(blobs, max_bytes=100, roots=Roots((str(root),)), allowed_hosts=frozenset()).fetch(source)


@pytest.mark.parametrize(
    "path",
    [
        "in/a.jpg",
        "in/../in/a.jpg",
        "in/%61.jpg",
        "inside/a.jpg",
        quote("in/back\\slash 美%.jpg"),
        "in//a.jpg",
        "./in/./a.jpg",
    ],
)
async def test_what_is_below_a_root_is_read(root: Path, path: str) -> None:
    assert await fetched(root, f"file://{root}/{path}") == PHOTO
    assert await fetched(root, f"file://localhost{root}/{path}") == PHOTO


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("file://{root}2/a.jpg", "forbidden_path"),
        ("file://{root}/../photos2/a.jpg", "forbidden_path"),
        ("file://{root}/..%2fsecret/a.jpg", "forbidden_path"),
        ("file://{root}/%2e%2e/secret/a.jpg", "forbidden_path"),
        ("file://{root}/in/../../secret/a.jpg", "forbidden_path"),
        ("file://{root}/outside/a.jpg", "forbidden_path"),
        ("file://{root}/in/link.jpg", "forbidden_path"),
        ("file:{root}/../secret/a.jpg", "forbidden_path"),
        ("file:////etc/passwd", "forbidden_path"),
        ("file:///proc/self/environ", "forbidden_path"),
        ("file:etc/passwd", "forbidden_path"),
        ("file://elsewhere{root}/in/a.jpg", "forbidden_path"),
        ("file://", "forbidden_path"),
        ("file://{root}/in", "invalid_source"),
        ("file://{root}/in/a.jpg%00.png", "invalid_source"),
        ("file://{root}/loop", "invalid_source"),
        ("file://{root}/in/%252e%252e/a.jpg", "source_not_found"),
        ("file://{root}/" + "x" * 300, "source_not_found"),
        ("file://{root}/no.jpg", "source_not_found"),
    ],
)
async def test_what_is_not_is_refused(root: Path, source: str, code: str) -> None:
    with pytest.raises(SourceError) as refused:
        await fetched(root, source.format(root=root))
    assert refused.value.code == code
    assert str(root.parent) not in refused.value.detail
