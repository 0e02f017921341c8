"""Changes behind the service's back, by whoever may do everything, and what verifying says to them; then undone."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import namedtuple_row

from duebook.db.embedded import Urls
from duebook.db.pool import Connection, utc_now
from duebook.ledger.heads import Heads, departed
from duebook.ledger.verify import verify
from duebook.tenancy.facts import Business, PartnerId
from duebook.tenancy.gate import ReadTx, set_tenant
from duebook.tenancy.verify import partners_named, verify_partner


@asynccontextmanager
async def meddling(urls: Urls) -> AsyncIterator[Connection]:
    """A connection of a superuser whom no foreign key and no row policy holds up; what it did is undone at the end."""
    async with await AsyncConnection.connect(urls.superuser, row_factory=namedtuple_row) as connection:
        await connection.execute("SET session_replication_role = replica")
        yield connection
        await connection.rollback()


async def as_served(connection: Connection, urls: Urls) -> None:
    """Look from now on as the serving role does."""
    await connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(str(_user(urls.serve)))))


async def found_in_books(connection: Connection, urls: Urls, business: Business) -> list[str]:
    """What verifying the books says, within the transaction."""
    await as_served(connection, urls)
    await set_tenant(connection, business.id)
    head: Any = await (await connection.execute("SELECT version, recorded_at FROM book")).fetchone()
    if head is None:
        return ["the books: are gone"]
    tx = ReadTx(connection, business, head.version, head.recorded_at, utc_now())
    return [str(finding) async for finding in verify(tx)]


async def found_of_partners(
    connection: Connection, urls: Urls, others: Collection[PartnerId] = frozenset()
) -> list[str]:
    """What verifying all partners but those says, within the transaction."""
    await as_served(connection, urls)
    ids = [one for one in await partners_named(connection) if one not in others]
    return [str(finding) for one in ids for finding in [each async for each in verify_partner(connection, one)]]


async def found_by_heads(connection: Connection, urls: Urls, heads: Heads) -> list[str]:
    """What heads that were signed before say, within the transaction."""
    await as_served(connection, urls)
    return [str(finding) async for finding in departed(connection, heads)]


def _user(url: str) -> Any:
    return conninfo_to_dict(url)["user"]
