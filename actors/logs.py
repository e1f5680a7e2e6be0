"""Logging of all processes: one line for each event that an operator wants to know.

Lines go to standard error, which Ray keeps in its session's folder, by process. Data of an event besides its message
(batch, photo, attempt, worker) is passed as `extra` and becomes fields.
"""

import json
import logging
import re
import sys
import time
from dataclasses import dataclass
from typing import Any, TextIO

PACKAGES = ("actors", "deployments", "models", "presets", "storage")
_USUAL = vars(logging.makeLogRecord({})).keys() | {"message", "asctime", "taskName"}  # Ray adds one that begins with _
# The query of an address may be a signature, and the part before its @ a password.
_BEHIND = re.compile(r"(/[^\s?#\"'<>]*)[?#][^\s\"'<>]+")
_BEFORE = re.compile(r"(//)[^\s/@\"'<>]+@")


@dataclass(frozen=True, slots=True)
class LogConfig:
    """Format and level of the log."""

    as_json: bool = False
    level: str = "INFO"  # of our packages; others log from WARNING on, because some log whole addresses below it


def begin(config: LogConfig, **fields: Any) -> None:
    """Configure logging of this process; every line has `fields`. The last call counts."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _StandardError)]:
        root.removeHandler(handler)
    handler = _StandardError()
    handler.setFormatter(Lines(as_json=config.as_json, fields=fields))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for package in PACKAGES:
        logging.getLogger(package).setLevel(config.level)


class Lines(logging.Formatter):
    """Formats a record as one line, JSON or text; queries and passwords are removed from addresses."""

    def __init__(self, *, as_json: bool, fields: dict[str, Any]) -> None:
        super().__init__()
        self._as_json = as_json
        self._fields = fields

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; in text format a traceback follows it."""
        extra = {name: value for name, value in vars(record).items() if name not in _USUAL and name[0] != "_"}
        fields = {name: clean(value) if isinstance(value, str) else value for name, value in extra.items()}
        said = {"time": _iso(record.created), "level": record.levelname.lower(), "logger": record.name}
        message = clean(record.getMessage())
        trace = clean(self.formatException(record.exc_info)) if record.exc_info and record.exc_info[0] else ""
        if self._as_json:
            error = {"error": trace} if trace else {}
            line = said | {"message": message} | self._fields | fields | error
            return json.dumps(line, ensure_ascii=False, default=str)
        words = [f"{name}={value}" for name, value in (self._fields | fields).items()]
        line_of_text = " ".join([said["time"], record.levelname, f"{record.name}:", message, *words])
        return f"{line_of_text}\n{trace}" if trace else line_of_text


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to the current sys.stderr at each call."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def clean(text: str) -> str:
    """Return a text with queries and passwords removed from its addresses."""
    return _BEFORE.sub(r"\1…@", _BEHIND.sub(r"\1?…", text))


def _iso(unix_s: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(unix_s)) + f".{int(unix_s % 1 * 1000):03d}Z"
