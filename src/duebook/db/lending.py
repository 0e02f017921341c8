"""Lend connections for one transaction each, and tell by an error whether what was lost can have been written.

Units: seconds.
Holds: what is lent has not been closed by the database; after ConnectionLost nothing is written, so that the same may
be tried again at once; after OutcomeUnknown it may be written; a connection that broke is replaced.
Source: docs/reference/limits.md, "When the database goes away".
"""

import asyncio
import os
import select
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from time import monotonic
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection
from psycopg.errors import Diagnostic
from psycopg.pq import ConnStatus
from psycopg_pool import AsyncConnectionPool

_RECONNECT_SECONDS: Final = 4.0
"""After so long an attempt to connect is given up, and the next request begins a new one. Attempts come after 1, 2 and
4 seconds, so that a database that is back is found within two."""


class ConnectionLost(psycopg.OperationalError):
    """The database cannot be reached any more, and nothing has been written."""


class OutcomeUnknown(psycopg.OperationalError):
    """The database went away while it was told to commit: the write is there as a whole, or not at all; or it is there,
    and the standby that should have it too has not said so."""


class LendingPool(AsyncConnectionPool[AsyncConnection[Any]]):
    """A pool whose `connection` lends one that is alive, and cuts one that is kept for longer than `held` seconds."""

    def __init__(
        self, url: str, *, kwargs: dict[str, Any], size: int, name: str, configure: Any, wait: float, held: float
    ) -> None:
        super().__init__(
            url,
            kwargs=kwargs,
            min_size=1,
            max_size=size,
            timeout=wait,
            name=name,
            configure=configure,
            reconnect_timeout=_RECONNECT_SECONDS,
            open=False,
        )
        self._held: Final = held

    @asynccontextmanager
    async def connection(self, timeout: float | None = None) -> AsyncIterator[AsyncConnection[Any]]:  # noqa: ASYNC109
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises PoolTimeout, ConnectionLost, OutcomeUnknown.
        """
        connection = await self._one_alive(monotonic() + (timeout or self.timeout))
        alarm = asyncio.get_running_loop().call_later(self._held, _cut, connection) if self._held else None
        try:
            async with _rolled_back(connection):
                yield connection
            await _commit(connection)
        except psycopg.errors.ReadOnlySqlTransaction as error:
            if connection.read_only:
                raise  # by our own choice, not for being a standby's
            await connection.close()
            await self.drain()  # the others lead to the same place
            raise ConnectionLost("the database has become a standby") from error
        finally:
            if alarm:
                alarm.cancel()
            await self.putconn(connection)

    async def _one_alive(self, give_up: float) -> AsyncConnection[Any]:
        while not _is_alive(connection := await self.getconn(give_up - monotonic())):
            await connection.close()
            await self.putconn(connection)  # which makes another in its place
        return connection


@asynccontextmanager
async def _rolled_back(connection: AsyncConnection[Any]) -> AsyncIterator[None]:
    """Roll back what raises; a loss is ConnectionLost, since nothing was told to commit yet."""
    try:
        yield
    except psycopg.Error as error:
        if _has_ended(connection, error):
            await connection.close()
            raise ConnectionLost(str(error)) from error
        await _roll_back(connection)
        raise
    except BaseException:
        await _roll_back(connection)
        raise


async def _roll_back(connection: AsyncConnection[Any]) -> None:
    with suppress(psycopg.Error):
        await connection.rollback()


async def _commit(connection: AsyncConnection[Any]) -> None:
    if not _is_alive(connection):  # before it was told
        await connection.close()
        raise ConnectionLost("the connection was lost")
    try:
        with _warnings(connection) as warnings:
            await connection.commit()
    except psycopg.Error as error:
        if not _has_ended(connection, error):
            await _roll_back(connection)
            raise
        await connection.close()
        if connection.read_only:
            raise ConnectionLost(str(error)) from error
        raise OutcomeUnknown(str(error)) from error
    if warnings:  # such as that the wait for a standby was ended: it is recorded here, and perhaps nowhere else
        raise OutcomeUnknown(warnings[0])


@contextmanager
def _warnings(connection: AsyncConnection[Any]) -> Iterator[list[str]]:
    """What the database warns of within the block."""
    found: list[str] = []

    def note(said: Diagnostic) -> None:
        if said.severity_nonlocalized == "WARNING":
            found.append(said.message_primary or "")

    connection.add_notice_handler(note)
    try:
        yield found
    finally:
        connection.remove_notice_handler(note)


def _has_ended(connection: AsyncConnection[Any], error: psycopg.Error) -> bool:
    return connection.closed or error.diag.severity_nonlocalized in {"FATAL", "PANIC"}


def _is_alive(connection: AsyncConnection[Any]) -> bool:
    """Whether the other end has not closed it while nobody looked; asks nothing, so that it costs no time."""
    pgconn = connection.pgconn
    try:
        waiting = select.poll()
        waiting.register(pgconn.socket, select.POLLIN)
        while waiting.poll(0):
            pgconn.consume_input()
    except psycopg.OperationalError:
        return False
    return pgconn.status == ConnStatus.OK


def _cut(connection: AsyncConnection[Any]) -> None:
    """Have whatever waits for the database see the end of the connection."""
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.pgconn.socket)) as end:
        end.shutdown(socket.SHUT_RDWR)
