"""The supervisor of `photobatch serve`: starts the service process, checks its health, and restarts it.

It imports neither Ray nor the application: it is small, and their faults cannot take it down. It holds the listening
socket, so the port stays ours from start to end.
"""

import argparse
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from deployments.local import family
from deployments.local.link import Message, Messages
from deployments.local.notify import Notifier
from deployments.local.probe import Probe
from deployments.local.session import kill, new_scratch_folder
from deployments.local.stand_in import StandIn

START_S = 180.0  # to the first healthy answer
SILENT_S = 10.0  # HTTP does not answer, or a process is stopped while the service starts
STUCK_S = 1000.0  # without a coordinator: longer than the keeper waits for one that reads its journal
STOP_S = 9.0
MOST_STARTS = 5  # starts in a row without a healthy answer before it gives up
GAVE_UP, REFUSED = 1, 78  # exit codes; sysexits.h calls the second one EX_CONFIG
LONGEST_PAUSE_S = 30.0
TICK_S = 0.25


@dataclass(frozen=True, slots=True)
class Serving:
    """What `photobatch serve` was asked for."""

    listener: socket.socket  # bound to host and port
    host: str
    port: int
    workers: int | None  # None: the settings decide

    @property
    def url(self) -> str:
        """Where browsers find it."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


class Life:
    """One service process, from start to end."""

    def __init__(self, serving: Serving, scratch: Path) -> None:
        self._serving = serving
        self._scratch = scratch
        self._link, self._far = socket.socketpair()
        self._messages = Messages(self._link)
        self._probe: Probe | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stops = family.Stops()
        self.began = time.monotonic()
        self.was_healthy = False
        self.refused = False

    def start(self, restarts: int, reason: str | None) -> None:
        """Start the process; raises OSError."""
        self._scratch.mkdir(mode=0o700)
        words = [sys.executable, "-P", "-m", "deployments.local.process", "--scratch", str(self._scratch)]
        handed = (self._serving.listener.fileno(), self._far.fileno())
        words += ["--listener", str(handed[0]), "--link", str(handed[1])]
        words += ["--restarts", str(restarts)]
        words += ["--workers", str(self._serving.workers)] if self._serving.workers else []
        words += ["--reason", reason] if reason else []
        # A session of its own: Ctrl-C in a terminal reaches only the supervisor.
        self._process = subprocess.Popen(words, pass_fds=handed, start_new_session=True)  # noqa: S603 - our own words
        self._far.close()  # only the process holds it now; when that ends, so does the stream

    def poll(self) -> str | None:
        """Wait a moment; return why this process must end, None while it is healthy."""
        ready, _, _ = select.select([] if self._messages.ended else [self._link], [], [], TICK_S)
        for message in self._messages.receive() if ready else ():
            if reason := self._heard(message):
                return reason
        family.bury(but=self.process.pid)
        if (code := self.process.poll()) is not None:
            return f"the process of the service ended ({_how(code)})"
        return self._judge(time.monotonic())

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process; raises RuntimeError before the start."""
        if self._process is None:
            raise RuntimeError("this life has not begun")
        return self._process

    @property
    def accepting(self) -> bool:
        """Whether the process answers HTTP itself."""
        return self._probe is not None

    def stop(self, patience_s: float) -> None:
        """Let the process end in order."""
        self.process.terminate()
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            return

    def clear(self) -> None:
        """End the remains of it."""
        if self._probe:
            self._probe.end()
        self._link.close()
        self._far.close()
        if self._process is not None:
            self._process.poll()
        family.end_all()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _heard(self, message: Message) -> str | None:
        if message.kind == "accepting":
            self._probe = Probe(self._serving.host, self._serving.port)
            return None
        self.refused = message.kind == "refused"
        return message.reason

    def _judge(self, now: float) -> str | None:  # noqa: PLR0911 - a list of cases
        if self._probe is None:
            if stopped := self._stops.longer_than(SILENT_S):
                return f"process {stopped} has been stopped for {SILENT_S:.0f} s while the service started"
            return f"it did not answer HTTP within {START_S:.0f} s" if now > self.began + START_S else None
        if self._probe.silent_s > SILENT_S:
            return f"HTTP has not answered for {SILENT_S:.0f} s"
        if (answer := self._probe.answer) is None:
            return None
        self.was_healthy |= answer.ok
        if answer.code == "journal_damaged":  # found while serving; `photobatch serve` checks before the start
            self.refused = True
            return answer.reason
        if answer.code == "no_coordinator" and now > answer.since + STUCK_S:
            return f"there has been no coordinator for {STUCK_S:.0f} s"
        if not self.was_healthy and answer.code in {"no_worker", "workers_died"} and now > self.began + START_S:
            return f"no worker was ready within {START_S:.0f} s ({answer.reason})"
        return None


