"""Demo photos are the same each time and like a camera's."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from PIL import ExifTags, Image, ImageCms, ImageOps

from benchmarks.photos.demo_photos import Recipe, make, photo
from benchmarks.photos.scene import Frame
from models.faces.detector import FaceDetector

SMALL = Recipe(seed=7, megapixels=0.5)
COUNT = 10


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make(tmp_path_factory.mktemp("demo"), COUNT, SMALL, processes=1)


def test_the_same_seed_gives_the_same_bytes(photos: list[Path]) -> None:
    assert [hashlib.sha256(photo(SMALL, index)).digest() for index in (0, 3, 8)] == [
        hashlib.sha256(photos[index].read_bytes()).digest() for index in (0, 3, 8)
    ]
    assert photo(Recipe(seed=8, megapixels=0.5), 0) != photos[0].read_bytes()


def test_names_and_sizes_are_a_camera_s(photos: list[Path]) -> None:
    assert [path.name for path in photos[:2]] == ["IMG_0001.jpg", "IMG_0002.jpg"]
    assert Recipe().size == (4032, 3024)
    for path in photos:
        height, width, space, subsampling = simplejpeg.decode_jpeg_header(path.read_bytes())
        assert {width, height} == set(SMALL.size)
        assert (space, subsampling) == ("YCbCr", "420")
        simplejpeg.decode_jpeg(path.read_bytes(), strict=True)


def test_orientations_places_and_profiles_are_mixed(photos: list[Path]) -> None:
    orientations, places, profiles = list[int](), 0, list[str]()
    for path in photos:
        with Image.open(path) as image:
            exif = image.getexif()
            orientations.append(exif[ExifTags.Base.Orientation])
            assert exif[ExifTags.Base.DateTime].startswith("2026:05:")
            places += bool(exif.get_ifd(ExifTags.IFD.GPSInfo))
            if icc := image.info.get("icc_profile"):
                profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
                profiles.append(ImageCms.getProfileDescription(profile).strip())
    assert set(orientations) == {1, 3, 6, 8}
    assert places == 1
    assert profiles == ["sRGB", "Display P3", "sRGB", "Display P3"]


def test_faces_are_where_they_are_said_to_be(photos: list[Path]) -> None:
    detector = FaceDetector()
    for index, path in enumerate(photos):
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image).convert("RGBA")
        share = Frame.of(index).face_share
        found = detector.detect(np.asarray(upright))
        assert len(found) == (share is not None)
        if share is not None:
            assert found[0].width / upright.width == pytest.approx(share, rel=0.15)


def test_what_is_there_stays_and_what_differs_is_made_anew(tmp_path: Path) -> None:
    first = make(tmp_path, 2, SMALL, processes=1)
    before = [path.stat().st_mtime_ns for path in first]
    first[1].unlink()
    make(tmp_path, 2, SMALL, processes=1)
    assert first[0].stat().st_mtime_ns == before[0]
    assert first[1].exists()
    make(tmp_path, 1, Recipe(seed=9, megapixels=0.5), processes=1)
    assert first[0].stat().st_mtime_ns != before[0]
