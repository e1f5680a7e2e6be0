"""What `photobatch doctor` finds on a machine that serves, each check where all is well and where it is not."""

import fcntl
import hashlib
import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import redis

from benchmarks.servers import ports
from benchmarks.servers.redis_server import RedisServer
from benchmarks.servers.s3_server import S3Server
from deployments.doctor import installation, machine, stores
from deployments.settings import Settings
from models.compiled import library
from models.weights import LAMA, Installed, Weights, WeightStore
from photobatch.engine.finding import Finding

FULL = """
import json, sys
from deployments.doctor import machine
from deployments.settings import load_settings
print(json.dumps([(f.state, f.found, f.advice) for f in [machine.disk(load_settings())]]))
"""


def settings(folder: Path, **changes: object) -> Settings:
    return Settings(data_dir=folder / "data", _env_file=None, **changes)  # type: ignore[arg-type,call-arg]


def is_wrong(finding: Finding, words: str, advice: str) -> bool:
    return finding.state == "wrong" and words in finding.found and advice in finding.advice


def test_a_data_folder_that_is_still_to_be_made(tmp_path: Path) -> None:
    found = machine.disk(settings(tmp_path))
    assert (found.state, "GB free" in found.found) == ("ok", True)
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    assert is_wrong(machine.disk(settings(tmp_path)), "Not a directory", "BATCH_DATA_DIR")