class Supervisor:
    """Keeps the service running until a signal."""

    def __init__(self, serving: Serving, systemd: Notifier) -> None:
        self._serving = serving
        self._systemd = systemd
        self._scratch = new_scratch_folder()
        self._stand_in = StandIn(serving.listener)
        self._stopping = False
        self._refused = False
        self._restarts = 0
        self._fruitless = 0  # starts in a row without a healthy answer
        self._reason: str | None = None
        self._said_ready = False

    def run(self) -> int:
        """Return the exit code: 0 after a signal, GAVE_UP or REFUSED."""
        family.adopt_orphans()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup: keep ignoring it
                signal.signal(number, self._on_signal)
        while not self._stopping:
            if (reason := self._live()) is None:
                break
            if not self._may_go_on(reason.rstrip(".")):
                return REFUSED if self._refused else GAVE_UP
        return 0

    def clear(self) -> None:
        """Remove the folder that all service processes shared."""
        self._stand_in.end()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _live(self) -> str | None:
        """Run one service process to its end; return why it ended, None after a signal."""
        self._stand_in.begin(status="unavailable" if self._reason else "starting", reason=self._state())
        life = Life(self._serving, self._scratch / str(self._restarts))
        try:
            life.start(self._restarts, self._reason)
            reason = None
            while not self._stopping and (reason := life.poll()) is None:
                self._tell(life)
            if self._stopping:
                self._stand_in.end()
                life.stop(STOP_S)
                return None
            self._refused = life.refused
            self._fruitless = 0 if life.was_healthy else self._fruitless + 1
            return reason
        except OSError as error:
            self._fruitless += 1
            return f"the process of the service could not be started ({error.strerror})"
        finally:
            life.clear()

    def _tell(self, life: Life) -> None:
        """Tell systemd and the stand-in the current state."""
        if life.accepting:
            self._stand_in.end()
        if life.was_healthy:
            self._systemd.send("READY=1", "WATCHDOG=1", f"STATUS=serving at {self._serving.url}")
            if not self._said_ready:
                self._said_ready = True
                print(f"photobatch is ready at {self._serving.url} (docs at /docs, Ctrl-C stops)", flush=True)
        else:
            self._systemd.send("WATCHDOG=1", f"STATUS={self._state()}")

    def _may_go_on(self, reason: str) -> bool:
        """Report what happened, and wait before the next start; False if it was the last one."""
        self._reason = reason
        self._restarts += 1
        if self._refused or self._fruitless >= MOST_STARTS:
            print(f"photobatch gives up: {reason}.", file=sys.stderr, flush=True)
            return False
        pause_s = min(2.0**self._fruitless - 1, LONGEST_PAUSE_S)
        print(f"photobatch starts anew: {reason}.", file=sys.stderr, flush=True)
        self._stand_in.begin(status="unavailable", reason=self._state())
        until = time.monotonic() + pause_s
        while not self._stopping and time.monotonic() < until:
            time.sleep(TICK_S)
        return True

    def _state(self) -> str:
        return f"it is being started anew: {self._reason}" if self._reason else "it is being started"

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopping:  # second signal: at once
            kill(family.members())
            shutil.rmtree(self._scratch, ignore_errors=True)
            os._exit(130)
        self._stopping = True
        self._systemd.send("STOPPING=1")
        with suppress(OSError):  # this may interrupt a running print
            os.write(sys.stdout.fileno(), "stopping …\n".encode())


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def main() -> int:
    """Supervise; the listening socket comes from `photobatch serve`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--listener", type=int, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--notify", help="address of systemd's socket")
    given = parser.parse_args()
    serving = Serving(socket.socket(fileno=given.listener), given.host, given.port, given.workers)
    supervisor = Supervisor(serving, Notifier(given.notify))
    try:
        return supervisor.run()
    finally:
        supervisor.clear()


if __name__ == "__main__":
    sys.exit(main())
