"""Keys of partners: made, listed, ended, and told by the secret that a client sends.

Holds: a secret is shown once, when it is made; the database keeps its digest. Secrets are 256 random bits, so a plain
digest is enough: there is nothing to guess. How long a comparison takes says nothing of what it is compared with.
Source: docs/reference/tokens.md, "Keys of partners"; docs/decisions/0004-keys-are-digests.md.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from duebook.db.pool import Connection, Database
from duebook.db.queries import load
from duebook.ids import new_id
from duebook.tenancy.errors import KeyNotFound, PartnerNotFound
from duebook.tenancy.events import add_event
from duebook.tenancy.facts import OPERATOR, Caller, KeyId, Operator, PartnerId, Scope, WireProfile

_QUERIES: Final = load("duebook.tenancy", "keys.sql")
_PREFIX: Final = "dbk_"
_NOBODYS: Final = secrets.token_bytes(32)
"""What is compared with a secret for a partner that has no keys: it takes as long."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a partner; never its secret. `last_used_at` is at most an hour behind."""

    id: KeyId
    partner_id: PartnerId
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        """Whether it opens anything at this instant."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


async def add_key(
    connection: Connection, partner_id: PartnerId, name: str, scope: Scope, expires_at: datetime | None
) -> tuple[Key, str]:
    """A new key and its secret, in a transaction that goes on to chain an event."""
    secret = _PREFIX + secrets.token_urlsafe(32)
    values = {
        "id": new_id(),
        "partner_id": partner_id,
        "secret_hash": _digest(secret),
        "name": name,
        "scope": scope,
        "expires_at": expires_at,
    }
    row: Any = await (await connection.execute(_QUERIES.add_key, values)).fetchone()
    return _key(row), secret


async def create_key(
    database: Database,
    partner_id: PartnerId,
    *,
    name: str,
    scope: Scope = Scope.FULL,
    expires_at: datetime | None = None,
    by: Operator = OPERATOR,
) -> tuple[Key, str]:
    """One more key of a partner, and its secret. Raises PartnerNotFound."""
    async with database.writers.connection() as connection:
        await _check_partner(connection, partner_id)
        key, secret = await add_key(connection, partner_id, name, scope, expires_at)
        await add_event(connection, partner_id, by, "key made", [key.id], database.clock())
    return key, secret


async def rotate_key(database: Database, partner_id: PartnerId, by: Operator = OPERATOR) -> str:
    """Revoke a partner's keys and make a new one; returns its secret. Raises PartnerNotFound."""
    async with database.writers.connection() as connection:
        await _check_partner(connection, partner_id)
        revoked: list[Any] = await (
            await connection.execute(_QUERIES.revoke_keys, {"partner_id": partner_id})
        ).fetchall()
        key, secret = await add_key(connection, partner_id, "rotated", Scope.FULL, None)
        changed = [*(row.id for row in revoked), key.id]
        await add_event(connection, partner_id, by, "keys rotated", changed, database.clock())
        return secret


async def revoke_key(database: Database, key_id: KeyId, by: Operator = OPERATOR) -> Key:
    """Revoke one key, if it is not yet: nothing that it opened is open from now on. Raises KeyNotFound."""
    async with database.writers.connection() as connection:
        revoked: Any = await (await connection.execute(_QUERIES.revoke_key, {"id": key_id})).fetchone()
        if revoked is not None:
            await add_event(connection, revoked.partner_id, by, "key revoked", [key_id], database.clock())
        row = await (await connection.execute(_QUERIES.key, {"id": key_id})).fetchone()
    if row is None:
        raise KeyNotFound(key_id)
    return _key(row)


async def keys(database: Database, partner_id: PartnerId) -> list[Key]:
    """All keys of a partner, the oldest first. Raises PartnerNotFound."""
    async with database.readers.connection() as connection:
        await _check_partner(connection, partner_id)
        rows = await (await connection.execute(_QUERIES.keys, {"partner_id": partner_id})).fetchall()
    return [_key(row) for row in rows]


async def caller_of_secret(database: Database, partner_id: PartnerId, secret: str) -> Caller | None:
    """The caller behind a partner's id and secret, or None."""
    digest = _digest(secret)
    async with database.readers.connection() as connection:
        found = await connection.execute(_QUERIES.live_keys, {"partner_id": partner_id})
        rows: list[Any] = await found.fetchall()
    digests = [row.secret_hash for row in rows] or [_NOBODYS]
    fits = [hmac.compare_digest(one, digest) for one in digests]
    row = next((row for row, fitting in zip(rows, fits, strict=False) if fitting), None)
    if row is None:
        return None
    profile, scope = WireProfile(row.wire_profile), Scope(row.scope)
    return Caller(partner_id, KeyId(row.id), None, profile, scope, ends_at=row.expires_at)


async def as_it_stands(database: Database, caller: Caller) -> Caller | None:
    """The caller, if its key is live, with no more than that key is good for; None if it is not.

    A caller without a key of ours is one as long as there is its partner.
    """
    async with database.readers.connection() as connection:
        if caller.key_id is None:
            found = await connection.execute(_QUERIES.partner_id, {"id": caller.partner_id})
            return caller if await found.fetchone() else None
        found = await connection.execute(_QUERIES.live_key, {"id": caller.key_id, "partner_id": caller.partner_id})
        row: Any = await found.fetchone()
    if row is None:
        return None
    scope = Scope.READ if Scope.READ in (row.scope, caller.scope) else Scope.FULL
    return replace(caller, scope=scope, ends_at=row.expires_at)


async def note_use(database: Database, key_id: KeyId) -> None:
    """Write down that a key is used now, unless it was in the last hour. Raises psycopg.Error."""
    async with database.writers.connection(timeout=1) as connection:
        await connection.execute(_QUERIES.note_use, {"id": key_id})


async def _check_partner(connection: Connection, partner_id: PartnerId) -> None:
    if not await (await connection.execute(_QUERIES.partner_id, {"id": partner_id})).fetchone():
        raise PartnerNotFound(partner_id)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _key(row: Any) -> Key:
    return Key(
        KeyId(row.id),
        PartnerId(row.partner_id),
        row.name,
        Scope(row.scope),
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.last_used_at,
    )
