"""What bad requests cost: `python -m benchmarks.hostile_bodies [--quick]`.

Each body is sent to a real `photobatch serve`. Figures: seconds until the answer, peak memory of all processes above
idle, and the slowest `/health/live` meanwhile. Honest submits of 100,000 photos are measured too, and many concurrent
bodies that never end.
"""

import json
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from benchmarks.record import command
from benchmarks.record.figures import Figure, Target
from benchmarks.servers.server import Server, serving

ANSWER_S, MEMORY_MB, LIVE_MS = Target(1.0), Target(150.0), Target(100.0)
SUBMIT, PRESETS, PREVIEW = "/api/v1/batch/submit", "/api/v1/presets", "/api/v1/presets/preview"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
LARGE, FIELDS, SMALL = 31_000_000, 7_900_000, 500_000  # bytes, just below the limits of the service
MANY = 100_000  # photos
UNFINISHED = 40  # bodies at once
_SETTLE_S = 10.0  # until its workers are ready and start-up is over
_URL = "https://photos.example/2026/%07d.jpg"


@dataclass(frozen=True, slots=True)
class Case:
    """A request; its body is made on demand, because all together are large."""

    name: str
    body: Callable[[], bytes]
    path: str = SUBMIT
    kind: str = JSON


def _filled(head: bytes, piece: bytes, tail: bytes, size: int) -> bytes:
    return head + b",".join([piece] * (size // (len(piece) + 1))) + tail


def _keys(head: bytes, tail: bytes, size: int) -> bytes:
    return head + b",".join(b'"%07d":1' % number for number in range(size // 12)) + tail


def _lists(name: str, of: str, piece: bytes) -> Case:
    head = b'{"%b":[' % name.encode()
    return Case(f"{name}, {of}", lambda: _filled(head, piece, _REST, LARGE))


_FIELD = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
_REST = b'],"preset_id":"filter_warm"}'
_PHOTO = b'{"source":"https://a.example/a.jpg","params":'
_BOXES = b'{"regions":{"boxes":['
_COLOR = b'{"preset_type":"color","preset_params":'
_PRESET = b'{"id":"a","name":{"zh":"a","en":"a"},"type":"%b","params":'
_EMOJI = "😀".encode()

HOSTILE = (
    _lists("image_urls", "lists", b"[]"),
    _lists("image_urls", "one letter each", b'"a"'),
    _lists("image_urls", "wide characters", b'"%b"' % (b"a" * 8000 + _EMOJI)),
    _lists("image_urls", "large numbers", b"1" * 4000),
    Case("image_urls, one long string", lambda: b'{"image_urls":["' + b"a" * LARGE + _EMOJI + b'"' + _REST),
    _lists("photos", "objects", b"{}"),
    _lists("photos", "40 unknown parameters each", _PHOTO + _keys(b"{", b"}", 480) + b"}"),
    Case("a photo with many boxes", lambda: _filled(b'{"photos":[' + _PHOTO + _BOXES, b"[]", b"]}}}" + _REST, LARGE)),
    Case("preset_params of many names", lambda: _keys(b'{"preset_params":{', b"}}", LARGE)),
    Case("metadata of many names", lambda: _keys(b'{"metadata":{', b"}}", LARGE)),
    Case("metadata below the limit of a value", lambda: _keys(b'{"metadata":{', b"}}", 500_000)),
    Case("output of many names", lambda: _keys(b'{"output":{', b"}}", 500_000)),
    Case("unknown fields", lambda: _keys(b"{", b"}", LARGE)),
    Case("one name again and again", lambda: _filled(b"{", b'"user_id":"a"', b"}", LARGE)),
    Case("curve of many points", lambda: _filled(_COLOR + b'{"curve":[', b"[0,0]", b"]}}", LARGE)),
    Case("curve below the limit of a value", lambda: _filled(_COLOR + b'{"curve":[', b"[2]", b"]}}", 500_000)),
    Case("hsl of many names", lambda: _keys(_COLOR + b'{"hsl":{', b"}}}", LARGE)),
    Case("deep lists", lambda: b"[" * LARGE),
    Case("deep objects", lambda: b'{"image_urls":' * (LARGE // 14)),
    Case("a huge number", lambda: b'{"priority":' + b"1" * LARGE + b"}"),
    Case("blanks", lambda: b"{" + b" " * LARGE + b"}"),
    Case("escapes", lambda: b'{"user_id":"' + b"\\u0041" * (LARGE // 6) + b'"}'),
    Case("quotes", lambda: b'{"user_id":' + b'"' * LARGE),
    Case("form, percent-encoded", lambda: b"user_id=" + b"%41" * (FIELDS // 3), kind=FORM),
    Case("form, image_urls of lists", lambda: _filled(b"image_urls=[", b"[]", b"]", FIELDS), kind=FORM),
    Case(
        "multipart, photos of objects",
        lambda: _FIELD % (b"photos", _filled(b"[", b"{}", b"]", FIELDS)) + b"--x--",
        kind=MULTIPART,
    ),
    Case("multipart, empty fields", lambda: _FIELD % (b"a", b"") * (LARGE // 60), kind=MULTIPART),
    Case("preset of many names", lambda: _keys(b"{", b"}", SMALL), PRESETS),
    Case("preset, params of many names", lambda: _keys(_PRESET % b"color" + b"{", b"}}", SMALL), PRESETS),
    Case("preset, many boxes", lambda: _filled(_PRESET % b"erase" + _BOXES, b"[]", b"]}}}", SMALL), PRESETS),
    Case("previews of lists", lambda: _filled(b'{"source":"upload:a","items":[', b"[]", b"]}", SMALL), PREVIEW),
)


def _honest(photos: int) -> tuple[Case, ...]:
    urls = [_URL % number for number in range(photos)]
    with_params = [{"source": url, "params": {"fade": number % 10 / 10}} for number, url in enumerate(urls)]
    return (
        Case(f"{photos:,} image_urls", lambda: json.dumps({"image_urls": urls, "preset_id": "filter_warm"}).encode()),
        Case(f"{photos:,} photos", lambda: json.dumps({"photos": with_params, "preset_id": "filter_warm"}).encode()),
    )


class Watch:
    """Requests `/health/live` continuously, and records the slowest answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._slowest = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def slowest_ms(self) -> float:
        """Return the slowest answer since the last call."""
        time.sleep(0.05)
        slowest, self._slowest = self._slowest, 0.0
        return slowest * 1000

    def end(self) -> None:
        """Stop."""
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        with httpx.Client(base_url=self._url, timeout=300.0, trust_env=False) as http:
            while not self._ended.wait(0.01):
                began = time.perf_counter()
                http.get("/api/v1/health/live").raise_for_status()
                self._slowest = max(self._slowest, time.perf_counter() - began)


@dataclass(slots=True)
class Memory:
    """The memory of a family of processes: idle, and the peak since `forget`."""

    processes: list[psutil.Process]
    idle: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Record the current memory."""
        self.idle = {process.pid: process.memory_info().rss for process in self.processes}

    def forget(self) -> None:
        """Reset the peaks (proc(5), clear_refs)."""
        for process in self.processes:
            with suppress(OSError):  # it has ended
                Path(f"/proc/{process.pid}/clear_refs").write_text("5")

    def grown_mb(self) -> float:
        """Return the sum of the peaks above idle."""
        return sum(max(0, _peak(process.pid) - self.idle[process.pid]) for process in self.processes) / 1e6


def _peak(pid: int) -> int:
    with suppress(OSError, StopIteration):  # it has ended
        status = Path(f"/proc/{pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    return 0


@contextmanager
def _service(**settings: str) -> Iterator[tuple[Server, Memory, Watch]]:
    with (
        tempfile.TemporaryDirectory(prefix="photobatch-bodies-") as folder,
        serving(Path(folder), BATCH_MAX_WORKERS="1", **settings) as server,
    ):
        watch = Watch(server.url)
        time.sleep(_SETTLE_S)
        watch.slowest_ms()
        try:
            yield server, Memory(server.family()), watch
        finally:
            watch.end()


def _send(server: Server, memory: Memory, watch: Watch, case: Case) -> tuple[str, float, float, float]:
    body = case.body()
    memory.forget()
    watch.slowest_ms()
    began = time.perf_counter()
    answer = server.http.post(case.path, content=body, headers={"Content-Type": case.kind}, timeout=300.0)
    took = time.perf_counter() - began
    said = answer.json()
    return str(said.get("code", answer.status_code)), took, memory.grown_mb(), watch.slowest_ms()


def _unfinished(server: Server, memory: Memory, watch: Watch) -> tuple[str, float, float, float]:
    """Send many bodies at once but never finish them; the time is until all refusals have come."""
    memory.forget()
    watch.slowest_ms()
    began = time.perf_counter()
    head = f"POST {SUBMIT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: {LARGE}\r\n\r\n"
    held: list[socket.socket] = []
    refused = 0
    for _ in range(UNFINISHED):
        one = socket.create_connection(("127.0.0.1", server.port))
        held.append(one)
        one.settimeout(2.0)
        try:
            one.sendall(head.encode() + b" " * (LARGE - 1000))
            one.settimeout(0.1)
            refused += bool(one.recv(4096))
        except TimeoutError:
            pass
        except OSError:  # refused and closed while sending
            refused += 1
    took = time.perf_counter() - began
    grown, slowest = memory.grown_mb(), watch.slowest_ms()
    for one in held:
        one.close()
    return f"{refused} refused", took, grown, slowest


def main() -> None:
    """The command line."""
    parser = command.parser("hostile_bodies", "What bad requests cost.", runs=1, quick="a tenth of the honest photos")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    wanted = parser.parse_args()
    speaker = command.Speaker("hostile_bodies", wanted)

    def report(name: str, found: list[tuple[str, float, float, float]], answer: Target | None) -> None:
        codes, seconds, grown, live = zip(*found, strict=True)
        said = [
            Figure("answer", "s", seconds, answer),
            Figure("memory", "MB", grown, MEMORY_MB if answer else None),
            Figure("slowest /health/live", "ms", live, LIVE_MS),
        ]
        speaker.report({"body": name, "said": codes[-1]}, said)

    with _service() as (server, memory, watch):
        for case in HOSTILE:
            if wanted.only in case.name:
                report(case.name, [_send(server, memory, watch, case) for _ in range(wanted.runs)], ANSWER_S)
        if wanted.only in "unfinished":
            report("unfinished", [_unfinished(server, memory, watch)], None)
    with _service(BATCH_MAX_PHOTOS=str(MANY), BATCH_MAX_QUEUED_PHOTOS="10000000") as (server, memory, watch):
        for case in _honest(MANY // 10 if wanted.quick else MANY):
            if wanted.only in case.name:
                report(case.name, [_send(server, memory, watch, case) for _ in range(wanted.runs)], None)


if __name__ == "__main__":
    main()
