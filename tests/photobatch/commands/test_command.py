import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from models.weights import Weights, WeightStore
from photobatch import __version__, schemas
from photobatch.commands import options
from photobatch.commands.command import app
from photobatch.refusal import RefusalError
from presets.catalogue import Catalogue
from tests.presets.camera_raw.xmp import called, of_attributes

COMMAND = Path(sys.executable).with_name("photobatch")


def said(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(COMMAND), *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.jpg").write_bytes(b"x")
    (tmp_path / "in/a.txt").write_bytes(b"x")
    return tmp_path / "in"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["IN"], "--preset ID"),
        (["IN/nothing", "--preset", "beauty_light"], "Check the path"),
        (["EMPTY", "--preset", "beauty_light"], "no photo in"),
        (["IN", "--preset", "beauty_lite"], "did you mean beauty_light"),
        (["IN", "--preset", "Warm"], "did you mean filter_warm"),
        (["IN", "--preset", "beauty_light", "--param", "smooth=1"], "did you mean smoothing"),
        (["IN", "--preset", "color_film", "--param", 'hsl={"rde": {}}'], "did you mean red"),
        (["IN", "--preset", "beauty_light", "--watermark", "IN/a.jpg"], "a.jpg is no PNG"),
        (["IN", "--preset", "beauty_light", "--watermark", "logo.gif"], "logo.gif cannot be read"),
        (["IN", "--preset", "beauty_light", "--watermark", "版权 李"], "The watermark 版权 李 has characters"),
        (["IN", "--preset", "beauty_light", "--also", "1600px"], "--also 1600px has no name"),
        (["IN", "--preset", "beauty_light", "--also", "web="], "says nothing of its size"),
        (["IN", "--preset", "beauty_light", "--param", "smoothing=2"], "smoothing"),
        (["IN", "--preset", "beauty_light", "--param", "smoothing"], "KEY=VALUE"),
        (["IN", "--preset", "beauty_light", "--quality", "101"], "--quality"),
        (["IN", "--preset", "beauty_light", "--format", "svg"], "--format"),
        (["IN", "--preset", "beauty_light", "--name", "x"], "name template"),
        (["IN", "--preset", "beauty_light", "--name", "{stem:>999999999}"], "name template"),
        (["IN", "--preset", "filter_warm", "--param", "lut=IN/a.txt"], "a.txt"),
        (["IN", "--preset", "filter_warm", "--param", "lut=IN/none.cube"], "none.cube"),
        (["IN", "--preset", "erase", "--param", "mask=IN/a.txt"], "a.txt"),
        (["IN", "--preset", "beauty_light", "--workers", "0"], "--workers"),
    ],
)
def test_usage_errors(photos: Path, arguments: list[str], words: str) -> None:
    (photos.parent / "empty").mkdir()
    out = photos.parent / "out"
    given = [a.replace("IN", str(photos)).replace("EMPTY", str(photos.parent / "empty")) for a in arguments]
    answer = said("run", *given, "--out", out)
    assert answer.returncode == 2
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Golden Hour.xmp", of_attributes(called("Ours"), Exposure2012="+0.50", Clarity2012="+20")),
        ("ours.json", b'{"id": "ours", "type": "filter", "params": {"fade": 0.1}}'),
        ("ours.yaml", b"type: filter\nparams: {fade: 0.1}"),
    ],
)
def test_a_preset_may_be_a_file(photos: Path, name: str, content: bytes) -> None:
    file, out = photos.parent / name, photos.parent / "out"
    file.write_bytes(content)
    plan = ["run", photos, "--out", out, "--name", "{preset}_{stem}", "--dry-run", "--json"]
    answer = said(*plan, "--preset", file, "--param", "vignette=0.1")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["photos"][0]["output"] == str(out / "ours_a.jpg")
    assert ("without a counterpart here: Clarity2012" in answer.stderr) == (file.suffix == ".xmp")
    assert "would be replaced" not in answer.stderr
    out.mkdir()
    (out / "ours_a.jpg").write_bytes(b"x")
    answer = said(*plan[:-1], "--preset", file)
    assert "1 result is there already and would be replaced" in answer.stderr
    assert (out / "ours_a.jpg").read_bytes() == b"x"
    for wrong, words in [(["--param", "exposure=9"], "exposure"), (["--type", "beauty"], "leave out --type beauty")]:
        answer = said(*plan, "--preset", file, *wrong)
        assert (answer.returncode, words in answer.stderr) == (2, True), answer.stderr
    answer = said("submit", photos, "--preset", file)
    assert (answer.returncode, "photobatch presets" in answer.stderr) == (2, True), answer.stderr


