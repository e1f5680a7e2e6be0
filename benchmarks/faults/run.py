"""One chaos run: a real service on a fresh folder, load, kills, and the checks afterwards."""

import hashlib
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import simplejpeg

from benchmarks.faults import census, checks
from benchmarks.faults.checks import Evidence, Result
from benchmarks.faults.client import GaveUpError, PatientClient
from benchmarks.faults.flow import Flow
from benchmarks.faults.host import PhotoHost
from benchmarks.faults.killer import Killer
from benchmarks.faults.load import PRESETS, Item, Load, Order
from benchmarks.faults.photos import SmallPhotos
from benchmarks.faults.reader import Reader, read_result
from benchmarks.faults.round import Round
from benchmarks.faults.settings import ChaosReport, ChaosSettings
from benchmarks.servers.redis_server import RedisServer
from benchmarks.servers.server import Server

_WARM_PHOTOS = 48  # of each preset, before idle is measured: enough for both workers to map its colour table
_WORKERS_S = 60.0


@dataclass
class _Found:
    """Violations by check."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)


def run(settings: ChaosSettings, folder: Path) -> ChaosReport:
    """Do one run in an empty folder; all its processes have ended when it returns."""
    with ExitStack() as stack:
        redis = None
        if settings.journal == "redis":
            redis = RedisServer(folder / "redis")
            stack.callback(redis.kill)
            redis.start()
        photos = SmallPhotos(settings.seed)
        host = stack.enter_context(PhotoHost(photos))
        server = Server(folder, **_environment(settings, folder, redis))
        stack.callback(server.http.close)
        stack.callback(server.kill)
        server.start()
        client = PatientClient(server.url, settings.patience_s)
        stack.callback(client.close)
        load = Load(settings.seed, folder / "photos", host, photos)
        return _ChaosRun(settings, server, redis, client, load).run()


def _environment(settings: ChaosSettings, folder: Path, redis: RedisServer | None) -> dict[str, str]:
    wanted = {
        "BATCH_FILE_ROOTS": str(folder / "photos"),
        "BATCH_ALLOWED_HOSTS": "127.0.0.1",
        "BATCH_TASK_TIMEOUT": str(settings.task_timeout_s),
        "BATCH_REUSE": "0",  # reused work would not be tested
    }
    return wanted | ({"REDIS_URL": redis.url} if redis else {})


class _ChaosRun:
    """The parts of a run, and its findings so far."""

    def __init__(
        self, settings: ChaosSettings, server: Server, redis: RedisServer | None, client: PatientClient, load: Load
    ) -> None:
        self._settings = settings
        self._server = server
        self._client = client
        self._load = load
        self._flow = Flow()
        self._reader = Reader(client)
        self._killer = Killer(settings.seed, server, self._flow, redis, freeze=settings.freeze)
        self._report = ChaosReport(settings)
        self._found = _Found()
        self._evidence: list[Evidence] = []
        self._orders: dict[str, Order] = {}

    def run(self) -> ChaosReport:
        """Warm up, rounds of kills until the time is up, then the checks."""
        begun = time.monotonic()
        self._round([self._warm_up(preset) for preset in PRESETS], None, begun)
        self._wait_for_workers()
        idle = census.at_rest(self._server)
        self._report.idle_bytes = idle.pss
        until = time.monotonic() + self._settings.minutes * 60
        while time.monotonic() < until:
            self._report.rounds += 1
            self._round(self._load.round(self._settings.photos), self._killer, until)
        self._reader.close()
        self._examine()
        self._examine_rest(idle)
        self._report.seconds = time.monotonic() - begun
        return self._sum_up()

    def _warm_up(self, preset: str) -> Order:
        items = tuple(
            Item("file", 1_000_000 + _WARM_PHOTOS * PRESETS.index(preset) + n, "file", None)
            for n in range(_WARM_PHOTOS)
        )
        return Order("warm-up", preset, 5, f"warm-up-{preset}", items)

    def _round(self, orders: list[Order], killer: Killer | None, until: float) -> None:
        seed = self._settings.seed * 1000 + self._report.rounds
        this = Round(
            seed, load=self._load, client=self._client, url=self._server.url, flow=self._flow, reader=self._reader
        )
        this.run(orders, killer, until, self._settings.patience_s)
        self._found.other += this.violations
        self._report.pauses += this.controls.pauses
        self._report.repeats += this.controls.repeats
        self._orders |= this.taken
        for task_id, order in this.taken.items():
            testimony = this.watchers[task_id].testimony
            self._report.reconnects += max(0, testimony.connections - 1)
            self._evidence.append(
                Evidence(task_id, order, this.submitted_at[task_id], {}, [], {}, {}, testimony)  # the rest comes last
            )

    def _wait_for_workers(self) -> None:
        deadline = time.monotonic() + _WORKERS_S
        while time.monotonic() < deadline:
            workers = self._client.json("/api/v1/batch/stats")["workers"]
            if workers["ready"] + workers["busy"] == workers["max"]:
                return
            time.sleep(0.2)
        self._found.other.append(f"the pool was not full again within {_WORKERS_S:.0f} s: {workers}")

    def _examine(self) -> None:
        """Compare every batch with what was reported about it."""
        found, kills = self._found, self._killer.log
        self._evidence = [self._look(each) for each in self._evidence]
        for each in self._evidence:
            found.lost += [*checks.ends(each, kills), *checks.results(each)]
            found.doubled += checks.unchanged(each)
            found.other += [*checks.counts(each), *checks.messages(each)]
            self._count(each)
        for task_id, order in self._orders.items():  # finally repeat each submit
            if (again := self._load.submit(order, self._client)) != task_id:
                found.doubled.append(f"the submit of {task_id}, repeated under its key, made another batch: {again}")
        found.doubled += checks.once(self._orders, self._listed())

    def _examine_rest(self, idle: census.Census) -> None:
        self._wait_for_workers()
        blobs = self._server.folder / "data" / "blobs"
        deadline = time.monotonic() + self._settings.settle_s
        while True:
            missing, strays = checks.stored(blobs, self._evidence)
            if not strays or time.monotonic() > deadline:
                break
            time.sleep(1.0)
        self._found.lost += missing
        self._report.strays = len(strays)
        self._found.other += strays
        after, wrong = census.settled(self._server, idle, self._settings.settle_s)
        self._report.after_bytes = after.pss
        self._found.other += wrong

    def _look(self, evidence: Evidence) -> Evidence:
        task_id = evidence.task_id
        photos = self._client.photos(task_id)
        return Evidence(
            task_id=task_id,
            order=evidence.order,
            submitted_at=evidence.submitted_at,
            batch=self._client.json(f"/api/v1/batch/{task_id}"),
            photos=photos,
            results={p["index"]: self._download(task_id, p["index"]) for p in photos if p["status"] == "succeeded"},
            early={i: sha for (task, i), sha in self._reader.early.items() if task == task_id},
            testimony=evidence.testimony,
        )

    def _download(self, task_id: str, index: int) -> Result | str:
        try:
            content = read_result(self._client, task_id, index)
        except GaveUpError as error:
            return str(error)
        trouble = None
        try:
            simplejpeg.decode_jpeg(content)
        except ValueError as error:
            trouble = str(error)
        return Result(hashlib.sha256(content).hexdigest(), len(content), trouble)

    def _listed(self) -> list[str]:
        """Return the ids of all batches that the service knows."""
        ids: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = self._client.json("/api/v1/batch", limit=50, **cursor)
            ids += [item["task_id"] for item in page["items"]]
            if page["next_cursor"] is None:
                return ids
            cursor = {"cursor": page["next_cursor"]}

    def _count(self, evidence: Evidence) -> None:
        if evidence.order.user == "warm-up":
            return
        self._report.batches += 1
        self._report.photos += len(evidence.photos)
        codes = Counter(photo["error"]["code"] for photo in evidence.photos if photo["error"])
        self._report.crashed += codes["worker_crashed"]
        self._report.extra_attempts += sum(photo["attempts"] - 1 for photo in evidence.photos)

    def _sum_up(self) -> ChaosReport:
        report, found, killer = self._report, self._found, self._killer
        report.kills = killer.counts()
        report.kill_log = killer.as_json()
        for kill in killer.log:
            if kill.recovery_s is not None:
                alone = report.recovery_s.setdefault(kill.kind.value, [])
                (alone if kill.alone else report.recovery_from_both_s).append(round(kill.recovery_s, 3))
        report.read_early = len(self._reader.early)
        report.losses, report.duplicates = len(found.lost), len(found.doubled)
        strange = self._client.strange(kill.at for kill in killer.log)
        others = [*found.other, *killer.violations, *self._reader.violations, *strange]
        report.violations = [*found.lost, *found.doubled, *others]
        return report