def test_a_full_disk(tmp_path: Path) -> None:
    """On a disk of a megabyte, in a mount namespace of its own."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        assert os.environ.get("CI") != "true", "this machine may make no mount namespace (unshare -rm)"
        pytest.skip("needs unshare -rm")
    script = (
        'mount -t tmpfs -o size=1m tmpfs "$BATCH_DATA_DIR" && { cat /dev/zero > "$BATCH_DATA_DIR/all"; exec "$@"; }'
    )
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", sys.executable, "-c", FULL],
        env=os.environ | {"BATCH_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    [[state, found, advice]] = json.loads(done.stdout)
    assert (state, "No space left" in found, "Make room" in advice) == ("wrong", True, True), done.stderr


def test_ports(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        assert is_wrong(machine.port(settings(tmp_path, api_port=number)), "taken by something else", "BATCH_API_PORT")
    assert machine.port(settings(tmp_path, api_port=ports.free())).state == "ok"


def test_a_server_that_runs_is_seen_and_not_disturbed(tmp_path: Path) -> None:
    mine = settings(tmp_path)
    assert "none runs" in machine.server_lock(mine).found
    mine.data_dir.mkdir()
    with (mine.data_dir / "serve.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "one runs" in machine.server_lock(mine).found
    assert "none runs" in machine.server_lock(mine).found


def test_a_redis(tmp_path: Path, redis_server: RedisServer) -> None:
    mine = settings(tmp_path, redis_url=redis_server.url)
    assert stores.journal(mine).state == "ok"
    redis_server.kill()
    gone = stores.journal(mine)
    assert is_wrong(gone, "Redis does not answer at REDIS_URL", "Start it, or unset REDIS_URL.")
    assert "journal.db" in stores.journal(settings(tmp_path)).found


@pytest.mark.parametrize(
    ("may_not", "state", "words"),
    [
        ("-config", "warning", "does not tell its configuration; it needs appendonly yes"),
        ("-ping", "wrong", "refuses us"),
        ("-set", "wrong", "takes nothing from us"),
    ],
)
def test_a_redis_with_rights(tmp_path: Path, redis_server: RedisServer, may_not: str, state: str, words: str) -> None:
    client = redis.Redis.from_url(redis_server.url)
    client.acl_setuser("us", enabled=True, passwords=["+secret"], keys=["*"], commands=["+@all", may_not])
    url = redis_server.url.replace("//", "//us:secret@")
    found = stores.journal(settings(tmp_path, redis_url=url))
    assert (found.state, words in found.found, "secret" in found.found) == (state, True, False), found
    assert client.keys() == []
    client.close()


def test_a_redis_address_with_options_that_there_are_not(tmp_path: Path) -> None:
    found = stores.journal(settings(tmp_path, redis_url="redis://127.0.0.1/0?foo=1"))
    assert is_wrong(found, "no Redis address", "redis://host:6379/0")


def test_a_blob_store(tmp_path: Path, bucket: str, s3: S3Server) -> None:
    assert stores.blobs(settings(tmp_path)).state == "ok"
    assert stores.blobs(settings(tmp_path, blob_url=f"s3://{bucket}/here")).state == "ok"
    missing = stores.blobs(settings(tmp_path, blob_url="s3://no-such-bucket/here"))
    assert is_wrong(missing, "does not exist", "Make it, or correct the name.")


def test_weights(tmp_path: Path) -> None:
    mine = settings(tmp_path)
    none = stores.weights(mine)
    assert (none.state, f"photobatch models pull {LAMA}" in none.advice) == ("warning", True)
    file = tmp_path / "found.onnx"
    file.write_bytes(b"weights")
    sha256 = hashlib.sha256(b"weights").hexdigest()
    store = WeightStore(mine.models_dir)
    mine.models_dir.mkdir(parents=True)
    store.install(Weights("found.onnx", "", 7, sha256, "", "onnx", ""), file)
    assert "found.onnx" not in stores.weights(mine).found
    (mine.models_dir / store.find("found.onnx").file).write_bytes(b"damaged")  # type: ignore[union-attr]
    assert is_wrong(stores.weights(mine), "found.onnx", "photobatch models add found.onnx FILE")


def test_what_is_installed_is_said_with_its_version() -> None:
    found = {finding.name: finding for finding in installation.examine(use_gpu="auto")}
    assert [found[name].state for name in ("python", "ray", "torch", "opencv", "onnxruntime")] == ["ok"] * 5
    assert found["ray"].found.startswith("2.")
    assert found["cuda"].state in {"ok", "warning"}


@pytest.mark.parametrize(
    ("version", "state"), [((3, 10), "warning"), ((3, 11), "ok"), ((3, 13), "ok"), ((3, 15), "warning")]
)
def test_pythons(version: tuple[int, int], state: str) -> None:
    found = installation._python(version)
    assert (found.state, "3.11 to 3.13" in found.advice) == (state, state != "ok")


def test_a_machine_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    found = {finding.name: finding for finding in installation.examine(use_gpu="auto")}
    assert (found["torch"].state, "not installed" in found["torch"].found) == ("ok", True)
    assert found["cuda"].state == ("warning" if installation._has_nvidia() else "ok")
    mine = settings(tmp_path)
    assert stores.weights(mine).state == "ok"
    mine.models_dir.mkdir(parents=True)
    (mine.models_dir / "denoise.safetensors").write_bytes(b"weights")
    record = Installed("denoise", "denoise.safetensors", hashlib.sha256(b"weights").hexdigest(), "", "Compact")
    (mine.models_dir / "denoise.json").write_text(json.dumps(asdict(record)))
    assert is_wrong(stores.weights(mine), "denoise", "photobatch models rm denoise")


def test_what_lies_in_the_current_folder_is_not_what_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ray.py").write_text("raise ImportError('somebody else')")
    monkeypatch.chdir(tmp_path)
    assert "version" in installation._told(installation._RAY)


def test_no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = installation._compiler()
    assert (found.state, "Install" in found.advice) == ("warning", True)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert is_wrong(installation._compiler(), "no C compiler", "or torch")


def test_a_compiler_without_the_headers_of_the_c_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_FLAGS", ("-nostdinc",))
    found = installation._compiler()
    assert (found.state, "failed" in found.found, "libc6-dev" in found.advice) == ("warning", True, True)


def test_a_package_that_is_broken_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ray.py").write_text("raise ImportError('libfoo.so.1: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = next(finding for finding in installation.examine(use_gpu="auto") if finding.name == "ray")
    assert is_wrong(found, "libfoo.so.1: cannot open", "make setup")


def test_a_driver_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "_has_nvidia", lambda: True)
    error = "The NVIDIA driver on your system is too old (found version 12020)."
    found = installation._cuda({"version": "2.14.1", "cuda": "13.0", "devices": [], "error": error}, "auto")
    assert (found.state, error in found.found) == ("warning", True)
    assert "Update its driver to one for CUDA 13.0" in found.advice


def test_torch_says_why_it_sees_no_gpu() -> None:
    told = installation._told(installation._TORCH)
    assert isinstance(told, dict)
    assert told["devices"] or "driver" in told["error"]


@pytest.mark.parametrize(
    ("devices", "error", "use_gpu", "state", "words"),
    [
        (["H100, 80 GiB"], None, "auto", "ok", "H100, 80 GiB (CUDA 13.0)"),
        ([], None, "always", "warning", "BATCH_USE_GPU=always"),
        ([], None, "auto", "ok", "no GPU"),
        ([], None, "never", "ok", "not used: BATCH_USE_GPU=never"),
    ],
)
def test_gpus(devices: list[str], error: str | None, use_gpu: str, state: str, words: str) -> None:
    told = {"version": "2.14.1", "cuda": "13.0", "devices": devices, "error": error}
    found = installation._cuda(told, use_gpu)
    if installation._has_nvidia() and not devices and use_gpu != "never":
        state, words = "warning", "cannot be used"
    assert (found.state, words in found.found) == (state, True)
