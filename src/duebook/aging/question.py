"""What can be asked of an aging report, and the moment that a question comes to.

Holds: a question without a day or a version is about today where the business is, and about the latest version; the
moment that it comes to names both, so that it can be asked again and answered the same (T13).
Source: docs/rule.md, T1, T8, T11, T13, T16.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Any, Final, NamedTuple

from duebook.aging.bands import THIRTIES, Bands
from duebook.aging.errors import NotClosed, NotLater, UnknownVersion
from duebook.db.queries import load
from duebook.ledger.facts import PartyId, Side
from duebook.tenancy.gate import ReadTx

_QUERIES: Final = load("duebook.aging")


class Credits(StrEnum):
    """How unapplied payments and credits are shown (T8)."""

    EXCLUDE = "exclude"
    COLUMN = "column"
    NET = "net"


class Basis(StrEnum):
    """In which currency: base at booked rates, each document's own, or base at the rates of a day (T11)."""

    BASE = "base"
    DOCUMENT = "document"
    REVALUED = "revalued"


class Closing(Enum):
    """As known when the day asked about was closed (T16)."""

    CLOSED = "closed"


CLOSED: Final = Closing.CLOSED

KnownAt = int | datetime | Closing | None
"""A version, the version of an instant, the closing version of the day, or the latest."""


@dataclass(frozen=True, slots=True)
class TagFilter:
    """Documents that carry a key with one of these values; with any value if none are named."""

    key: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgingQuery:
    """What is asked. No date means today where the business is, no version means the latest.

    An instant without an offset is where the business is. `revalued_on` is the day of the rates, the as-of day if none
    is named. A document counts if it matches every filter of `tags`.
    """

    side: Side
    as_of: date | None = None
    known_at: KnownAt = None
    credits: Credits = Credits.EXCLUDE
    basis: Basis = Basis.BASE
    revalued_on: date | None = None
    party_id: PartyId | None = None
    bands: Bands = THIRTIES
    tags: tuple[TagFilter, ...] = ()

    def revalued_day(self, as_of: date) -> date | None:
        """The day whose rates revalue a report of a day; none unless it is asked for."""
        return (self.revalued_on or as_of) if self.basis is Basis.REVALUED else None


class Moment(NamedTuple):
    """The day asked about, and the version at which it is known."""

    as_of: date
    known_at: int


async def moment_of(tx: ReadTx, as_of: date | None, known_at: KnownAt) -> Moment:
    """What a day and a version come to. Raises UnknownVersion, NotClosed."""
    day = as_of or tx.business.today(tx.now)
    match known_at:
        case None:
            return Moment(day, tx.version)
        case Closing():
            return Moment(day, await closing_version(tx, day))
        case datetime():
            return Moment(day, await version_at(tx, known_at))
        case int():
            if not 0 <= known_at <= tx.version:
                raise UnknownVersion(known_at, tx.version)
            return Moment(day, known_at)


async def moment_before(tx: ReadTx, later: Moment, since: KnownAt) -> Moment:
    """The same day as known earlier, or no later than at that moment. Raises UnknownVersion, NotClosed, NotLater."""
    earlier = await moment_of(tx, later.as_of, since)
    if earlier.known_at > later.known_at:
        raise NotLater(earlier.known_at, later.known_at)
    return earlier


async def version_at(tx: ReadTx, instant: datetime) -> int:
    """The version that was the latest at an instant; 0 before the first."""
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=tx.business.zone)
    values = {"business_id": tx.business.id, "instant": instant}
    row: Any = await (await tx.connection.execute(_QUERIES.version_at, values)).fetchone()
    return int(row.version)


async def closing_version(tx: ReadTx, day: date) -> int:
    """The version that closed the books through a day and was never undone. Raises NotClosed."""
    values = {"business_id": tx.business.id, "day": day}
    row: Any = await (await tx.connection.execute(_QUERIES.closing_version, values)).fetchone()
    if row.version is None:
        raise NotClosed(day, row.closed_through)
    return int(row.version)
