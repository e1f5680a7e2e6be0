"""What a server that listens everywhere offers to whoever scans it: the service, and doors that want Ray's token."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest

from tests.cluster.hosts import Host, Hosts
from tests.deployments.closed import ANN_KEY, KEYS

ROOT = Path(__file__).parent.parent.parent
SERVICE, SSHD = 8001, 22
AT_ONCE = 1000
REFUSALS = {
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,  # another service's port
    grpc.StatusCode.UNAVAILABLE,  # not gRPC
}
# A method or two of each of Ray's services. ASGIService unpickles what it is given, and others run it.
METHODS = (
    "/ray.rpc.NodeInfoGcsService/GetAllNodeInfo",
    "/ray.rpc.InternalKVGcsService/InternalKVKeys",
    "/ray.rpc.JobInfoGcsService/GetAllJobInfo",
    "/ray.rpc.NodeManagerService/GetNodeStats",
    "/ray.rpc.ObjectManagerService/Pull",
    "/ray.rpc.CoreWorkerService/GetCoreWorkerStats",
    "/ray.rpc.CoreWorkerService/PushTask",
    "/ray.rpc.RuntimeEnvService/GetRuntimeEnvsInfo",
    "/ray.rpc.ReporterService/GetTraceback",
    "/ray.rpc.LogService/ListLogs",
    "/ray.serve.ASGIService/HandleRequest",
)


@pytest.fixture
def host(needs_hosts: None, tmp_path: Path) -> Iterator[Host]:
    with Hosts(1, tmp_path) as hosts:
        (host,) = hosts.all
        (host.home / "keys").write_text(KEYS.replace(",", "\n"))
        serve = f"{Path(sys.executable).with_name('photobatch')} serve --host 0.0.0.0 --port {SERVICE}"
        settings = (
            f"PYTHONPATH={ROOT} BATCH_API_KEYS={host.home}/keys BATCH_DATA_DIR={host.home}/data BATCH_MAX_WORKERS=2"
        )
        hosts.ssh(host, f"cd; {settings} nohup {serve} > serve.txt 2>&1 < /dev/null & echo $! > pid")
        try:
            healthy(host)
            yield host
        finally:
            hosts.ssh(host, "kill -INT $(cat pid); while kill -0 $(cat pid) 2>/dev/null; do sleep 0.1; done")


def healthy(host: Host, patience_s: float = 90.0) -> None:
    until = time.monotonic() + patience_s
    with httpx.Client(trust_env=False) as http:
        while time.monotonic() < until:
            with contextlib.suppress(httpx.TransportError):
                if http.get(f"http://{host.address}:{SERVICE}/api/v1/health").status_code == httpx.codes.OK:
                    return
            time.sleep(0.2)
    raise TimeoutError((host.home / "serve.txt").read_text())


@pytest.mark.slow
async def test_an_open_port_is_the_service_or_wants_a_token(host: Host) -> None:
    ports = await scanned(host.address)
    assert SERVICE in ports
    found = {
        port: await asyncio.to_thread(answers, host.address, port) for port in ports if port not in (SERVICE, SSHD)
    }
    print(sorted(found))
    assert {port: said for port, said in found.items() if said} == {}, "these answer a stranger"
    url = f"http://{host.address}:{SERVICE}/api/v1/batch"
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(url)).status_code == 401
        assert (await http.get(url, headers={"X-API-Key": ANN_KEY})).status_code == 200


async def scanned(address: str) -> list[int]:
    """List the TCP ports that are open, of all."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def knock(port: int) -> int | None:
        async with gate:
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), 10)
            except OSError:
                return None
            writer.close()
            return port

    return [port for port in await asyncio.gather(*map(knock, range(1, 65_536))) if port]


def answers(address: str, port: int) -> list[str]:
    """List what a port tells without a token; nothing is what it should tell, and that it refuses."""
    told, refused = [], False
    with contextlib.suppress(httpx.TransportError), httpx.Client(trust_env=False, timeout=3.0) as http:
        for path in ("/", "/metrics", "/stats", "/api/version", "/nodes?view=summary", "/-/routes", "/api/v1/health"):
            answer = http.get(f"http://{address}:{port}{path}")
            refused |= answer.status_code in (401, 403)
            if answer.status_code not in (401, 403):
                told.append(f"HTTP {answer.status_code} {path}: {answer.text[:80]!r}")
    with grpc.insecure_channel(f"{address}:{port}", [("grpc.enable_http_proxy", 0)]) as channel:
        for method in METHODS:
            code = called(channel, method)
            refused |= code is grpc.StatusCode.UNAUTHENTICATED
            if code not in REFUSALS:
                told.append(f"gRPC {code} {method}")
    return told or ([] if refused else ["something that we don't know, and no refusal"])


def called(channel: grpc.Channel, method: str) -> grpc.StatusCode:
    try:
        channel.unary_unary(method, None, None)(b"", timeout=3.0)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()  # type: ignore[attr-defined]
        return code
    return grpc.StatusCode.OK
