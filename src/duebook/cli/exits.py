"""How a command ends: the exit code and the line that goes with whatever was raised. Nothing expected shows a trace.

Source: docs/howto/command-line.md, "Exit codes".
"""

import os
import sys
from collections.abc import Callable
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from cyclopts import Argument, CoercionError, CycloptsError, Token
from psycopg_pool import PoolTimeout

from duebook.aging.bands import BadBands
from duebook.aging.errors import AgingError
from duebook.db.backup_file import BackupError
from duebook.db.dumps import DumpError
from duebook.db.embedded import EmbeddedError
from duebook.db.migrate import MigrationError
from duebook.demo.books import NotADemonstration
from duebook.http.settings import BadSettings
from duebook.importers.errors import ImportRefused
from duebook.ledger.errors import LedgerError
from duebook.ledger.head_keys import BadHeadKey, NoHeadKey
from duebook.money import UnknownCurrency
from duebook.tenancy.errors import TenancyError, UnknownTimeZone

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141


_FORMS: Final[dict[Any, str]] = {
    date: "a day that exists, written 2025-03-31",
    UUID: "an id (a UUID)",
}


class UsageError(Exception):
    """The command was given something that it cannot be asked."""


class CommandRefused(Exception):
    """What was asked cannot be done; the message says why and what would help."""


class Exit(NamedTuple):
    """An exit code, and what to say on standard error; nothing if it is empty."""

    code: int
    message: str


def _said(raised: BaseException) -> str:
    return str(raised)


def _not_that_kind(raised: BaseException) -> str:
    """What to write instead, in place of the Python type that could not be made of it."""
    match raised:
        case CoercionError(target_type=kind, token=Token(value=value), argument=Argument(name=name)) if kind in _FORMS:
            return f"{name}: {value!r} is not {_FORMS[kind]}"
    return str(raised)


def _settings(raised: BaseException) -> str:
    """A line for each problem."""
    return "\nduebook: ".join(map(str, raised.problems)) if isinstance(raised, BadSettings) else str(raised)


def _nothing(_: BaseException) -> str:
    return ""


def _database_down(raised: BaseException) -> str:
    return f"the database does not answer: {' '.join(str(raised).split())}"


def _database_busy(_: BaseException) -> str:
    return "the database does not answer: no connection could be had in time"


def _behind(_: BaseException) -> str:
    return "the database is not at the schema of this release: run `duebook migrate` as its owner"


def _unreadable(_: BaseException) -> str:
    return "something that is stored cannot be read, so it was changed behind the service's back: run `duebook verify`"


def _not_allowed(raised: BaseException) -> str:
    return f"this database role may not do that: {str(raised).splitlines()[0]}"


def _machine_refuses(raised: BaseException) -> str:
    """Such as a full disk: what the system says, without its number for it."""
    said = str(raised)
    return f"the machine does not do it: {said.partition('] ')[2] or said}"


_EXITS: Final[tuple[tuple[type[BaseException], int, Callable[[BaseException], str]], ...]] = (
    (UsageError, USAGE, _said),
    (CoercionError, USAGE, _not_that_kind),
    (CycloptsError, USAGE, _said),
    (BadBands, USAGE, _said),
    (BadSettings, USAGE, _settings),
    (UnknownCurrency, USAGE, _said),
    (BadHeadKey, USAGE, _said),
    (NoHeadKey, REFUSED, _said),
    (CommandRefused, REFUSED, _said),
    (ImportRefused, REFUSED, _said),
    (LedgerError, REFUSED, _said),
    (UnknownTimeZone, USAGE, _said),
    (TenancyError, REFUSED, _said),
    (AgingError, REFUSED, _said),
    (EmbeddedError, REFUSED, _said),
    (MigrationError, REFUSED, _said),
    (BackupError, REFUSED, _said),
    (DumpError, REFUSED, _said),
    (NotADemonstration, REFUSED, _said),
    (psycopg.errors.UndefinedTable, REFUSED, _behind),
    (psycopg.errors.UndefinedColumn, REFUSED, _behind),
    (psycopg.errors.InsufficientPrivilege, REFUSED, _not_allowed),
    (PoolTimeout, REFUSED, _database_busy),
    (psycopg.OperationalError, REFUSED, _database_down),
    (psycopg.DataError, REFUSED, _unreadable),
    (BrokenPipeError, PIPE_CLOSED, _nothing),
    (OSError, REFUSED, _machine_refuses),
    (KeyboardInterrupt, INTERRUPTED, _nothing),
)


def exit_of(raised: BaseException) -> Exit | None:
    """The exit that belongs to what was raised; None for what nobody expected."""
    if isinstance(raised, SystemExit):
        return Exit(raised.code if isinstance(raised.code, int) else REFUSED, "")
    found = next(((code, message) for kind, code, message in _EXITS if isinstance(raised, kind)), None)
    return Exit(found[0], found[1](raised)) if found else None


def say(end: Exit) -> None:
    """Print the message. A pipe that was closed is left alone, so that Python has nothing left to write to it."""
    if end.code == PIPE_CLOSED:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    elif end.message:
        print(f"duebook: {end.message}", file=sys.stderr)
