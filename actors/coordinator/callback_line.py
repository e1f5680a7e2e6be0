"""The order of callbacks: users take turns, and no host or user has more than a part of the concurrent calls."""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable

from actors.batches.batch import Batch
from actors.messages.errors import SourceError
from actors.sources.web_address import web_address

AT_ONCE = 32
OF_A_USER = 8
OF_A_HOST = 4
OF_A_USER_TO_A_HOST = 2

Host = tuple[str, int | None]


class CallbackLine:
    """The calls that are due, and those in progress. Bookkeeping only.

    A host that does not answer occupies a call until the time-out. So calls are counted by host, by user, and by both:
    the next user finds room, at the same host too.
    """

    def __init__(self) -> None:
        self._due: OrderedDict[str, dict[Host, deque[Batch]]] = OrderedDict()  # by user, next first; oldest due first
        self._calling: dict[str, Host] = {}
        self._hosts: dict[str, Host] = {}  # parsed once for each due call
        self._of_user: Counter[str] = Counter()
        self._of_host: Counter[Host] = Counter()
        self._of_both: Counter[tuple[str, Host]] = Counter()

    def wait(self, due: Iterable[Batch]) -> None:
        """Replace the set of due calls; users keep their turns."""
        by_user: dict[str, dict[Host, deque[Batch]]] = {}
        waiting = sorted((batch for batch in due if batch.spec.task_id not in self._calling), key=_call_due)
        self._hosts = {(name := batch.spec.task_id): self._hosts.get(name) or _host(batch) for batch in waiting}
        for batch in waiting:
            host = self._hosts[batch.spec.task_id]
            by_user.setdefault(batch.spec.user_id, {}).setdefault(host, deque()).append(batch)
        kept = [user for user in self._due if user in by_user]
        self._due = OrderedDict((user, by_user[user]) for user in dict.fromkeys([*kept, *by_user]))

    def next(self) -> Batch | None:
        """Return the batch whose call begins now, and count it until `over`; None if there is no room.

        A user whose hosts are all busy is skipped and stays first.
        """
        if len(self._calling) >= AT_ONCE:
            return None
        for user, by_host in self._due.items():
            host = next((host for host in by_host if self._has_room(user, host)), None)
            if host is not None:
                return self._begin(user, host)
        return None

    def over(self, batch: Batch) -> None:
        """Note that a call has ended."""
        user, host = batch.spec.user_id, self._calling.pop(batch.spec.task_id)
        self._of_user -= Counter([user])  # a count that falls to 0 is dropped
        self._of_host -= Counter([host])
        self._of_both -= Counter([(user, host)])

    def _has_room(self, user: str, host: Host) -> bool:
        return (
            self._of_user[user] < OF_A_USER
            and self._of_host[host] < OF_A_HOST
            and self._of_both[user, host] < OF_A_USER_TO_A_HOST
        )

    def _begin(self, user: str, host: Host) -> Batch:
        by_host = self._due[user]
        waiting = by_host.pop(host)
        batch = waiting.popleft()
        if waiting:
            by_host[host] = waiting  # behind the user's other hosts
        self._due.move_to_end(user)
        if not by_host:
            del self._due[user]
        self._calling[batch.spec.task_id] = host
        self._of_user[user] += 1
        self._of_host[host] += 1
        self._of_both[user, host] += 1
        return batch


def _call_due(batch: Batch) -> float:
    return batch.call_due


def _host(batch: Batch) -> Host:
    """Return the host and port of a batch's call; an address that cannot be parsed has none, and its call fails."""
    try:
        url = web_address(str(batch.spec.callback_url))
    except SourceError:
        return "", None
    return url.host.decode(), url.port
