"""How events stand in the journal: each is a JSON object that names its kind."""

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar, get_type_hints

from actors.messages.errors import later_version
from actors.messages.records import Json
from actors.photos.compact_json import compact_json


@dataclass(frozen=True, slots=True)
class Key:
    """How one field stands in the journal, said in its `Annotated`: under which key, and by which JSON."""

    name: str
    read: Callable[[Any], Any] | None = None  # None: the JSON is the value
    write: Callable[[Any], Any] | None = None


class _Event(Protocol):
    kind: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Event = TypeVar("Event", bound=_Event)


class _Column(NamedTuple):
    """One field of a type, and how it stands in the journal."""

    field: str
    key: str
    default: Any  # MISSING: it has none
    read: Callable[[Any], Any] | None
    write: Callable[[Any], Any] | None


class EventFormat(Generic[Event]):
    """Writes events of the given types, and reads them back by their kind.

    An object has `e`, the kind, `t`, the unix time at which the event was recorded, and the event's fields: under their
    names, or as their `Key` says. A field whose default is None is left out when it is None. A field that has a default
    may be missing: an earlier version did not write it. Keys that no field has are passed over.
    """

    def __init__(self, *types: type[Event], time_first: frozenset[type[Any]] = frozenset()) -> None:
        """`time_first`: the types in whose objects `t` stands before the fields, not behind them."""
        self._columns = {event: [_column(event, field) for field in fields(event)] for event in types}
        self._known = {event.kind: (event, self._columns[event]) for event in types}
        self._time_first = time_first

    def write(self, event: Event, at: float) -> bytes:
        """Return what the journal keeps of an event that is recorded `at` a unix time."""
        kind = type(event)
        said: Json = {"e": kind.kind, "t": at} if kind in self._time_first else {"e": kind.kind}
        for field, key, default, _, write in self._columns[kind]:
            value = getattr(event, field)
            if value is not None or default is not None:
                said[key] = value if write is None else write(value)
        said["t"] = at
        return compact_json(said)

    def read(self, said: Json) -> Event:
        """Return the event that an object of the journal is.

        Raises NewerJournalError for a kind that is not known, KeyError where a field is missing.
        """
        known = self._known.get(said["e"])
        if known is None:
            raise later_version(said["e"])
        kind, columns = known
        values: Json = {}
        for field, key, default, read, _ in columns:
            if default is MISSING or key in said:
                values[field] = said[key] if read is None else read(said[key])
        return kind(**values)


def _column(event: type[Any], field: Field[Any]) -> _Column:
    said = getattr(get_type_hints(event, include_extras=True)[field.name], "__metadata__", ())
    key = next((one if isinstance(one, Key) else Key(one) for one in said), Key(field.name))
    return _Column(field.name, key.name, field.default, key.read, key.write)
