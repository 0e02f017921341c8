"""Connections to one database: a pool that writes, and one that reads and takes no locks.

Units: seconds.
Holds: a reading connection is read-only and sees one moment (repeatable read) for the length of its transaction; one
that is lent is alive when it is given, and is never given again once it turned out dead or on a standby.
Source: docs/reference/storage.md; docs/reference/limits.md.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import AsyncConnection, IsolationLevel
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import namedtuple_row

from duebook.db.lending import LendingPool
from duebook.watch.metrics import pools

Connection = AsyncConnection[Any]
Clock = Callable[[], datetime]

DATABASE_URL: Final = "DUEBOOK_DATABASE_URL"
"""The setting that names the database to serve, as the role that serves."""

MIGRATE_URL: Final = "DUEBOOK_MIGRATE_URL"
"""The setting that names the same database, as its owner."""

BACKUP_URL: Final = "DUEBOOK_BACKUP_URL"
"""The setting that names the same database, as a role that reads all of it."""

READERS: Final = 8
WRITERS: Final = 8
"""Connections of one process: more than one loop of Python keeps busy, few enough for ten workers on a usual server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long things may take, in seconds; 0 is for as long as they take."""

    opening: float
    """Until the first connection stands, before the pools are given out."""
    wait: float
    """For a turn, then for a connection."""
    lock: float
    """For a lock in the database."""
    statement: float
    """One statement, in the database."""
    idle: float
    """Between two statements of a transaction: what the database grants a process that has stopped or is cut off."""
    held: float
    """A whole transaction. Then its connection is cut, which is all that helps if the other end falls silent."""


FOR_REQUESTS: Final = Patience(opening=0, wait=5, lock=5, statement=10, idle=60, held=12)
"""Clients wait half a minute as a rule, so that what only waits is answered well before."""
FOR_COMMANDS: Final = Patience(opening=15, wait=15, lock=15, statement=0, idle=0, held=0)
"""An import takes the time that it takes."""

_TO_REACH_IT: Final = {
    "target_session_attrs": "read-write",  # of several hosts, the one that is no standby
    "tcp_user_timeout": "10000",  # a cut cable is noticed after so many milliseconds
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
}
"""What a connection is made with unless the URL says otherwise; most of it is moot on a socket of this machine."""


def utc_now() -> datetime:
    """The instant, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Database:
    """Both pools and the clock that recorded times are taken from."""

    readers: LendingPool
    writers: LendingPool
    clock: Clock = utc_now
    patience: Patience = FOR_COMMANDS


@asynccontextmanager
async def connected(
    url: str,
    *,
    readers: int = READERS,
    writers: int = WRITERS,
    clock: Clock = utc_now,
    patience: Patience = FOR_COMMANDS,
) -> AsyncIterator[Database]:
    """Both pools, open for the length of the block. `url` is a libpq URL of the serving role.

    Raises psycopg_pool.PoolTimeout when no connection can be had, unless there is no waiting for the first one.
    """
    async with (
        _pool(url, readers, "duebook read", _configure_reader, patience) as reading,
        _pool(url, writers, "duebook write", _configure, patience) as writing,
    ):
        pools.update((reading, writing))
        if patience.opening:
            await reading.wait(patience.opening)
        yield Database(reading, writing, clock, patience)


def _pool(url: str, size: int, name: str, configure: Callable[..., Any], patience: Patience) -> LendingPool:
    async def configured(connection: Connection) -> None:
        await configure(connection, patience)

    said = conninfo_to_dict(url)
    return LendingPool(
        make_conninfo(url, **{name: value for name, value in _TO_REACH_IT.items() if name not in said}),
        kwargs={"row_factory": namedtuple_row, "application_name": name},
        size=size,
        name=name,
        configure=configured,
        wait=patience.wait,
        held=patience.held,
    )


async def _configure(connection: Connection, patience: Patience) -> None:
    await connection.set_autocommit(True)
    await connection.execute(
        f"SET lock_timeout = '{patience.lock * 1000:.0f}ms';"
        f"SET statement_timeout = '{patience.statement * 1000:.0f}ms';"
        f"SET idle_in_transaction_session_timeout = '{patience.idle * 1000:.0f}ms'"
    )
    await connection.set_autocommit(False)


async def _configure_reader(connection: Connection, patience: Patience) -> None:
    await _configure(connection, patience)
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    await connection.set_read_only(True)
