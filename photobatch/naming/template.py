"""Templates of result names such as `{date:%Y-%m-%d}_{counter:04}_{stem}`."""

import re
import string
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from photobatch.file_names import LONGEST, safe

FIELDS = ("stem", "index", "counter", "date", "ext", "preset")
_TELLS_APART = {"stem", "index", "counter"}
_WIDTH = re.compile(r"0[1-9]")
_DATE = re.compile(r"(?:[^%/\\{}]|%[YmdHMSyj])+")
_DIRECTIVE = re.compile(r"%(.)")
_DAY = "%Y-%m-%d"
_PLAIN = "{stem}"
_LONGEST_DATE = 40  # characters
_MOST_WORDS = 120  # bytes of a template beside its fields
_LONGEST_PRESET = 64  # characters


class TemplateError(ValueError):
    """Text that is no template of names; the message says what a template may have."""


class _Part(NamedTuple):
    """Words of a template, and the field behind them."""

    words: str
    field: str | None
    spec: str


@dataclass(frozen=True, slots=True)
class NameTemplate:
    """A template that was read.

    Names are made by this class alone, never by `str.format`: what a format may have is listed here, so that no
    template makes a name of a million characters, or reads an attribute.
    """

    parts: tuple[_Part, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a template; raises TemplateError."""
        try:
            parsed = [(words, field, spec or "", how) for words, field, spec, how in string.Formatter().parse(text)]
        except ValueError:
            raise TemplateError(_allowed()) from None
        for _, field, spec, how in parsed:
            if field is not None and (field not in FIELDS or how or not _is_allowed(field, spec)):
                raise TemplateError(_allowed())
        return cls(tuple(_Part(words, field, spec) for words, field, spec, _ in parsed))

    @classmethod
    def checked(cls, text: str) -> Self:
        """Read a new template: it must also tell photos apart, and name no folders. Raises TemplateError."""
        template = cls.parse(text)
        if not template.fields & _TELLS_APART:
            raise TemplateError("a name needs {stem}, {counter} or {index}, or all results have the same")
        words = "".join(part.words for part in template.parts)
        if any(char in words for char in "/\\\0") or text.startswith("."):
            raise TemplateError("it gives names, not folders: leave out /, \\ and a leading dot")
        if len(words.encode(errors="replace")) > _MOST_WORDS:
            raise TemplateError(f"its words have more than {_MOST_WORDS} bytes")
        return template

    @property
    def fields(self) -> set[str]:
        """The fields that it names."""
        return {part.field for part in self.parts if part.field}

    def fill(self, *, stem: str, index: int, counter: int, date: datetime, extension: str, preset: str) -> str:
        """Return a name that every file system accepts; the extension, without its dot, is appended if it is missing.

        A stem that is too long is cut, so that what tells names apart stays.
        """
        told = {"stem": "", "ext": extension, "preset": preset[:_LONGEST_PRESET].replace("/", "-")}
        numbers = {"index": index, "counter": counter}

        def value(part: _Part) -> str:
            if part.field in numbers:
                return f"{numbers[part.field]:{part.spec}}"
            return _formatted(date, part.spec or _DAY) if part.field == "date" else told.get(part.field or "", "")

        def joined() -> str:
            name = "".join(part.words + value(part) for part in self.parts)
            return name if "ext" in self.fields or not extension else f"{name}.{extension}"

        stems = sum(part.field == "stem" for part in self.parts)
        room = max(0, LONGEST - len(joined().encode(errors="replace"))) // max(1, stems)
        plain = "".join(char for char in unicodedata.normalize("NFC", stem) if unicodedata.category(char)[0] != "C")
        told["stem"] = plain.encode()[:room].decode(errors="ignore")
        return safe(joined())


def template_of(text: str | None) -> NameTemplate:
    """Return the template of a batch. One of an earlier version that is none any more counts as `{stem}`."""
    try:
        return NameTemplate.parse(text or _PLAIN)
    except TemplateError:
        return NameTemplate.parse(_PLAIN)


def _is_allowed(field: str, spec: str) -> bool:
    if field in {"index", "counter"}:
        return not spec or _WIDTH.fullmatch(spec) is not None
    if field == "date":
        return not spec or (len(spec) <= _LONGEST_DATE and _DATE.fullmatch(spec) is not None)
    return not spec


def _formatted(date: datetime, spec: str) -> str:
    """Fill the directives one by one: `strftime` asks the system's C library, whose answers differ."""
    told = {
        "Y": f"{date.year:04}",
        "y": f"{date.year % 100:02}",
        "m": f"{date.month:02}",
        "d": f"{date.day:02}",
        "j": f"{date.timetuple().tm_yday:03}",
        "H": f"{date.hour:02}",
        "M": f"{date.minute:02}",
        "S": f"{date.second:02}",
    }
    return _DIRECTIVE.sub(lambda found: told[found[1]], spec)


def _allowed() -> str:
    fields = ", ".join(f"{{{field}}}" for field in FIELDS)
    return f"it may use {fields}, with a width as in {{counter:04}} and a format as in {{date:%Y-%m-%d}}"