@pytest.mark.parametrize("source", ["in", "in/a.jpg"])
def test_photos_are_never_overwritten(photos: Path, source: str) -> None:
    answer = said("run", photos.parent / source, "--preset", "beauty_light", "--out", photos)
    assert answer.returncode == 2
    assert "Choose another" in answer.stderr
    assert (photos / "a.jpg").read_bytes() == b"x"


def test_nothing_to_do_starts_nothing(photos: Path) -> None:
    out = photos.parent / "out"
    out.mkdir()
    (out / "a.jpg").write_bytes(b"y")
    answer = said("run", photos, "--preset", "beauty_light", "--out", out, "--skip-existing", "--json")
    assert answer.returncode == 0
    report = json.loads(answer.stdout)
    assert (report["skipped"], report["total"], report["task_id"]) == (1, 1, None)
    assert report["results"][0]["status"] == "skipped"
    assert [path.name for path in out.iterdir()] == ["a.jpg"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_serve_keeps_to_itself(host: str) -> None:
    answer = said("serve", "--host", host)
    assert answer.returncode == 2
    assert "--insecure" in answer.stderr
    assert "BATCH_API_KEYS" in answer.stderr


def test_serve_listens_elsewhere_with_keys() -> None:
    elsewhere = ("serve", "--host", "192.0.2.1")  # an address that no machine has: it comes no further than that
    good = said(*elsewhere, BATCH_API_KEYS=f"{'k' * 32}:ann")
    assert (good.returncode, "192.0.2.1" in good.stderr, "--insecure" in good.stderr) == (1, True, False)
    bad = said(*elsewhere, BATCH_API_KEYS=f"{'k' * 31}:ann")
    assert bad.returncode == 2
    assert "shorter than 32" in bad.stderr
    assert "kkk" not in bad.stderr


@pytest.mark.parametrize("missing", ["deployments", "ray"])
@pytest.mark.parametrize("arguments", [["serve"], ["run", "IN", "--preset", "beauty_light", "--out", "OUT"]])
def test_without_the_server_one_sentence(photos: Path, missing: str, arguments: list[str]) -> None:
    out = photos.parent / "out"
    given = ["photobatch", *(a.replace("IN", str(photos)).replace("OUT", str(out)) for a in arguments)]
    script = f"import sys; sys.modules[{missing!r}] = None; sys.argv = {given!r}\n"
    script += "from photobatch.commands.command import main; main()"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "make setup" in answer.stderr.splitlines()[-1]
    assert "Traceback" not in answer.stderr
    assert not out.exists()


def test_presets_are_listed_in_both_languages() -> None:
    """Where no service runs, those that are built in: `photobatch run` takes them."""
    nowhere = {"PHOTOBATCH_URL": ""}
    shown = said("presets", **nowhere)
    assert shown.returncode == 0
    assert "beauty_light" in shown.stdout
    assert "轻美颜" in shown.stdout
    listed = json.loads(said("presets", "--json", **nowhere).stdout)
    ids = {preset["id"] for preset in listed["items"]}
    assert ids >= {
        "beauty_light",
        "beauty_medium",
        "beauty_heavy",
        "filter_warm",
        "filter_cool",
        "color_vintage",
    }


def test_weights_are_told_in_one_line(tmp_path: Path) -> None:
    here = {"BATCH_MODEL_DIR": str(tmp_path)}
    listed = json.loads(said("models", "list", "--json", **here).stdout)
    assert "big-lama.pt" in {item["name"] for item in listed["items"]}
    assert json.loads(said("models", "verify", "--json", **here).stdout) == {"items": []}
    weights = Weights("found.onnx", "", 7, hashlib.sha256(b"weights").hexdigest(), "", "onnx", "")
    (tmp_path / "found").write_bytes(b"weights")
    WeightStore(tmp_path).install(weights, tmp_path / "found")
    verified = said("models", "verify", "--json", **here).stdout
    assert json.loads(verified) == {"items": [{"name": "found.onnx", "ok": True}]}
    assert verified.count("\n") == 1


def test_the_version() -> None:
    assert said("--version").stdout == f"photobatch {__version__}\n"


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


def test_every_command_says_how_it_is_typed() -> None:
    paths = list(commands(get_command(app)))
    assert {("submit",), ("watch",), ("presets", "show"), ("models", "pull"), ("doctor",)} <= set(paths)
    for path in filter(None, paths):
        shown = CliRunner().invoke(app, [*path, "--help"], terminal_width=100)
        assert shown.exit_code == 0, path
        _, found, example = shown.output.partition("  Example")
        assert found, path
        assert f"photobatch {' '.join(path)}" in example, path
        assert "  --json " in shown.output or path in {("serve",), ("models",)}, path
    for path in (("--help",), ("submit", "--help"), ("status", "--help")):
        shown = " ".join(said(*path).stdout.split())
        assert "3 the service cannot be reached" in shown, path


def test_examples_are_commands_that_there_are() -> None:
    """What an example types is taken, up to the names of files and batches in it."""
    for path in filter(None, commands(get_command(app))):
        shown = CliRunner().invoke(app, [*path, "--help"], terminal_width=100).output.partition("  Example")[2]
        for line in shown.splitlines():
            for words in (shlex.split(part) for part in line.split("|") if part.strip().startswith("photobatch ")):
                command = get_command(app)
                rest = words[1:]
                while rest and rest[0] in getattr(command, "commands", {}):
                    command = command.commands[rest.pop(0)]
                known = {name for option in command.params for name in option.opts} | {"--help"}
                assert {word for word in rest if word.startswith("-") and word != "-"} <= known, line


@pytest.mark.parametrize(("line", "offered"), [("submit a.jpg --preset beauty_l", "beauty_light"), ("pau", "pause")])
def test_the_shell_completes(line: str, offered: str) -> None:
    words = ["photobatch", *line.split()]
    told = said(_PHOTOBATCH_COMPLETE="complete_bash", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1))
    assert told.stdout.split() == [offered]
    assert said("--show-completion", SHELL="/bin/bash").returncode == 0


