"""The one place where a transaction on a business's books begins and ends.

Holds: inside, the database shows one business and no other; a write holds the lock on the head of its books, so that
versions follow each other without a gap; a block that raises leaves nothing behind.
Source: docs/reference/storage.md.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg_pool import PoolTimeout

from duebook.db.lending import LendingPool
from duebook.db.pool import Connection, Database
from duebook.db.queries import load
from duebook.tenancy.errors import BusinessNotFound, Busy, KeyRevoked, NotYourBusiness, ReadOnly
from duebook.tenancy.facts import Business, BusinessId, Caller, Operator, Scope
from duebook.tenancy.turns import Turns
from duebook.watch.metrics import written
from duebook.watch.waiting import waited

_QUERIES: Final = load("duebook.tenancy")

WRITES_AT_ONCE: Final = 2
READS_AT_ONCE: Final = 4
"""How many writes and reads of one business hold a connection in one process; the rest wait outside the pool. One write
waits for the lock on the head while the other works; more would only wait there. Reads have half of their pool."""

WAITING: Final = 16
"""How many more of either may wait: about as many as get a turn on a slow machine before they give up."""

_WRITES: Final = Turns(WRITES_AT_ONCE, WAITING)
_READS: Final = Turns(READS_AT_ONCE, WAITING)


@dataclass(frozen=True, slots=True)
class ReadTx:
    """A business's books at one moment: everything read through it is of the version it names."""

    connection: Connection
    business: Business
    version: int
    recorded_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class WriteTx:
    """A business's books, locked for one write on top of the version it names."""

    connection: Connection
    business: Business
    version: int
    recorded_at: datetime
    unfolded: int
    hash: bytes
    now: datetime
    operation: str
    caller: Caller | Operator
    kept: list[int]
    """How many entries each version has that this transaction keeps."""


@asynccontextmanager
async def read_tx(database: Database, caller: Caller | Operator, business_id: BusinessId) -> AsyncIterator[ReadTx]:
    """Open a business's books to read. Raises TenancyError."""
    _check_binding(caller, business_id)
    async with (
        waited("read turn", _READS.turn(business_id, database.patience.wait)),
        waited("read connection", _connection(database.readers), "read transaction") as connection,
    ):
        async with connection.pipeline():
            await set_tenant(connection, business_id)
            admitted = await _admit(connection, caller, business_id)
        business, row = _business(await admitted.fetchone(), caller, business_id)
        yield ReadTx(connection, business, row.version, row.recorded_at, database.clock())


@asynccontextmanager
async def write_tx(
    database: Database, caller: Caller | Operator, business_id: BusinessId, operation: str
) -> AsyncIterator[WriteTx]:
    """Open a business's books for one write, named by `operation`. Raises TenancyError, OutcomeUnknown."""
    _check_binding(caller, business_id)
    check_writes(caller)
    kept: list[int] = []
    async with (
        waited("write turn", _WRITES.turn(business_id, database.patience.wait)),
        waited("write connection", _connection(database.writers), "write transaction") as connection,
    ):
        async with connection.pipeline():
            await set_tenant(connection, business_id)
            admitted = await _admit(connection, caller, business_id)
        business, row = _business(await admitted.fetchone(), caller, business_id)
        if row.scope != Scope.FULL:
            raise ReadOnly
        locked = await connection.execute(_QUERIES.lock_head, {"business_id": business_id})
        head: Any = await locked.fetchone()
        now = max(database.clock(), head.recorded_at)
        yield WriteTx(
            connection, business, head.version, head.recorded_at, head.unfolded, head.hash, now, operation, caller, kept
        )
    written(operation, kept)


def _check_binding(caller: Caller | Operator, business_id: BusinessId) -> None:
    if isinstance(caller, Caller) and caller.business_id not in (None, business_id):
        raise NotYourBusiness(business_id)


def check_writes(caller: Caller | Operator) -> None:
    """Raises ReadOnly for a caller that only reads."""
    if isinstance(caller, Caller) and caller.scope is not Scope.FULL:
        raise ReadOnly


@asynccontextmanager
async def _connection(pool: LendingPool) -> AsyncIterator[Connection]:
    try:
        async with pool.connection() as connection:
            yield connection
    except (PoolTimeout, psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
        raise Busy from None


async def set_tenant(connection: Connection, business_id: BusinessId) -> None:
    """Show the rows of one business and no other, until the transaction ends."""
    await connection.execute(f"SET LOCAL duebook.business_id = '{UUID(int=business_id.int)}'")


async def _admit(connection: Connection, caller: Caller | Operator, business_id: BusinessId) -> Any:
    if isinstance(caller, Operator):
        return await connection.execute(_QUERIES.admit_operator, {"business_id": business_id})
    values = {"business_id": business_id, "partner_id": caller.partner_id, "key_id": caller.key_id}
    return await connection.execute(_QUERIES.admit if caller.key_id else _QUERIES.admit_outsider, values)


def _business(row: Any, caller: Caller | Operator, business_id: BusinessId) -> tuple[Business, Any]:
    if isinstance(caller, Caller) and (row is None or not row.live):
        raise KeyRevoked
    if row is None or row.id is None:
        raise BusinessNotFound(business_id)
    return business_of(row), row


def business_of(row: Any) -> Business:
    """A business from a row of the query that lists, finds or admits it."""
    return Business(
        row.id,
        row.partner_id,
        row.external_id,
        row.name,
        row.base_currency,
        ZoneInfo(row.time_zone),
        row.profile,
        row.created_at,
    )
