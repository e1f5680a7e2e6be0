"""A Redis that is brought back to an earlier state, as after a failover to a replica that lagged."""

import shutil
from pathlib import Path

from benchmarks.servers.redis_server import RedisServer


def state(server: RedisServer, name: str) -> Path:
    """Keep what Redis has on disk now; it runs on."""
    return Path(shutil.copytree(server.folder / "appendonlydir", server.folder / name))


def bring_back(server: RedisServer, kept: Path) -> Path:
    """Start Redis anew from what was kept; return what it had until now."""
    server.kill()
    newer = (server.folder / "appendonlydir").rename(server.folder / f"before-{kept.name}")
    shutil.copytree(kept, server.folder / "appendonlydir")
    server.start()
    return newer
