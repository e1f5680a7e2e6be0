"""What `Retouch` refuses at once in the driver, and where results go."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from photobatch import InvalidRequestError, NotFoundError, UnavailableError
from photobatch.ray import Retouch, result_path
from tests.photobatch.stage.conftest import jpeg

CUBE = "LUT_3D_SIZE 2\n" + "".join(f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 0.9))


@pytest.mark.parametrize(
    ("make", "kind", "said"),
    [
        (lambda: Retouch("beauty_lite"), NotFoundError, "There is no preset 'beauty_lite'; did you mean beauty_light?"),
        (Retouch, InvalidRequestError, "Give a preset_id or a preset_type"),
        (lambda: Retouch(preset_type="blur"), InvalidRequestError, "beauty, filter, color, erase are allowed"),
        (lambda: Retouch("beauty_light", params={"smoothing": 2}), InvalidRequestError, "a number from 0 to 1"),
        (lambda: Retouch("erase"), InvalidRequestError, "give regions .* or a mask"),
        (lambda: Retouch("filter_warm", mask_column="mask"), InvalidRequestError, "Only erase takes masks"),
        (lambda: Retouch("filter_warm", output={"quality": 101}), InvalidRequestError, "output.quality"),
        (lambda: Retouch("filter_warm", output={"name": "{stem}"}), InvalidRequestError, "leave output.name out"),
        (lambda: Retouch("erase", params={"mask": "https://host/m.png"}), InvalidRequestError, "a local file"),
        (lambda: Retouch({"bytes": b""}), TypeError, r"map_batches\(Retouch\('beauty_light'\)\)"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_wish_is_refused_in_the_driver(make: Callable[[], object], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        make()


def test_so_is_a_setting_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_MAX_PIXELS", "many")
    with pytest.raises(UnavailableError, match="BATCH_MAX_PIXELS"):
        Retouch("filter_warm")


def test_a_file_holds_a_preset_of_your_own(tmp_path: Path) -> None:
    (tmp_path / "film.cube").write_text(CUBE)
    file = tmp_path / "ours.yaml"
    file.write_text(f"type: filter\nparams:\n  fade: 0.1\n  lut: {tmp_path}/film.cube\n")
    recipe = Retouch(file, params={"fade": 0.2}).recipe
    assert (recipe.preset["id"], recipe.preset["type"], recipe.preset["params"]["fade"]) == ("ours", "filter", 0.2)
    assert recipe.attached == {"lut": CUBE.encode()}
    assert str(tmp_path) not in repr(recipe.preset), "nothing of this machine is left"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("type: [", "no YAML"),
        ("- beauty_light", "needs `type`"),
        ("type: blur", "are allowed"),
        ("type: filter\nparams: 3", "names with values"),
        ("type: filter\nparams: {fad: 1}", "fad is not a parameter here"),
        ("type: filter\nparams: {lut: none.cube}", "none.cube can't be read: No such file"),
    ],
)
def test_a_wrong_file_is_refused(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(content)
    with pytest.raises(InvalidRequestError, match=said):
        Retouch(tmp_path / "ours.yaml")
    with pytest.raises(InvalidRequestError, match="can't be read: Is a directory"):
        Retouch(tmp_path)


def test_a_damaged_lut_or_mask_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "damaged"
    file.write_bytes(b"LUT_3D_SIZE 2\n0 0")
    with pytest.raises(InvalidRequestError, match="damaged: ") as lut:
        Retouch("filter_warm", params={"lut": str(file)})
    with pytest.raises(InvalidRequestError, match="damaged: ") as mask:
        Retouch("erase", params={"mask": str(file)})
    assert (lut.value.code, mask.value.code) == ("invalid_lut", "bad_mask")


def test_stages_that_differ_have_different_names_and_equal_ones_the_same() -> None:
    """Ray Data would otherwise take the one for the other."""
    names = [
        Retouch("filter_warm").__qualname__,
        Retouch("filter_warm", params={"fade": 0.1}).__qualname__,
        Retouch("filter_warm", column="photo").__qualname__,
    ]
    assert len({*names}) == 3
    assert Retouch("filter_warm").__qualname__ == names[0]
    assert Retouch("filter_warm").__name__ == "Retouch(filter_warm)", "what Ray Data shows"


def test_a_stage_needs_no_ray() -> None:
    stage = Retouch("filter_warm", column="photo")()
    [row] = stage({"photo": [jpeg("coffee")]}).to_pylist()
    assert Image.open(io.BytesIO(row["photo"])).size == (row["width"], row["height"])


def test_the_drivers_modules_and_path_stay_its_own(tmp_path: Path) -> None:
    """It may have `models` of its own; only a process beside it imports ours."""
    (tmp_path / "models.py").write_text("MINE = True\n")
    program = (
        "import os, sys, models, ray\nbefore = (list(sys.path), dict(os.environ))\n"
        "from photobatch.ray import Retouch\nstage = Retouch('filter_warm')()\n"
        f"print(stage({{'bytes': [open({str(tmp_path / 'a.jpg')!r}, 'rb').read()]}})['error'].to_pylist())\n"
        "print(models.MINE, before == (list(sys.path), dict(os.environ)), 'cv2' in sys.modules)\n"
    )
    (tmp_path / "a.jpg").write_bytes(jpeg("coffee"))
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.stdout == "[None]\nTrue True False\n", done.stderr


@pytest.mark.parametrize(
    ("path", "result_format", "result"),
    [
        ("bucket/in/a.jpg", "jpeg", "bucket/in/a.jpg"),
        ("bucket/in/a.JPEG", "jpeg", "bucket/in/a.JPEG"),
        ("bucket/in/a.heic", "jpeg", "bucket/in/a.heic.jpg"),
        ("bucket/in.jpg/a", "jpeg", "bucket/in.jpg/a.jpg"),
        ("a.jpg", "webp", "a.jpg.webp"),
        ("a.tiff", "tiff", "a.tiff"),
    ],
)
def test_results_have_the_names_of_their_photos(path: str, result_format: str, result: str) -> None:
    assert result_path(path, result_format) == result
