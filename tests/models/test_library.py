"""How the compiled library comes about, and what happens where it can't."""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deployments.local.able import check_able
from deployments.local.engine_error import EngineError
from models.applier import applier_for
from models.compiled import applier as compiled
from models.compiled import library
from models.compiled.applier import CompiledApplier
from models.compiled.library import LibraryError
from models.compiled.patches import patches
from models.compiled.patches.patches import Patches
from models.eager.applier import EagerApplier
from models.erase.fill import Telea
from models.faces.patch import Patch
from models.fallbacks import take_fallbacks
from models.finish import Finish
from models.inpainter import inpainter_for
from models.picture import Picture, Source
from models.texture import Grain, Vignette

ROOT = Path(__file__).parents[2]
WITHOUT_TORCH = """
import io, sys
from dataclasses import asdict
from pathlib import Path
from PIL import Image
from skimage import data
from actors.messages.records import BatchSpec
from actors.worker.pixels import PixelRetoucher
from models.codec.header import Limits
from presets.catalogue import Catalogue
retoucher = PixelRetoucher(Path(sys.argv[1]), Path(sys.argv[1]) / "models", version="test", limits=Limits())
retoucher.warm()
photo = io.BytesIO()
Image.fromarray(data.astronaut()).save(photo, "jpeg")
for preset in Catalogue.built_in().list():
    params = {"regions": {"boxes": [[0.1, 0.1, 0.1, 0.1]]}} if preset.type == "erase" else {}
    retoucher.retouch(photo.getvalue(), BatchSpec("test", "", asdict(Catalogue.built_in().resolve(preset.id, None, params)), {}), None)
print(retoucher.engine)
print([name for name in sys.modules if name.partition(".")[0] in ("torch", "torchvision")])
"""  # noqa: E501


@pytest.fixture(scope="module", autouse=True)
def needs_cc():
    """Skip on a laptop without a compiler; CI fails."""
    if shutil.which("cc") is None and os.environ.get("CI") != "true":
        pytest.skip("needs a C compiler")


@pytest.fixture(autouse=True)
def _quick_compiler(monkeypatch):
    """Optimize nothing: that takes most of a compiler's time, and changes no byte of a picture."""
    monkeypatch.setattr(library, "_FLAGS", tuple("-O0" if flag == "-O3" else flag for flag in library._FLAGS))


def textured(applier):
    pixels = np.random.default_rng(5).integers(0, 256, (150, 90, 4), dtype=np.uint8)
    photo = Picture(pixels, Source("png", 90, 150))
    applier.finish(
        pixels,
        Finish(
            vignette=Vignette(0.5).analyse(*photo.pixels.shape[:2]), grain=Grain(0.5).analyse(*photo.pixels.shape[:2])
        ),
        1,
    )
    return pixels


def kept(folder):
    return [path.name for path in folder.iterdir()]


def replaced_by_torch(folder, caplog, because):
    take_fallbacks()
    with caplog.at_level(logging.WARNING):
        applier = applier_for(folder, gpu=0.0)
    assert isinstance(applier, EagerApplier)
    assert take_fallbacks() == {"torch_on_cpu": 1}
    assert because in caplog.text
    return applier


def without_cc(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)


def test_a_library_is_compiled_once(tmp_path, monkeypatch):
    CompiledApplier(tmp_path)
    (name,) = kept(tmp_path)
    monkeypatch.setattr(library, "_build", None)
    CompiledApplier(tmp_path)
    assert kept(tmp_path) == [name]


def test_its_name_says_what_it_is_made_of(tmp_path, monkeypatch):
    CompiledApplier(tmp_path)
    monkeypatch.setattr(library, "_FLAGS", (*library._FLAGS, "-g0"))
    CompiledApplier(tmp_path)
    assert len(kept(tmp_path)) == 2


