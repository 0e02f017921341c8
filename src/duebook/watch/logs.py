"""How a server writes its log: on standard error, a line of JSON or of text for each thing that happened.

Holds: nothing that is logged can begin a line of its own, and no line is longer than what a pipe takes in one piece, so
that the lines of several processes do not mix. Of an exception the log has the class and the place, never what it says:
that may quote a request.
Source: docs/howto/watch-a-server.md, "The log".
"""

import logging
import logging.config
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePath
from traceback import extract_tb
from types import TracebackType
from typing import Any, Final

from pythonjsonlogger.json import JsonFormatter

from duebook.watch.traces import trace_id

_MESSAGE_CHARACTERS: Final = 500
_FRAMES: Final = 25
"""The innermost places of an exception; with a message this stays below 4 KiB, which a pipe takes in one piece."""
_FIELDS: Final = ("asctime", "levelname", "name", "process", "message")
_NAMES: Final = {"asctime": "time", "levelname": "level", "name": "logger", "exc_info": "trace"}

Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class LogFormat(StrEnum):
    """For programs, everything that happened; or for people, what went wrong."""

    JSON = "json"
    TEXT = "text"


def configuration(form: LogFormat) -> dict[str, Any]:
    """What `logging.config.dictConfig` makes the log of: every logger's, those of libraries included."""
    lines, level = {LogFormat.JSON: (JsonLines, "INFO"), LogFormat.TEXT: (TextLines, "WARNING")}[form]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{lines.__module__}.{lines.__qualname__}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"_granian": {}, "granian.access": {}},
    }


class JsonLines(JsonFormatter):
    """One JSON object a line, in ASCII: the fields of the record, and those that its logger added."""

    def __init__(self) -> None:
        super().__init__(_FIELDS, rename_fields=_NAMES)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        if found := trace_id():
            record.trace_id = found
        return super().format(_shortened(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002  # as logging has it
        """The instant, in UTC, to the millisecond."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def formatException(self, ei: Raised) -> Any:
        """Where it was raised, as a list."""
        return list(_places(ei[1]))


class TextLines(logging.Formatter):
    """What went wrong, a line each, and below it, indented, where a bug was raised."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        return super().format(_shortened(record))

    def formatException(self, ei: Raised) -> str:  # the name that logging has for it
        """Where it was raised, a line each."""
        return "\n".join(f"    {place}" for place in _places(ei[1]))


def _shortened(record: logging.LogRecord) -> logging.LogRecord:
    """The record with a message of one line."""
    said = "".join(each if each.isprintable() else " " for each in record.getMessage())
    record.msg, record.args = said[:_MESSAGE_CHARACTERS], None
    return record


def _places(error: BaseException | None) -> Iterator[str]:
    """The classes of an exception and of what it came from, each behind the places that it went through."""
    if error is None:
        return
    if cause := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        yield from _places(cause)
    for frame in extract_tb(error.__traceback__)[-_FRAMES:]:
        yield f"{'/'.join(PurePath(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"
    yield type(error).__qualname__
