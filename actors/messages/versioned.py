"""Messages between processes of different versions: during an upgrade both versions run."""

from collections.abc import Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

Message = TypeVar("Message")


def versioned(cls: type[Message]) -> type[Message]:
    """Let a frozen dataclass with slots be unpickled from fewer fields than it has, or from more.

    A field that the sender does not know gets its default. A field that this side does not know is ignored. So new
    fields need defaults and come last.
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