@pytest.mark.parametrize("damage", [b"", b"not a library", None])
def test_a_broken_library_is_compiled_anew(tmp_path, damage):
    before = textured(CompiledApplier(tmp_path / "whole"))
    (name,) = kept(tmp_path / "whole")
    whole = (tmp_path / "whole" / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert (textured(CompiledApplier(tmp_path)) == before).all()
    assert len((tmp_path / name).read_bytes()) == len(whole)


def test_without_a_compiler_torch_gives_the_same_bytes_and_it_says_so(tmp_path, monkeypatch, caplog):
    before = textured(CompiledApplier(tmp_path))
    without_cc(monkeypatch)
    applier = replaced_by_torch(tmp_path, caplog, "there is no C compiler")
    assert "torch" in applier.engine
    assert (textured(applier) == before).all()


def test_without_torch_too_it_says_what_brings_that(tmp_path, monkeypatch):
    without_cc(monkeypatch)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(LibraryError, match=r"no C compiler.*pip install 'photobatch\[server\]'"):
        applier_for(tmp_path, gpu=0.0)
    with pytest.raises(EngineError, match=r"no C compiler.* Install gcc and libc6-dev, or torch"):
        check_able(tmp_path)


def test_whoever_looks_whether_it_can_be_compiled_has_compiled_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    check_able(tmp_path)
    [made] = (tmp_path / "library").glob("*.so")
    assert applier_for(tmp_path / "library", gpu=0.0).engine == "cpu"
    assert [*(tmp_path / "library").glob("*.so")] == [made]


def test_a_compiler_that_fails_is_named(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(library, "_FLAGS", ("-march=none",))
    replaced_by_torch(tmp_path, caplog, "the C compiler failed")


def test_a_library_that_computes_something_else_is_not_used(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(compiled, "EXPECTED", "something else")
    replaced_by_torch(tmp_path, caplog, "other pixels")


def test_holes_are_filled_by_patches_where_they_can_be_compiled_and_else_by_opencv(tmp_path, monkeypatch, caplog):
    take_fallbacks()
    assert isinstance(inpainter_for(tmp_path), Patches)
    assert take_fallbacks() == {}
    monkeypatch.setattr(patches, "EXPECTED", "something else")
    assert isinstance(inpainter_for(tmp_path), Telea)
    without_cc(monkeypatch)
    assert isinstance(inpainter_for(tmp_path), Telea)
    assert take_fallbacks() == {"erase_blurred": 2}
    assert "other pixels" in caplog.text
    assert "there is no C compiler" in caplog.text


def test_a_library_that_cannot_be_loaded_is_not_used(tmp_path, monkeypatch, caplog):
    def refused(path):
        raise OSError("failed to map segment from shared object")

    monkeypatch.setattr(library.ctypes, "CDLL", refused)
    replaced_by_torch(tmp_path, caplog, "failed to map")


def test_where_nothing_can_be_kept_it_is_compiled_for_one_process(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert (textured(CompiledApplier(tmp_path / "file")) == textured(EagerApplier("cpu"))).all()


def test_what_the_dead_left_is_removed_and_what_others_compile_is_not(tmp_path):
    for name, age in (("building-old", 1), ("building-now", None)):
        (tmp_path / name).mkdir()
        if age:
            os.utime(tmp_path / name, (age, age))
    CompiledApplier(tmp_path)
    assert (tmp_path / "building-now").exists()
    assert not (tmp_path / "building-old").exists()


def test_processes_may_compile_it_at_once_and_be_killed(tmp_path):
    program = "import sys; from pathlib import Path; from models.compiled.applier import CompiledApplier\n"
    program += "CompiledApplier(Path(sys.argv[1])); print('done')"
    command = [sys.executable, "-c", program, str(tmp_path)]
    children = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    children[0].kill()
    assert [child.communicate(timeout=60)[0].strip() for child in children][1:] == ["done", "done"]
    assert len([name for name in kept(tmp_path) if name.endswith(".so")]) == 1


def test_a_worker_without_a_gpu_imports_no_torch(tmp_path):
    command = [sys.executable, "-c", WITHOUT_TORCH, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    engine, torch = done.stdout.splitlines()
    assert torch == "[]"
    assert "torch" not in engine


def test_a_patch_beside_the_picture_is_refused(tmp_path):
    planes = np.ones((4, 3, 3), np.float32)
    applier, beside = CompiledApplier(tmp_path), Patch(planes, planes[0], 4, 4, 0, 12, 8)
    with pytest.raises(ValueError, match="8×8 pixels"):
        applier.lay(np.zeros((8, 8, 4), np.uint8), [beside], 0)
