"""One signing key follows another: when a key is made, when it signs, until when it verifies, and when it is gone.

Holds: the key that signs next is known before it signs; a key that has signed verifies until its last token has ended,
and then its private half is destroyed. All times are the database's, so that no two processes disagree.
Source: docs/reference/tokens.md, "Signing keys"; docs/decisions/0013-signing-keys-take-turns.md.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from duebook.db.pool import Connection, Database
from duebook.db.queries import load
from duebook.oauth.claims import LONGEST_SECONDS

_QUERIES: Final = load("duebook.oauth")

SIGNS: Final = timedelta(days=30)
"""How long a key signs: one that leaked unnoticed is of use for no longer."""

KNOWN_BEFORE: Final = timedelta(days=1)
"""How long a key is published before it signs: whoever keeps a copy of the key set reads it again in that time."""

VERIFIES_AFTER: Final = timedelta(seconds=LONGEST_SECONDS, minutes=5)
"""How long a key verifies when the next one signs: as long as any token, and some more for those who notice late."""


class State(StrEnum):
    """What a key does now."""

    WAITS = "waits"
    SIGNS = "signs"
    VERIFIES = "verifies"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Turn:
    """A signing key without its halves: when it was made, from when it signs, and since when it is gone."""

    id: str
    created_at: datetime
    signs_from: datetime
    retired_at: datetime | None = None


def states(turns: Sequence[Turn], now: datetime) -> list[State]:
    """What each key does at an instant; they come in the order in which they sign. One signs, if any is left at all.

    A key whose time to verify is over is retired, whether or not that has been written down.
    """
    left = [turn for turn in turns if turn.retired_at is None]
    begun = [turn for turn in left if turn.signs_from <= now] or left[:1]
    ends = {turn.id: after.signs_from for turn, after in pairwise(left)}

    def state(turn: Turn) -> State:
        if turn.retired_at is not None or (turn.id in ends and ends[turn.id] + VERIFIES_AFTER <= now):
            return State.RETIRED
        if turn is begun[-1]:
            return State.SIGNS
        return State.VERIFIES if turn in begun else State.WAITS

    return [state(turn) for turn in turns]


def next_from(turns: Sequence[Turn], now: datetime) -> datetime | None:
    """From when a key signs that is to be made at this instant; None while it is too early to make one."""
    if not turns:
        return now
    ends_at = turns[-1].signs_from + SIGNS
    return max(ends_at, now + KNOWN_BEFORE) if ends_at - KNOWN_BEFORE <= now else None


def is_due(turns: Sequence[Turn], now: datetime) -> bool:
    """Whether a key is to be made or to be retired."""
    return next_from(turns, now) is not None or State.RETIRED in states(turns, now)


async def keep_up(database: Database) -> None:
    """Make the key and retire the keys that are due; however many processes do so at once, it is done once."""
    async with database.writers.connection() as connection:
        turns, now = await _locked(connection)
        over = [turn.id for turn, state in zip(turns, states(turns, now), strict=True) if state is State.RETIRED]
        await connection.execute(_QUERIES.retire_signing_keys, {"ids": over})
        signs_from = next_from(turns, now)
        if signs_from is not None:
            await _make(connection, signs_from)


async def rotate(database: Database, *, at_once: bool = False) -> Turn:
    """The key that signs next, made now if none waits. At once: it signs now, and all others are retired."""
    async with database.writers.connection() as connection:
        turns, now = await _locked(connection)
        if at_once:
            await connection.execute(_QUERIES.retire_signing_keys, {"ids": [turn.id for turn in turns]})
            return await _make(connection, now)
        if turns and turns[-1].signs_from > now:
            return turns[-1]
        return await _make(connection, now + KNOWN_BEFORE if turns else now)


async def turns_of(database: Database) -> list[tuple[Turn, State]]:
    """All keys that ever were, in the order in which they sign, and what each does now."""
    async with database.readers.connection() as connection:
        rows: list[Any] = await (await connection.execute(_QUERIES.all_signing_keys)).fetchall()
    turns = [Turn(row.id, row.created_at, row.signs_from, row.retired_at) for row in rows]
    return list(zip(turns, states(turns, rows[0].now), strict=True)) if rows else []


async def _locked(connection: Connection) -> tuple[list[Turn], datetime]:
    await connection.execute(_QUERIES.lock_signing_keys)
    rows: list[Any] = await (await connection.execute(_QUERIES.signing_keys)).fetchall()
    clock: Any = await (await connection.execute(_QUERIES.clock)).fetchone()
    return [Turn(row.id, row.created_at, row.signs_from) for row in rows], clock.now


async def _make(connection: Connection, signs_from: datetime) -> Turn:
    pem = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    values = {"id": secrets.token_hex(8), "private_pem": pem.decode(), "signs_from": signs_from}
    row: Any = await (await connection.execute(_QUERIES.add_signing_key, values)).fetchone()
    return Turn(row.id, row.created_at, row.signs_from)
