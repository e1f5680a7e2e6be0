"""Messages between processes of which one may be of the version before: in the middle of an upgrade both are there."""

from collections.abc import Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

Message = TypeVar("Message")


def travels(cls: type[Message]) -> type[Message]:
    """Let a frozen dataclass with slots be unpickled from fewer fields than it has, or from more.

    A field that the sender does not know yet gets its default; one that this side does not know is passed over. So new
    fields have defaults, and stand behind all others.
    """
    known = fields(cls)  # type: ignore[arg-type]  # it is a dataclass

    def set_state(self: Message, state: Sequence[Any]) -> None:
        for field, value in zip(known, state, strict=False):
            object.__setattr__(self, field.name, value)
        for field in known[len(state) :]:
            object.__setattr__(self, field.name, _default(field))

    cls.__setstate__ = set_state  # type: ignore[attr-defined]
    return cls


def _default(field: Field[Any]) -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    raise TypeError(f"{field.name} came from nobody and has no default")
