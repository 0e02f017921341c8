"""Which database a command works on: the embedded one of a data folder, or a server of one's own.

Holds: a URL, which may hold a password, goes on to other processes by the environment alone and is never printed.
Source: docs/reference/settings.md.
"""

import asyncio
import os
import shlex
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cyclopts import Parameter
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import namedtuple_row

from duebook.cli.exits import CommandRefused, UsageError
from duebook.cli.output import progress, remark
from duebook.db.embedded import default_data_dir, is_unused, owned, shared
from duebook.db.migrate import migrate, migrations
from duebook.db.pool import DATABASE_URL, Database, connected
from duebook.db.queries import load
from duebook.ledger.head_keys import HEAD_KEY, NoHeadKey, made_once, private_key

T = TypeVar("T")

BOOKS: Final = "books"

_QUERIES: Final = load("duebook.cli")
_CONNECT_SECONDS: Final = "10"
_DATABASE_SECONDS: Final = 60.0
"""How long a server that is started before its database waits for it."""
_POLL_SECONDS: Final = 0.2
_ON_ITS_WAY: Final = ("starting up", "shutting down", "recovery", "not yet accepting", "too many clients")
"""What PostgreSQL says, in English, when it refuses a connection for the moment."""


class SchemaBehind(CommandRefused):
    """The database has all the migrations of this release."""

    def __init__(self, missing: int) -> None:
        self.missing = missing
        super().__init__(
            f"the database lacks {missing} of this release's migrations: run `duebook migrate` as its owner"
        )


class RoleTooStrong(CommandRefused):
    """The role that serves is bound by row-level security."""

    def __init__(self, role: str, because: str) -> None:
        self.role = role
        super().__init__(
            f"the role {role} {because}, so nothing would keep businesses apart: "
            "serve as a role that owns nothing (docs/reference/settings.md)"
        )


class NoBooks(CommandRefused):
    """A command that makes no books is told where some are."""

    def __init__(self, where: "Where") -> None:
        self.folder = folder(where)
        option = f" --data-dir {shlex.quote(str(where.data_dir))}" if where.data_dir else ""
        super().__init__(
            f"there are no books in {self.folder}: name another folder with --data-dir, "
            f"or make books there with `duebook serve{option}` or `duebook partner create NAME{option}`"
        )


@Parameter(name="*", group="Database")
@dataclass(frozen=True, kw_only=True)
class Where:
    """Which database. Without a word: the one of DUEBOOK_DATABASE_URL, else the embedded one in the usual folder."""

    data_dir: Annotated[Path | None, Parameter(help="Folder of the embedded database.")] = None
    database_url: Annotated[
        str | None, Parameter(help="A PostgreSQL server; the environment keeps a password out of sight.")
    ] = None


USUAL: Final = Where()


def external_url(where: Where, variable: str = DATABASE_URL) -> str | None:
    """The URL of the server to use, or None for the embedded one. Raises UsageError."""
    if where.data_dir is not None and where.database_url is not None:
        raise UsageError("--data-dir and --database-url name two databases: give one of them")
    if where.data_dir is not None:
        return None
    url = where.database_url or os.environ.get(variable)
    if not url:
        return None
    try:
        settings = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # What the driver says would quote the URL, and with it a password.
        raise UsageError(
            "the database URL cannot be read; it looks like postgresql://user@host:5432/database"
        ) from None
    if where.database_url and settings.get("password"):
        remark(f"duebook: others can see a password in --database-url; {variable} hides it")
    return make_conninfo(url, connect_timeout=settings.get("connect_timeout") or _CONNECT_SECONDS)


def folder(where: Where) -> Path:
    """The folder of the embedded database."""
    return where.data_dir or default_data_dir(BOOKS)


