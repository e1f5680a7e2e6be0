"""Demo photos: `python -m benchmarks.photos.demo_photos DIR [--count 50] [--seed 7] [--megapixels 12]`.

JPEGs like those of a camera: 4032×3024, quality 92, 4:2:0, 3 to 5 MB, with sensor noise, EXIF and, on some, a turned
camera, a profile, a place. Every step uses integers or rounds far from a tie, so the same seed and library versions
give the same bytes everywhere. Existing photos are kept.
"""

import argparse
import io
import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageCms

from benchmarks.photos.scene import Frame, draw
from models.colour.icc_writer import DISPLAY_P3, SRGB, rgb_profile, srgb_curve

BY_DAY = (64, 100, 200, 400)
BY_NIGHT = (12_800, 25_600)  # σ of the noise about 11, twice that by day: far more colours, with slower look-ups
_TILE = 1024  # side in pixels of the noise tile that all photos share, each with its own offsets
_BLOCK = 512
_UNIT = 64  # the tile's standard deviation
_TURNS = {
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}

Noise = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings that all photos of a folder share."""

    seed: int = 7
    megapixels: float = 12.0
    iso: tuple[int, ...] = BY_DAY  # of the photos, at random

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in landscape: 4:3, whole blocks of chroma."""
        width = round(4032 * (self.megapixels / 12) ** 0.5 / 64) * 64
        return width, width * 3 // 4

    def signature(self, index: int) -> str:
        """Written into the photo; identifies an existing file as this photo."""
        dark = "" if self.iso == BY_DAY else f", ISO {self.iso[0]} to {self.iso[-1]}"
        return f"photobatch demo photo {index + 1}, seed {self.seed}{dark}"


def make(
    folder: Path, count: int, recipe: Recipe, processes: int = 2, indices: Sequence[int] | None = None
) -> list[Path]:
    """Return `count` photos in `folder`, in order, or those with certain indices; makes only missing ones."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {index: folder / f"IMG_{index + 1:04}.jpg" for index in indices or range(count)}
    missing = [index for index, path in paths.items() if not _is_there(path, recipe, index)]
    if processes == 1 or len(missing) < 4:
        for index in missing:
            _write(paths[index], recipe, index)
        return [*paths.values()]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        for job in [pool.submit(_write, paths[index], recipe, index) for index in missing]:
            job.result()
    return [*paths.values()]


def photo(recipe: Recipe, index: int) -> bytes:
    """The JPEG of one photo."""
    random = np.random.default_rng([recipe.seed, index])
    frame = Frame.of(index)
    scene = _expose(draw(frame, random), random)
    profile = None
    if frame.profile is not None:
        profile = _profile(frame.profile)
    if frame.profile == "p3":
        converted = ImageCms.profileToProfile(scene, _open("srgb"), _open("p3"))
        scene = converted if converted is not None else scene
    if turn := _TURNS.get(frame.orientation):
        scene = scene.transpose(turn)
    size = recipe.size if scene.width > scene.height else recipe.size[::-1]
    iso = int(random.choice(recipe.iso))
    pixels = np.array(scene.resize(size, Image.Resampling.BICUBIC))
    _expose_grain(pixels, iso, random)
    out = io.BytesIO()
    Image.fromarray(pixels).save(
        out,
        "JPEG",
        quality=92,
        subsampling="4:2:0",
        exif=_exif(frame, recipe, size, iso, random),
        icc_profile=profile,
    )
    return out.getvalue()


def _write(path: Path, recipe: Recipe, index: int) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(photo(recipe, index))
    part.replace(path)


def _is_there(path: Path, recipe: Recipe, index: int) -> bool:
    if not path.exists():
        return False
    with Image.open(path) as image:
        same = image.getexif().get(ExifTags.Base.ImageDescription) == recipe.signature(index)
        return same and sorted(image.size) == sorted(recipe.size)


def _expose(scene: Image.Image, random: np.random.Generator) -> Image.Image:
    """A third of a stop up or down and a white balance a little off."""
    stops = random.uniform(-0.33, 0.33) + random.uniform(-0.06, 0.06, 3)
    levels = np.arange(256) / 255
    tables = [np.rint(255 * levels ** (2.0 ** -float(stop))).astype(int).tolist() for stop in stops]
    return scene.point([value for table in tables for value in table])


@cache
def _noise() -> Noise:
    """Gaussian, mostly of luma as in a developed photo, standard deviation _UNIT in each channel."""
    random = np.random.default_rng(1)
    common, own = random.normal(0.0, 1.0, (_TILE, _TILE, 1)), random.normal(0.0, 1.0, (_TILE, _TILE, 3))
    noise: Noise = np.rint((0.9 * common + 0.19**0.5 * own) * _UNIT).astype(np.int32)
    return noise


def _expose_grain(pixels: npt.NDArray[np.uint8], iso: int, random: np.random.Generator) -> None:
    """Adds the sensor's noise in place: shot noise grows with the root of light, and with ISO."""
    light = np.arange(256) / 255
    sigma = (iso / 100) ** 0.15 * np.sqrt(22.0 + 10.0 * light)
    gain = np.rint(sigma * 1024 / _UNIT).astype(np.int32)  # noise · gain / 1024 has standard deviation sigma
    tile = _noise()
    for top in range(0, pixels.shape[0], _BLOCK):
        for left in range(0, pixels.shape[1], _BLOCK):
            block = pixels[top : top + _BLOCK, left : left + _BLOCK]
            y, x = random.integers(0, _TILE - _BLOCK, 2)
            noise = tile[y : y + block.shape[0], x : x + block.shape[1]]
            noisy = block + ((noise * gain[block] + 512) >> 10)
            block[:] = np.clip(noisy, 0, 255)


