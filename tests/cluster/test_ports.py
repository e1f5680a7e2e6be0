"""What a service that others may reach opens: its own port. All that Ray opens besides refuses whoever has no token."""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest

from tests.cluster.hosts import Host, Hosts, missing

PHOTOBATCH = Path(sys.executable).with_name("photobatch")
PORT, SSH = 8001, 22
# One call of each of Ray's and Serve's services: which of them a port has is not said anywhere.
CALLS = [
    "/ray.rpc.NodeInfoGcsService/GetAllNodeInfo",
    "/ray.rpc.NodeManagerService/GetNodeStats",
    "/ray.rpc.CoreWorkerService/GetCoreWorkerStats",
    "/ray.rpc.ObjectManagerService/Push",
    "/ray.rpc.ReporterService/GetTraceback",
    "/ray.serve.ASGIService/HandleRequest",
]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    if lacking := missing():
        if os.environ.get("CI") == "true":
            pytest.fail(f"needs {', '.join(lacking)}")
        pytest.skip(f"needs {', '.join(lacking)}")
    with Hosts(1, tmp_path) as hosts:
        [one] = hosts.all
        # In a folder of its own: it sees no process of others, and would take their folders for left ones.
        settings = {"TMPDIR": "/tmp/ray", "BATCH_DATA_DIR": one.home / "data", "BATCH_MAX_WORKERS": 1}  # noqa: S108
        settings["BATCH_API_KEYS"] = f"{secrets.token_hex(20)}:ann"
        exported = " ".join(f"{name}={value}" for name, value in settings.items())
        serve = f"cd; export {exported}; exec {PHOTOBATCH} serve --host 0.0.0.0 --port {PORT}"
        assert hosts.ssh(one, f"({serve}) > ~/serve.txt 2>&1 < /dev/null &").returncode == 0
        deadline = time.monotonic() + 90
        while not healthy(one):
            assert time.monotonic() < deadline, (one.home / "serve.txt").read_text()
            time.sleep(0.2)
        yield one


def healthy(host: Host) -> bool:
    try:
        return httpx.get(f"http://{host.address}:{PORT}/api/v1/health", trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


@pytest.mark.slow
def test_a_port_scan_finds_the_service_and_nothing_that_answers_strangers(host: Host) -> None:
    found = asyncio.run(scan(host.address))
    assert {PORT, SSH} <= set(found)
    assert not {8265, 8404, 9101} & set(found), "dashboard, HAProxy's statistics and metrics"
    answers = {port: by_http(host, port) or by_grpc(host, port) for port in found if port != SSH}
    assert set(answers.values()) <= {"401", "UNAUTHENTICATED"}, answers


async def scan(address: str) -> list[int]:
    """Every TCP port that takes a connection."""
    found: list[int] = []
    room = asyncio.Semaphore(500)

    async def knock(port: int) -> None:
        async with room:
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), 3)
            except (OSError, TimeoutError):
                return
            writer.close()
            found.append(port)

    await asyncio.gather(*(knock(port) for port in range(1, 65_536)))
    return sorted(found)


def by_http(host: Host, port: int) -> str | None:
    """The status of a list of batches, for whoever has no key; None where nobody speaks HTTP."""
    try:
        return str(httpx.get(f"http://{host.address}:{port}/api/v1/batch", trust_env=False).status_code)
    except httpx.TransportError:
        return None


def by_grpc(host: Host, port: int) -> str:
    """What the calls that a port knows answer: one word where they agree."""
    said = set()
    with grpc.insecure_channel(f"{host.address}:{port}") as channel:
        for call in CALLS:
            try:
                channel.unary_unary(call)(b"", timeout=5)
                said.add("OK")
            except grpc.RpcError as error:
                said.add(error.code().name)  # type: ignore[attr-defined]
    return " ".join(sorted(said - {"UNIMPLEMENTED"})) or "nothing that is known"