def head_key_of(where: Where) -> Ed25519PrivateKey:
    """The key that heads are signed with: the setting's, or the embedded database's own, made now if it has none yet.

    Raises NoHeadKey, BadHeadKey, NoBooks.
    """
    if named := os.environ.get(HEAD_KEY):
        return private_key(Path(named))
    if where.data_dir is None and (where.database_url or os.environ.get(DATABASE_URL)):
        raise NoHeadKey
    if is_unused(folder(where)):
        raise NoBooks(where)
    return made_once(own_head_key(folder(where)))


def own_head_key(data_dir: Path) -> Path:
    """The file of an embedded database's own key."""
    return data_dir / "head-key.pem"


@contextmanager
def serving_url(where: Where, *, makes_books: bool = False) -> Iterator[str]:
    """The URL for one command, of a database that answers; an embedded one is made only for a command that makes books.

    Raises NoBooks, EmbeddedError, SchemaBehind, psycopg.Error.
    """
    url = external_url(where)
    if url is not None:
        raise_if_behind(url)
        yield url
        return
    if not makes_books and is_unused(folder(where)):
        raise NoBooks(where)
    with ExitStack() as stack:
        with progress("Starting the database"):
            urls = stack.enter_context(shared(folder(where)))
            try:
                raise_if_behind(urls.serve)
            except SchemaBehind:
                migrate(urls.owner)
        yield urls.serve


@contextmanager
def supervised_url(data_dir: Path) -> Iterator[str]:
    """The URL of the embedded database of a folder, migrated, for the one process that keeps it running.

    Raises EmbeddedError, MigrationError.
    """
    with ExitStack() as stack:
        with progress("Starting the database"):
            urls = stack.enter_context(owned(data_dir))
            migrate(urls.owner)
        yield urls.serve


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database, for a command that does one thing after the other."""
    async with connected(url, readers=1, writers=1) as database:
        yield database


def on_database(where: Where, work: Callable[[Database], Awaitable[T]], *, makes_books: bool = False) -> T:
    """What one piece of work on the database comes to. Raises what `serving_url` raises, and what the work raises."""

    async def run(url: str) -> T:
        async with opened(url) as database:
            return await work(database)

    with serving_url(where, makes_books=makes_books) as url:
        return asyncio.run(run(url))


def raise_if_behind(url: str) -> None:
    """Raises SchemaBehind if a migration of this release is missing; a later release's are welcome."""
    with psycopg.connect(url, row_factory=namedtuple_row) as connection:
        _raise_if_behind(connection)


def wait_until_fit(url: str) -> None:
    """Returns when the database of this URL can be served; waits for one that cannot be reached yet.

    Raises SchemaBehind, RoleTooStrong, psycopg.Error.
    """
    give_up = time.monotonic() + _DATABASE_SECONDS
    waited = False
    while True:
        try:
            _raise_if_unfit(url)
        except psycopg.OperationalError as error:
            if not _may_come_up(error) or time.monotonic() > give_up:
                raise
            if not waited:
                remark(f"Waiting for the database: {' '.join(str(error).split())}")
            waited = True
            time.sleep(_POLL_SECONDS)
        else:
            return


def _may_come_up(error: psycopg.OperationalError) -> bool:
    """Whether a database may take this connection in a moment: nothing answered, or something that is on its way up."""
    said = str(error)
    return "FATAL" not in said or any(one in said for one in _ON_ITS_WAY)


def _raise_if_unfit(url: str) -> None:
    with psycopg.connect(url, row_factory=namedtuple_row) as connection:
        role: Any = connection.execute(_QUERIES.role).fetchone()
        strong = {"is a superuser": role.superuser, "has BYPASSRLS": role.bypasses, "owns the database": role.owns}
        for because, holds in strong.items():
            if holds:
                raise RoleTooStrong(role.name, because)
        _raise_if_behind(connection)


def _raise_if_behind(connection: psycopg.Connection[Any]) -> None:
    wanted = {number for number, _, _ in migrations()}
    is_migrated: Any = connection.execute(_QUERIES.is_migrated).fetchone()
    if is_migrated.there:
        wanted -= {row.number for row in connection.execute(_QUERIES.applied_migrations)}
    if wanted:
        raise SchemaBehind(len(wanted))
