"""Weights fetched from a real server on loopback that breaks off, ignores ranges, or sends something else."""

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from benchmarks.servers.s3_server import S3Server
from deployments.model_files import ModelFiles, pull
from models.errors import WeightsError
from models.weights import Weights, WeightStore

CONTENT = bytes(range(256)) * 20_000


@dataclass
class Host:
    """A server of one file."""

    address: str = ""
    content: bytes = CONTENT
    ranges: bool = True
    break_off_at: int | None = None
    asked: list[str | None] = field(default_factory=list)


@pytest.fixture
def host() -> Iterator[Host]:
    state = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers["Range"]
            state.asked.append(asked)
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and state.ranges else 0
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(state.content) - start))
            self.end_headers()
            self.wfile.write(state.content[start : state.break_off_at])

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_args: None  # type: ignore[method-assign]  # clients hang up on purpose
    Thread(target=server.serve_forever, daemon=True).start()
    state.address = f"http://127.0.0.1:{server.server_port}/weights"
    yield state
    server.shutdown()
    server.server_close()


def weights(host: Host) -> Weights:
    digest = hashlib.sha256(CONTENT).hexdigest()
    return Weights("some.onnx", host.address, len(CONTENT), digest, "MIT", "onnx", "")


def refusal(call, *args, **named) -> WeightsError:
    with pytest.raises(WeightsError) as caught:
        call(*args, **named)
    return caught.value


def test_weights_are_fetched_once(host: Host, tmp_path: Path) -> None:
    store, seen = WeightStore(tmp_path), []
    pull(store, weights(host), progress=lambda here, size: seen.append((here, size)))
    assert store.path("some.onnx").read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    pull(store, weights(host))
    assert host.asked == [None]
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_that_broke_off_goes_on(ranges: bool, host: Host, tmp_path: Path) -> None:
    store = WeightStore(tmp_path)
    host.break_off_at, host.ranges = 3_000_000, ranges
    assert refusal(pull, store, weights(host)).code == "download_failed"
    assert store.find("some.onnx") is None
    host.break_off_at = None
    pull(store, weights(host))
    assert store.path("some.onnx").read_bytes() == CONTENT
    begun = int(str(host.asked[1]).removeprefix("bytes=").removesuffix("-"))
    assert 0 < begun <= 3_000_000


def test_what_is_not_the_file_is_thrown_away(host: Host, tmp_path: Path) -> None:
    store = WeightStore(tmp_path)
    host.content = CONTENT[:-1] + b"?"
    assert refusal(pull, store, weights(host)).code == "model_damaged"
    assert list(tmp_path.iterdir()) == []
    host.content = CONTENT
    pull(store, weights(host))
    assert store.path("some.onnx")


def test_a_host_that_never_ends_is_left(host: Host, tmp_path: Path) -> None:
    host.content = CONTENT * 4
    assert "more than" in refusal(pull, WeightStore(tmp_path), weights(host)).detail


def test_a_host_that_is_away_is_named(host: Host, tmp_path: Path) -> None:
    gone = Weights("some.onnx", "http://127.0.0.1:9/weights", 1, "0" * 64, "MIT", "onnx", "")
    error = refusal(pull, WeightStore(tmp_path), gone)
    assert error.code == "download_failed"
    assert "127.0.0.1:9" in error.detail


def test_a_folder_takes_the_place_of_the_network(host: Host, tmp_path: Path) -> None:
    bundle = tmp_path / "stick"
    bundle.mkdir()
    store = WeightStore(tmp_path / "models")
    assert refusal(pull, store, weights(host), bundle=bundle).code == "model_missing"
    (bundle / "some.onnx").write_bytes(CONTENT)
    pull(store, weights(host), bundle=bundle)
    assert store.path("some.onnx").read_bytes() == CONTENT
    assert (bundle / "some.onnx").exists()
    assert host.asked == []


def test_a_bucket_takes_the_place_of_the_network(host: Host, tmp_path: Path, s3: S3Server, bucket: str) -> None:
    store = WeightStore(tmp_path / "models")
    folder = f"s3://{bucket}/weights/"
    error = refusal(pull, store, weights(host), bundle=folder)
    assert (error.code, "some.onnx" in error.detail) == ("model_missing", True)
    s3.call("PUT", bucket, "weights/some.onnx", CONTENT[::-1])
    assert refusal(pull, store, weights(host), bundle=folder).code == "model_damaged"
    s3.call("PUT", bucket, "weights/some.onnx", CONTENT + b"more")
    assert refusal(pull, store, weights(host), bundle=folder).code == "model_damaged"
    s3.call("PUT", bucket, "weights/some.onnx", CONTENT)
    pull(store, weights(host), bundle=folder)
    assert store.path("some.onnx").read_bytes() == CONTENT
    assert host.asked == []


def test_without_torch_a_network_is_not_fetched(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    store = WeightStore(tmp_path)
    pull(store, weights(host))  # an ONNX file needs none
    error = refusal(pull, store, replace(weights(host), name="lama.pt", kind="network"))
    assert (error.code, "pip install 'photobatch[server]'" in error.detail) == ("torch_missing", True)
    (tmp_path / "denoise.pt").write_bytes(CONTENT)
    assert refusal(store.add, "denoise", tmp_path / "denoise.pt").code == "torch_missing"
    assert host.asked == [None]


def test_damage_is_found_and_mended(host: Host, tmp_path: Path) -> None:
    store = WeightStore(tmp_path)
    pull(store, weights(host))
    (tmp_path / str(store.find("some.onnx").file)).write_bytes(b"rot")
    assert refusal(store.path, "some.onnx").code == "model_damaged"
    pull(store, weights(host))
    assert store.path("some.onnx").read_bytes() == CONTENT


def test_the_list_says_what_is_here(host: Host, tmp_path: Path) -> None:
    files = ModelFiles(tmp_path)
    assert {row["name"]: row["here"] for row in files.rows()} == dict.fromkeys(files.known(), False)
    assert refusal(files.pull, "nothing.pt", None, lambda _here, _size: None).code == "model_missing"
    assert refusal(files.verify, "big-lama.pt").code == "model_missing"
