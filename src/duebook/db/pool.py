"""Connections to one database: a pool that writes, and one that reads and takes no locks.

Holds: a reading connection is read-only and sees one moment (repeatable read) for the length of its transaction.
Source: docs/reference/storage.md.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import AsyncConnection, IsolationLevel
from psycopg.rows import namedtuple_row
from psycopg_pool import AsyncConnectionPool

Connection = AsyncConnection[Any]
Clock = Callable[[], datetime]

DATABASE_URL: Final = "DUEBOOK_DATABASE_URL"
"""The setting that names the database to serve, as the role that serves."""

MIGRATE_URL: Final = "DUEBOOK_MIGRATE_URL"
"""The setting that names the same database, as its owner."""

WAIT_SECONDS: Final = 15.0
"""How long a request waits for a connection or for a lock before it is told to come again."""


def utc_now() -> datetime:
    """The instant, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Database:
    """Both pools and the clock that recorded times are taken from."""

    readers: AsyncConnectionPool[Connection]
    writers: AsyncConnectionPool[Connection]
    clock: Clock = utc_now


@asynccontextmanager
async def connected(url: str, *, readers: int = 8, writers: int = 8, clock: Clock = utc_now) -> AsyncIterator[Database]:
    """Both pools, open for the length of the block. `url` is a libpq URL of the serving role.

    Raises psycopg_pool.PoolTimeout when no connection can be had.
    """
    async with (
        _pool(url, readers, "duebook read", _configure_reader) as reading,
        _pool(url, writers, "duebook write", _configure_writer) as writing,
    ):
        await reading.wait(WAIT_SECONDS)
        yield Database(reading, writing, clock)


def _pool(url: str, size: int, name: str, configure: Callable[[Connection], Any]) -> AsyncConnectionPool[Connection]:
    kwargs = {"row_factory": namedtuple_row, "application_name": name}
    return AsyncConnectionPool(
        url, kwargs=kwargs, min_size=1, max_size=size, timeout=WAIT_SECONDS, name=name, configure=configure, open=False
    )


async def _configure_reader(connection: Connection) -> None:
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    await connection.set_read_only(True)


async def _configure_writer(connection: Connection) -> None:
    await connection.set_autocommit(True)
    await connection.execute(f"SET lock_timeout = '{WAIT_SECONDS:.0f}s'")
    await connection.set_autocommit(False)