def test_completion_knows_the_presets_that_are_built_in() -> None:
    assert list(options.BUILT_IN) == [preset.id for preset in Catalogue.built_in().list()]


def test_the_command_is_light() -> None:
    script = (
        "import time, sys; began = time.perf_counter(); import photobatch.commands.command\n"
        "print(time.perf_counter() - began)\n"
        "heavy = {'ray', 'torch', 'numpy', 'cv2', 'deployments', 'presets', 'actors', 'models', 'storage'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answers = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split("\n")
        for _ in range(3)
    ]
    assert min(float(answer[0]) for answer in answers) < 0.3
    assert answers[0][1] == "[]"


def test_parameters_are_json_where_they_can_be() -> None:
    given = ["a=0.5", "curve=[[0,0],[1,1]]", "b=true", "c=film", "d=a=b", "e=NaN", "f="]
    assert options.parse_params(given) == {
        "a": 0.5,
        "curve": [[0, 0], [1, 1]],
        "b": True,
        "c": "film",
        "d": "a=b",
        "e": "NaN",
        "f": "",
    }
    with pytest.raises(RefusalError, match="KEY=VALUE"):
        options.parse_params(["=1"])


def test_choices_are_those_of_the_contract() -> None:
    fields = schemas.OutputOptions.model_fields
    assert get_args(options.Format) == get_args(fields["format"].annotation)
    assert get_args(options.Subsampling) == get_args(fields["subsampling"].annotation)
    assert get_args(options.Metadata) == get_args(fields["metadata"].annotation)
    preset_type = schemas.SubmitRequest.model_fields["preset_type"].annotation
    assert get_args(options.PresetType) == get_args(get_args(preset_type)[0])
