"""Peers do the work that we do, and the benchmark notices who doesn't."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pytest
import simplejpeg
import torch
from PIL import Image

from benchmarks.peers import Turns, case, compare, figures
from benchmarks.photos.demo_photos import Recipe, make
from benchmarks.photos.floor import recode
from benchmarks.rivals import magick, opencv, packages, pillow, torch_eager, vips
from benchmarks.rivals.bench import PEERS, STAGE, Bench
from benchmarks.rivals.check import MOST_DIFFERENCE, LessWorkError, difference
from benchmarks.rivals.fitted import Fitted, fit
from benchmarks.rivals.look import COLOURS, LOOKS
from benchmarks.rivals.peer import UnavailableError, result_of
from models.colour.grade import Grade, GradeFunction

SMALL = Recipe(megapixels=0.5)
TURNED = 2  # the demo photo that is the first to lie on its side
UNTOUCHED = np.tile(np.arange(256, dtype=np.uint8), (3, 1))
MAKERS: dict[str, Callable[[Fitted], Callable[[Path, Path], None]]] = {
    "pillow": pillow.make,
    "torchvision": torch_eager.make,
}


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bench]:
    photos = make(tmp_path_factory.mktemp("demo"), 4, SMALL, processes=1)
    return {name: Bench.prepared(look, photos, tmp_path_factory.mktemp("scratch")) for name, look in LOOKS.items()}


@pytest.fixture
def bench(benches: dict[str, Bench]) -> Bench:
    return benches["curves"]


def worked(retouch: Callable[[Path, Path], None], bench: Bench, results: Path) -> float:
    """The difference to ours when a peer has done all photos; raises LessWorkError."""
    for index, photo in enumerate(bench.photos):
        retouch(photo, result_of(index, results))
    return bench.difference(results)


@pytest.fixture
def torch_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("look", COLOURS)
@pytest.mark.parametrize("peer", MAKERS)
def test_a_peer_makes_nearly_our_pictures(
    peer: str, look: str, benches: dict[str, Bench], tmp_path: Path, torch_threads: None
) -> None:
    bench = benches[look]
    assert 0 < worked(MAKERS[peer](bench.fitted), bench, tmp_path) < MOST_DIFFERENCE
    with Image.open(result_of(TURNED, tmp_path)) as result, Image.open(bench.ours[TURNED]) as ours:
        orientation = result.getexif().get(0x0112, 1)
        assert orientation == 6 if result.size != ours.size else orientation == 1


@pytest.mark.parametrize("look", COLOURS)
@pytest.mark.parametrize("peer", ["pyvips", "imagemagick"])
def test_so_do_those_that_a_machine_may_lack(peer: str, look: str, benches: dict[str, Bench], tmp_path: Path) -> None:
    needs = "+".join(f"{name}-{version}" for name, version in vips.VERSIONS.items())
    there = (packages.FOLDER / needs).exists() if peer == "pyvips" else magick.found()
    if not there and os.environ.get("CI") != "true":  # CI installs them
        pytest.skip(f"needs {peer}, which python -m benchmarks.peers installs")
    with PEERS[peer](benches[look]) as pool:
        pool.run(benches[look].photos, tmp_path)
    assert 0 < benches[look].difference(tmp_path) < MOST_DIFFERENCE


def test_faces_are_smoothed_and_nothing_else(benches: dict[str, Bench], tmp_path: Path) -> None:
    bench = benches["faces"]
    assert 0 < worked(opencv.make(), bench, tmp_path) < 1
    for index in (0, 1):  # with a face, and without one
        recode(bench.photos[index], tmp_path / "same.jpg")
        same = (tmp_path / "same.jpg").read_bytes() == result_of(index, tmp_path).read_bytes()
        assert same == (index == 1)


def test_curves_alone_are_too_little_where_a_look_mixes_channels(benches: dict[str, Bench], tmp_path: Path) -> None:
    bench = benches["mixing"]
    mixed, alone = (fit(bench.photos, bench.ours, mixing=mixing) for mixing in (True, False))
    assert worked(pillow.make(mixed), bench, tmp_path) < MOST_DIFFERENCE
    with pytest.raises(LessWorkError, match="codes in the mean"):
        worked(pillow.make(alone), bench, tmp_path)


def test_so_is_a_matrix_alone(benches: dict[str, Bench], tmp_path: Path) -> None:
    bench = benches["mixing"]
    with pytest.raises(LessWorkError, match="codes in the mean"):
        worked(pillow.make(replace(bench.fitted, curves=UNTOUCHED)), bench, tmp_path)


def test_fitted_curves_are_the_preset(bench: Bench) -> None:
    codes = simplejpeg.decode_jpeg(bench.photos[0].read_bytes())[::16, ::16].reshape(-1, 3)
    exact = GradeFunction(Grade(temperature=0.55), None)(codes[:, 0], codes[:, 1], codes[:, 2])
    for channel in range(3):
        fitted = bench.fitted.curves[channel][codes[:, channel]].astype(float)
        assert abs(fitted - exact[channel] * 255).mean() < 1
    assert bench.fitted.matrix is None
    assert bench.fitted.sums is None
    assert all(curve[0] == 0 for curve in bench.fitted.curves)


def test_a_fitted_matrix_finds_what_was_mixed(bench: Bench, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.jpg"
    with Image.open(bench.photos[0]) as photo:
        photo.convert("RGB", (0.8, 0.1, 0, 0, 0, 0.8, 0.1, 0, 0.1, 0, 0.8, 0)).save(mixed, quality=92)
    fitted = fit(bench.photos[:1], [mixed], mixing=True)
    assert fitted.matrix is not None
    assert fitted.matrix.ravel() == pytest.approx([0.8, 0.1, 0, 0, 0.8, 0.1, 0.1, 0, 0.8], abs=0.05)
    assert fitted.sums is not None
    assert fitted.sums[:, 0].tolist() == [[0, 0, 0]] * 3
    assert fitted.sums[:, 128].sum(axis=0) == pytest.approx([115, 115, 115], abs=3)


def test_what_was_measured_is_named_by_its_look(bench: Bench) -> None:
    first, second = (case(look, Copier([]), 50, 12) for look in COLOURS.values())
    assert list(first) == ["look", "peer", "with", "photos", "megapixels", "workers"]
    assert (first["look"], second["look"]) == (
        "a filter, temperature 0.55",
        "a filter, temperature 0.55, saturation 0.2",
    )


def test_a_peer_that_does_nothing_is_caught(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(LessWorkError, match="codes in the mean"):
        worked(pillow.make(Fitted(UNTOUCHED)), bench, tmp_path)


def test_a_photo_that_lost_its_orientation_is_caught(bench: Bench, tmp_path: Path) -> None:
    lying = tmp_path / "lying.jpg"
    recode(bench.photos[TURNED], lying)
    with pytest.raises(LessWorkError, match="pixels upright"):
        difference(lying, bench.ours[TURNED], bench.photos[TURNED])


@pytest.mark.parametrize(
    ("less", "said"),
    [
        ({"quality": 80, "subsampling": "4:2:0"}, "another quality"),
        ({"quality": 92, "subsampling": "4:4:4"}, "not 420"),
        ({"quality": 92, "subsampling": "4:2:0", "half": True}, "pixels upright"),
        ({"quality": 92, "subsampling": "4:2:0", "cut": True}, "no sound JPEG"),
    ],
)
def test_less_work_is_caught(less: dict[str, object], said: str, bench: Bench, tmp_path: Path) -> None:
    half, cut = less.pop("half", False), less.pop("cut", False)
    result = tmp_path / "less.jpg"
    with Image.open(bench.ours[0]) as ours:
        image = ours.reduce(2) if half else ours.copy()
        image.save(result, **less)
    if cut:
        result.write_bytes(result.read_bytes()[:-5000])
    with pytest.raises(LessWorkError, match=said):
        difference(result, bench.ours[0], bench.photos[0])


class Copier:
    """A peer that is done at once, because it has our results already."""

    name = "pyvips"

    def __init__(self, ours: list[Path]) -> None:
        self.versions = {"copier": "1"}
        self._ours = ours

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def run(self, photos: list[Path], results: Path) -> float:
        for index, _ in enumerate(photos):
            result_of(index, results).write_bytes(self._ours[index].read_bytes())
        return 9.0


def test_peers_take_turns_and_are_set_against_ours(bench: Bench) -> None:
    with bench.pool("pillow", pillow.make, pillow.VERSIONS) as pool:
        floor_s, (first, second) = compare(bench, [pool, Copier(bench.ours)], runs=2)
    assert len(floor_s) == len(first.seconds) == len(second.seconds) == 2
    assert all(seconds > 0 for seconds in [*floor_s, *first.seconds])
    assert second.difference == 0
    assert sorted(path.name for path in bench.scratch.iterdir() if path.name.startswith("tmp")) == []
    said = {figure.name: figure for figure in figures(second, [3.0, 3.0], [4.5, 6.0])}
    assert said["× floor"].median == 3
    assert said["ours is faster by"].values == [2.0, 1.5]
    assert said["ours is faster by"].met is False


def test_our_stage_does_every_look_and_is_no_rival(benches: dict[str, Bench]) -> None:
    """So no headline counts it among the others."""
    assert all(STAGE in bench.chosen([*PEERS]) for bench in benches.values())
    own = Copier(benches["faces"].ours)
    own.name = STAGE
    said = {figure.name: figure for figure in figures(Turns(own, [3.0], 0.0), [1.0], [2.0])}
    assert "ours is faster by" not in said
    assert (said["the service is faster by"].values, said["the service is faster by"].target) == ([1.5], None)


def test_what_pip_cannot_install_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(UnavailableError, match="pip can't install pyvips"):
        packages.installed({"pyvips": "3.2.0"}, tmp_path)
    assert list(tmp_path.iterdir()) == []
