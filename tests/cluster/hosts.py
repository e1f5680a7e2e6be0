"""Hosts on this machine: each a network namespace with an sshd, process ids of its own, a home and a Ray folder.

Needs root, iproute2, an ssh client and server, and rsync. What the hosts share is the rest of the file system.
"""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

_PASSWD = Path("/etc/passwd")
_RAY = Path("/tmp/ray")  # noqa: S108 - Ray's own folder, which two nodes may not share
NEEDED = ("ip", "sshd", "ssh", "ssh-keygen", "rsync", "unshare")


def missing() -> list[str]:
    """What is not here that hosts need."""
    there = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    return [program for program in NEEDED if shutil.which(program, path=there) is None] + (
        ["root"] if os.geteuid() else []
    )


class Host:
    """One of them."""

    def __init__(self, number: int, net: str, folder: Path) -> None:
        self.name = f"{net}h{number}"
        self.address = f"198.18.{int(net[2:], 16) % 256}.{number + 1}"  # RFC 2544: of nobody's network
        self.outside = f"{net}v{number}"  # its cable's end at the bridge
        self._folder = folder / self.name
        self.home = self._folder / "home"
        self._sshd: subprocess.Popen[bytes] | None = None

    def start(self, bridge: str, key: Path) -> None:
        """Connect it and let it answer ssh."""
        _run("ip", "netns", "add", self.name)
        _run("ip", "link", "add", self.outside, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _run("ip", "link", "set", self.outside, "master", bridge, "up")
        _run("ip", "-n", self.name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        for link in ("eth0", "lo"):
            _run("ip", "-n", self.name, "link", "set", link, "up")
        # Nothing is there, but Ray takes the address by which the world would be reached.
        _run("ip", "-n", self.name, "route", "add", "default", "via", f"{self.address.rpartition('.')[0]}.1")
        for folder in (self.home, self._folder / "ray", _RAY):
            folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "HostKey": key,
            "AuthorizedKeysFile": f"{key}.pub",
            "ListenAddress": self.address,
            "PermitRootLogin": "prohibit-password",
            "StrictModes": "no",
            "UsePAM": "no",
            "PidFile": "none",
        }
        (self._folder / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        sshd = shutil.which("sshd", path="/usr/sbin:/sbin:/usr/bin")
        passwd = self._folder / "passwd"  # ssh asks it where the home is
        passwd.write_text(re.sub(r"(?m)^(root:(?:[^:]*:){4})[^:]*", rf"\1{self.home}", _PASSWD.read_text()))
        bound = {passwd: _PASSWD, self._folder / "ray": _RAY}
        script = "".join(f"mount --bind {own} {there}; " for own, there in bound.items())
        script += f"exec {sshd} -D -e -f {self._folder / 'sshd_config'}"
        alone = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "sh", "-ec", script]
        with (self._folder / "sshd.txt").open("wb") as log:
            self._sshd = subprocess.Popen(
                ["ip", "netns", "exec", self.name, *alone], stdout=log, stderr=log, start_new_session=True
            )

    def cut_off(self) -> None:
        """Pull the cable; whatever runs there goes on and does not know."""
        _run("ip", "link", "set", self.outside, "down")

    def stop(self) -> None:
        """End it with all that runs there: its process ids go with the first of them."""
        if self._sshd is not None:
            self._sshd.kill()  # unshare heeds nothing less
            self._sshd.wait(20)
        # The kernel removes the links of a namespace later, and the next host may have the same name.
        subprocess.run(["ip", "link", "del", self.outside], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)


class Hosts:
    """Some hosts on one bridge; this machine is at its other end."""

    def __init__(self, count: int, folder: Path) -> None:
        self._net = f"pb{os.getpid() % 4096:x}"
        self.key = folder / "key"
        self._bridge = f"{self._net}br"
        self.all = [Host(number + 1, self._net, folder) for number in range(count)]
        self.here = f"{self.all[0].address.rpartition('.')[0]}.1"  # this machine, as they reach it

    def __enter__(self) -> "Hosts":
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key))
        Path("/run/sshd").mkdir(exist_ok=True)
        _run("ip", "link", "add", self._bridge, "type", "bridge")
        _run("ip", "addr", "add", f"{self.here}/24", "dev", self._bridge)
        _run("ip", "link", "set", self._bridge, "up")
        for host in self.all:
            host.start(self._bridge, self.key)
        for host in self.all:
            self._wait(host)

    def __exit__(self, *_: object) -> None:
        for host in self.all:
            host.stop()
        subprocess.run(["ip", "link", "del", self._bridge], check=False, capture_output=True)

    def ssh(self, host: Host, command: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run a command there."""
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "ConnectTimeout=5"]
        words = ["ssh", "-i", str(self.key), *(word for option in options for word in ("-o", option))]
        return subprocess.run(
            [*words, f"root@{host.address}", command], capture_output=True, text=True, timeout=timeout_s, check=False
        )

    def _wait(self, host: Host) -> None:
        deadline = time.monotonic() + 20
        while (done := self.ssh(host, "true")).returncode != 0:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{host.name} does not answer ssh: {done.stderr}")
            time.sleep(0.1)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
