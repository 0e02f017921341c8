"""Partners: made, listed and found."""

from typing import Any, Final

from duebook.db.pool import Database
from duebook.db.queries import load
from duebook.ids import new_id
from duebook.tenancy.errors import PartnerNotFound
from duebook.tenancy.events import add_event
from duebook.tenancy.facts import OPERATOR, Operator, Partner, PartnerId, Scope, WireProfile
from duebook.tenancy.keys import add_key

_QUERIES: Final = load("duebook.tenancy")


async def create_partner(
    database: Database, name: str, wire_profile: WireProfile, by: Operator = OPERATOR
) -> tuple[Partner, str]:
    """A new partner and the secret of its first key."""
    async with database.writers.connection() as connection:
        row: Any = await (
            await connection.execute(_QUERIES.add_partner, {"id": new_id(), "name": name, "wire_profile": wire_profile})
        ).fetchone()
        key, secret = await add_key(connection, row.id, "first", Scope.FULL, None)
        await add_event(connection, row.id, by, "partner made", [row.id, key.id], database.clock())
    return _partner(row), secret


async def partners(database: Database) -> list[Partner]:
    """All partners, the oldest first."""
    async with database.readers.connection() as connection:
        return [_partner(row) for row in await (await connection.execute(_QUERIES.partners)).fetchall()]


async def partner(database: Database, partner_id: PartnerId) -> Partner:
    """One partner. Raises PartnerNotFound."""
    async with database.readers.connection() as connection:
        row = await (await connection.execute(_QUERIES.partner, {"id": partner_id})).fetchone()
    if row is None:
        raise PartnerNotFound(partner_id)
    return _partner(row)


def _partner(row: Any) -> Partner:
    return Partner(PartnerId(row.id), row.name, WireProfile(row.wire_profile), row.created_at)
