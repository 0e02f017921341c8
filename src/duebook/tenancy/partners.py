"""Partners and their keys: made, listed, exchanged, and told by the secret that a client sends.

Holds: a secret is shown once, when it is made; the database keeps its digest. Secrets are 256 random bits, so a plain
digest is enough: there is nothing to guess.
"""

import hashlib
import secrets
from typing import Any, Final
from uuid import UUID

from duebook.db.pool import Database
from duebook.db.queries import load
from duebook.ids import new_id
from duebook.tenancy.events import add_event
from duebook.tenancy.facts import OPERATOR, Caller, KeyId, Partner, PartnerId, Scope, WireProfile

_QUERIES: Final = load("duebook.tenancy")
_PREFIX: Final = "dbk_"


class PartnerNotFound(Exception):
    """There is no such partner."""

    def __init__(self, partner_id: UUID) -> None:
        self.partner_id = partner_id
        super().__init__(f"no partner {partner_id}")


async def create_partner(database: Database, name: str, wire_profile: WireProfile) -> tuple[Partner, str]:
    """A new partner and its first secret."""
    async with database.writers.connection() as connection:
        row: Any = await (
            await connection.execute(_QUERIES.add_partner, {"id": new_id(), "name": name, "wire_profile": wire_profile})
        ).fetchone()
        key_id, secret = await _add_key(connection, row.id)
        await add_event(connection, row.id, OPERATOR, "partner made", [row.id, key_id], database.clock())
    return _partner(row), secret


async def rotate_key(database: Database, partner_id: PartnerId) -> str:
    """Revoke a partner's keys and make a new one; returns its secret. Raises PartnerNotFound."""
    async with database.writers.connection() as connection:
        if not await (await connection.execute(_QUERIES.partner, {"id": partner_id})).fetchone():
            raise PartnerNotFound(partner_id)
        revoked: list[Any] = await (
            await connection.execute(_QUERIES.revoke_keys, {"partner_id": partner_id})
        ).fetchall()
        key_id, secret = await _add_key(connection, partner_id)
        changed = [*(row.id for row in revoked), key_id]
        await add_event(connection, partner_id, OPERATOR, "keys rotated", changed, database.clock())
        return secret


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


async def caller_of_secret(database: Database, partner_id: PartnerId, secret: str) -> Caller | None:
    """The caller behind a partner's id and secret, or None."""
    digest = _digest(secret)
    async with database.readers.connection() as connection:
        found = await connection.execute(_QUERIES.key_of_secret, {"secret_hash": digest, "partner_id": partner_id})
        row: Any = await found.fetchone()
    if row is None:
        return None
    return Caller(PartnerId(row.partner_id), KeyId(row.id), None, WireProfile(row.wire_profile), Scope.FULL)


async def is_live(database: Database, caller: Caller) -> bool:
    """Whether the caller's key has not been revoked; of one without a key of ours, whether there is its partner."""
    async with database.readers.connection() as connection:
        query = _QUERIES.partner if caller.key_id is None else _QUERIES.live_key
        values = {"id": caller.partner_id if caller.key_id is None else caller.key_id}
        return await (await connection.execute(query, values)).fetchone() is not None


async def _add_key(connection: Any, partner_id: PartnerId) -> tuple[UUID, str]:
    key_id, secret = new_id(), _PREFIX + secrets.token_urlsafe(32)
    await connection.execute(_QUERIES.add_key, {"id": key_id, "partner_id": partner_id, "secret_hash": _digest(secret)})
    return key_id, secret


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _partner(row: Any) -> Partner:
    return Partner(PartnerId(row.id), row.name, WireProfile(row.wire_profile), row.created_at)
