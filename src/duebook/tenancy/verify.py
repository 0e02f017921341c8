"""Prove the chain of a partner, and that its partner, keys and businesses stand as its events say.

Holds: a report is empty only if events have no gap, their times never go back, each has the hash of what it says, and
every row stands as the last event that tells of it says, in all that events cover.
Source: docs/reference/storage.md, "The chain of a partner".
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from duebook.canonical import GENESIS
from duebook.db.pool import Connection, Database
from duebook.db.queries import load
from duebook.tenancy.errors import PartnerNotFound
from duebook.tenancy.events import add_event, event_hash, events_of, states_of, take_turn
from duebook.tenancy.facts import BusinessId, Operator, PartnerId

_QUERIES: Final = load("duebook.tenancy", "verify.sql")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that cannot be. `where` is a version, a document or a checkpoint; an event, or one of its rows."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class _Said(NamedTuple):
    """What an event says of a row."""

    sequence: int
    state: dict[str, Any]


class _Difference(NamedTuple):
    """A row that is not as events say; `stands` if it is there, under this partner."""

    kind: str
    id: UUID
    what: str
    stands: bool


_What = dict[str, list[dict[str, Any]]]
_Row = tuple[str, UUID]


async def partners_named(connection: Connection) -> list[PartnerId]:
    """Whatever is named as a partner anywhere, whether or not it is there."""
    rows = await (await connection.execute(_QUERIES.partners_named)).fetchall()
    return [PartnerId(row.partner_id) for row in rows]


async def businesses_there(connection: Connection) -> list[BusinessId]:
    """All businesses, the oldest first, whether or not their books can be opened."""
    rows = await (await connection.execute(_QUERIES.businesses_there)).fetchall()
    return [BusinessId(row.id) for row in rows]


async def verify_partner(connection: Connection, partner_id: PartnerId) -> AsyncIterator[Finding]:
    """All findings on one partner, within a transaction of one moment."""
    said: dict[_Row, _Said] = {}
    async for finding in _chain(connection, partner_id, said):
        yield finding
    for difference in await _differences(connection, partner_id, said):
        yield Finding(f"{difference.kind} {difference.id}", difference.what)


async def adopt(database: Database, partner_id: PartnerId, by: Operator) -> list[str]:
    """Chain how a partner, its keys and its businesses stand, where no event says so; what was adopted, by kind and id.

    What is gone, or stands under another partner, stays a finding. Raises PartnerNotFound.
    """
    async with database.writers.connection() as connection:
        await take_turn(connection, partner_id)
        said: dict[_Row, _Said] = {}
        known = [finding async for finding in _chain(connection, partner_id, said)]
        if not said and not known and not await states_of(connection, partner_id, []):
            raise PartnerNotFound(partner_id)
        standing = [one for one in await _differences(connection, partner_id, said) if one.stands]
        if standing:
            changed = [one.id for one in standing]
            await add_event(connection, partner_id, by, "adopted", changed, database.clock())
    return [f"{one.kind} {one.id}" for one in standing]


async def _chain(connection: Connection, partner_id: PartnerId, said: dict[_Row, _Said]) -> AsyncIterator[Finding]:
    """Findings on the events alone; `said` is filled with the last that they say of each row."""
    before, hashed, recorded_at = 0, GENESIS, None
    async for row in events_of(connection, partner_id):
        where = f"event {row.sequence}"
        if row.sequence != before + 1:
            yield Finding(where, f"follows event {before}: there is a gap")
        if recorded_at and row.recorded_at < recorded_at:
            yield Finding(where, "was recorded before the event it follows")
        time = row.recorded_at.astimezone(UTC)
        if event_hash(hashed, row.sequence, time, row.operation, row.actor, row.what) != row.hash:
            yield Finding(where, "does not have the hash of what it says")
        try:
            for kind, states in msgspec.json.decode(row.what, type=_What).items():
                said |= {(kind, UUID(one["id"])): _Said(row.sequence, one) for one in states}
        except (msgspec.MsgspecError, KeyError, ValueError, AttributeError):
            yield Finding(where, "says nothing that can be read")
        before, hashed, recorded_at = row.sequence, row.hash, row.recorded_at


async def _differences(connection: Connection, partner_id: PartnerId, said: dict[_Row, _Said]) -> list[_Difference]:
    rows = await states_of(connection, partner_id, [identity for _, identity in said])
    there = {(row.kind, row.id): row for row in rows}
    found = [
        _Difference(*row, "stands there, and no event tells of it", stands=True) for row in there if row not in said
    ]
    for (kind, identity), (sequence, state) in said.items():
        row = there.get((kind, identity))
        if row is None:
            found.append(_Difference(kind, identity, f"is gone, and event {sequence} tells of it", stands=False))
        elif row.partner_id != partner_id:
            what = f"belongs to partner {row.partner_id} now, and event {sequence} is of {partner_id}"
            found.append(_Difference(kind, identity, what, stands=False))
        elif differing := [name for name, value in state.items() if row.state.get(name) != value]:
            what = f"has another {' and '.join(differing)} than event {sequence} says"
            found.append(_Difference(kind, identity, what, stands=True))
    return found