def _exif(frame: Frame, recipe: Recipe, size: tuple[int, int], iso: int, random: np.random.Generator) -> Image.Exif:
    """Return EXIF as a camera writes it."""
    taken = f"2026:05:{frame.index % 28 + 1:02} {8 + frame.index % 11:02}:{frame.index * 7 % 60:02}:00"
    exif = Image.Exif()
    tag, detail = ExifTags.Base, exif.get_ifd(ExifTags.IFD.Exif)
    exif[tag.ImageDescription] = recipe.signature(frame.index)
    exif[tag.Make], exif[tag.Model] = "Example", "Example X12"
    exif[tag.Orientation] = frame.orientation
    exif[tag.DateTime] = taken
    detail[tag.DateTimeOriginal] = detail[tag.DateTimeDigitized] = taken
    detail[tag.ExposureTime] = (1, int(random.choice([60, 125, 250, 500])))
    detail[tag.FNumber] = (28, 10)
    detail[tag.ISOSpeedRatings] = iso
    detail[tag.FocalLength] = (26, 1)
    detail[tag.ColorSpace] = 1 if frame.profile != "p3" else 0xFFFF
    detail[tag.ExifImageWidth], detail[tag.ExifImageHeight] = size
    if frame.gps:
        where = exif.get_ifd(ExifTags.IFD.GPSInfo)
        where[ExifTags.GPS.GPSLatitudeRef], where[ExifTags.GPS.GPSLongitudeRef] = "N", "W"
        where[ExifTags.GPS.GPSLatitude] = (28.0, 34.0, 24.0)
        where[ExifTags.GPS.GPSLongitude] = (80.0, 39.0, 3.0)
    return exif


@cache
def _profile(name: str) -> bytes:
    primaries, shown_as = {"srgb": (SRGB, "sRGB"), "p3": (DISPLAY_P3, "Display P3")}[name]
    return rgb_profile(primaries, srgb_curve(), shown_as)


def _open(name: str) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(_profile(name)))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.photos.demo_photos", description="Makes demo photos.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--megapixels", type=float, default=12.0)
    wanted = parser.parse_args()
    begun = time.perf_counter()
    recipe = Recipe(wanted.seed, wanted.megapixels)
    paths = make(wanted.folder, wanted.count, recipe, min(2, os.cpu_count() or 1))
    size = sum(path.stat().st_size for path in paths)
    print(
        f"{len(paths)} demo photos of {wanted.megapixels:g} MP, {size / 1e6:.0f} MB,"
        f" in {wanted.folder} ({time.perf_counter() - begun:.0f} s)"
    )


if __name__ == "__main__":
    main()
