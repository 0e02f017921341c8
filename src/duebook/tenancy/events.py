"""What happened to a partner, its keys and its businesses: one event a change, in a chain of the partner's own.

An event says how the rows that were changed stand since, so that whoever changes one behind the service's back is found
by comparing them with the last event that tells of them.
Holds: a partner's events have no gap and no fork, their times never go back, and no event holds a secret.
Source: docs/reference/storage.md, "The chain of a partner".
"""

import hashlib
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from duebook.canonical import GENESIS, canonical_json
from duebook.db.pool import Connection
from duebook.db.queries import load
from duebook.tenancy.actors import actor_json
from duebook.tenancy.facts import Caller, Operator, PartnerId

_QUERIES: Final = load("duebook.tenancy", "events.sql")

AT_ONCE: Final = 1_000
"""How many events are read together."""

_BEFORE_ALL: Final = -(2**63)


async def add_event(
    connection: Connection,
    partner_id: PartnerId,
    by: Caller | Operator,
    operation: str,
    changed: Iterable[UUID],
    now: datetime,
) -> None:
    """Chain a change that this transaction has made; `changed` are the ids of its rows of the shared tables.

    Comes last in the transaction, since the partner's next event waits until it ends.
    """
    await take_turn(connection, partner_id)
    last = await last_of(connection, partner_id)
    what: dict[str, list[Any]] = {}
    for row in await states_of(connection, None, list(changed)):
        what.setdefault(row.kind, []).append(row.state)
    sequence, previous = (last.sequence + 1, last.hash) if last else (1, GENESIS)
    recorded_at = (max(now, last.recorded_at) if last else now).astimezone(UTC)
    actor, text = actor_json(by), canonical_json(what)
    values = {
        "partner_id": partner_id,
        "sequence": sequence,
        "recorded_at": recorded_at,
        "operation": operation,
        "actor": actor,
        "what": text,
        "hash": event_hash(previous, sequence, recorded_at, operation, actor, text),
    }
    await connection.execute(_QUERIES.add, values)


async def take_turn(connection: Connection, partner_id: PartnerId) -> None:
    """Wait until nobody else adds to a partner's chain; the turn lasts until the transaction ends."""
    await connection.execute(_QUERIES.lock, {"lock": partner_id.int & (2**63 - 1)})


async def last_of(connection: Connection, partner_id: PartnerId) -> Any:
    """A partner's last event, with `sequence, recorded_at, hash`; None before the first."""
    return await (await connection.execute(_QUERIES.last, {"partner_id": partner_id})).fetchone()


async def events_of(connection: Connection, partner_id: PartnerId) -> AsyncIterator[Any]:
    """A partner's events in order, each with `sequence, recorded_at, operation, actor, what, hash`."""
    values: dict[str, Any] = {"partner_id": partner_id, "limit": AT_ONCE, "after": _BEFORE_ALL}
    while rows := await (await connection.execute(_QUERIES.events, values)).fetchall():
        for row in rows:
            yield row
        values["after"] = rows[-1].sequence


async def states_of(connection: Connection, partner_id: PartnerId | None, ids: list[UUID]) -> list[Any]:
    """How rows stand now, each with `kind, id, partner_id, state`: those with these ids, and all of a partner."""
    values = {"partner_id": partner_id, "ids": ids}
    return await (await connection.execute(_QUERIES.states, values)).fetchall()


def event_hash(previous: bytes, sequence: int, recorded_at: datetime, operation: str, actor: str, what: str) -> bytes:
    """The hash of one event; `actor` and `what` are the JSON texts that are stored, the time is in UTC."""
    time = recorded_at.isoformat(timespec="microseconds")
    digest = hashlib.sha256(what.encode()).hexdigest()
    return hashlib.sha256(previous + f"{sequence}|{time}|{operation}|{actor}|{digest}\n".encode()).digest()
