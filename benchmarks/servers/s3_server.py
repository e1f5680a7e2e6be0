"""A real S3 of our own (SeaweedFS), with signatures, multipart uploads and paged lists."""

import hashlib
import hmac
import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

from benchmarks.servers import ports

_START_S = 60.0
_KEY, _SECRET, _REGION = "AKIAPHOTOBATCHTESTS0", "a-secret-of-the-tests", "us-east-1"


class S3Error(Exception):
    """The S3 could not be started; the message says why."""


class S3Server:
    """A `weed server` process and its folder; on loopback only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = ports.free()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def installed() -> bool:
        """Say whether there is a SeaweedFS in this environment."""
        return _weed().exists()

    def environment(self, endpoint: str | None = None) -> dict[str, str]:
        """Return the variables with which obstore reaches it; `endpoint`: through a proxy."""
        return {
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            "AWS_REGION": _REGION,
        }

    def start(self) -> "S3Server":
        """Start it and wait until it accepts a bucket; raises S3Error."""
        self.folder.mkdir(parents=True, exist_ok=True)
        who = {"name": "tests", "credentials": [{"accessKey": _KEY, "secretKey": _SECRET}], "actions": ["Admin"]}
        config = self.folder / "s3.json"
        config.write_text(json.dumps({"identities": [who]}))
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        parts = ("master", "volume", "filer", "s3")
        own = {f"{part}.port.grpc": ports.free() for part in parts} | {
            f"{part}.port": ports.free() for part in parts[:3]
        }
        options = own | {
            "dir": data,
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "s3.port": self.port,
            "s3.config": config,
            "s3.autoCreateBucket": "false",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "master.volumeSizeLimitMB": 64,
            "master.electionTimeout": "1s",  # it starts within three seconds instead of eight
            "master.heartbeatInterval": "100ms",
            "volume.max": 10_000,  # each bucket uses a few; they are empty files at first
        }
        command = [str(_weed()), "server", "-s3", *(f"-{name}={value}" for name, value in options.items())]
        with (self.folder / "weed.txt").open("ab") as output:
            self._process = subprocess.Popen(command, cwd=self.folder, stdout=output, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._ready():
                return self
            time.sleep(0.1)
        raise S3Error(f"weed does not answer: {(self.folder / 'weed.txt').read_text()[-2000:]}")

    def kill(self) -> None:
        """SIGKILL, because a normal stop is slow."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def make_bucket(self, name: str) -> None:
        """Make an empty bucket; raises urllib.error.URLError."""
        self.call("PUT", name, "")

    def call(self, method: str, bucket: str, key: str, data: bytes = b"") -> bytes:
        """Send a raw request, for keys that no library would write; raises urllib.error.URLError."""
        path = quote(f"/{bucket}/{key}" if key else f"/{bucket}")
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        signed = {
            "host": f"127.0.0.1:{self.port}",
            "x-amz-content-sha256": hashlib.sha256(data).hexdigest(),
            "x-amz-date": now,
        }
        headers = signed | {"Authorization": _signature(method, path, signed, now)}
        request = urllib.request.Request(f"{self.endpoint}{path}", data or None, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            said: bytes = answer.read()
        return said

    def _ready(self) -> bool:
        try:
            self.make_bucket(f"ready-{time.monotonic_ns()}")
        except OSError:  # urllib's errors are some
            return False
        return True


def _weed() -> Path:
    return Path(sys.executable).with_name("weed")


def _signature(method: str, path: str, signed: dict[str, str], now: str) -> str:
    """Return the Authorization header of AWS's Signature Version 4, as its documentation describes it."""
    names = ";".join(signed)
    shown = "".join(f"{name}:{value}\n" for name, value in signed.items())
    request = f"{method}\n{path}\n\n{shown}\n{names}\n{signed['x-amz-content-sha256']}"
    scope = f"{now[:8]}/{_REGION}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{_SECRET}".encode()
    for part in [*scope.split("/"), text]:
        key = hmac.digest(key, part.encode(), "sha256")
    return f"AWS4-HMAC-SHA256 Credential={_KEY}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
