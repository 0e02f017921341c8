"""The aging report of a business: what is open on a day, as known at a version, by party and band.

Units: minor units of the currency each row names; bands follow the edges, youngest first.
Holds: bands + unapplied = total, per row and per total; equal questions at equal versions give equal reports (T13).
Source: docs/rule.md, T1-T3, T8, T11-T14.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

import psycopg

from duebook.aging.bands import THIRTIES, Bands
from duebook.db.queries import load
from duebook.ledger.errors import SumTooLarge
from duebook.ledger.facts import PartyId, Side
from duebook.money import MAX_MINOR, MIN_MINOR
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import ReadTx

_QUERIES: Final = load("duebook.aging")


class Credits(StrEnum):
    """How unapplied payments and credits are shown (T8)."""

    EXCLUDE = "exclude"
    COLUMN = "column"
    NET = "net"


class Basis(StrEnum):
    """In which currency: the business's base at booked rates, or each document's own (T11)."""

    BASE = "base"
    DOCUMENT = "document"


class UnknownVersion(ValueError):
    """A report is as known at a version from 0 to the latest."""

    def __init__(self, known_at: int, latest: int) -> None:
        self.known_at, self.latest = known_at, latest
        super().__init__(f"version {known_at} is not between 0 and {latest}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgingQuery:
    """What is asked. No date means today where the business is, no version means the latest."""

    side: Side
    as_of: date | None = None
    known_at: int | None = None
    credits: Credits = Credits.EXCLUDE
    basis: Basis = Basis.BASE
    party_id: PartyId | None = None
    bands: Bands = THIRTIES


@dataclass(frozen=True, slots=True)
class AgingTotal:
    """All parties' sums in one currency."""

    currency: str
    bands: tuple[int, ...]
    unapplied_minor: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class AgingRow:
    """One party's sums in one currency. `unapplied_minor` is zero or less, and zero unless it has its own column."""

    party_id: PartyId
    external_id: str | None
    name: str
    currency: str
    bands: tuple[int, ...]
    unapplied_minor: int
    total_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgingReport:
    """The answer, with all that it was made from. Rows: largest total first, then by name and id.

    `left_out` holds the unapplied money that `exclude` leaves out, per currency.
    """

    business_id: BusinessId
    side: Side
    as_of: date
    known_at: int
    credits: Credits
    basis: Basis
    base_currency: str
    edges: tuple[int, ...]
    rows: tuple[AgingRow, ...]
    totals: tuple[AgingTotal, ...]
    left_out: dict[str, int]


async def aging(tx: ReadTx, query: AgingQuery) -> AgingReport:
    """Run one report. Raises UnknownVersion, SumTooLarge."""
    as_of = query.as_of or tx.business.today(tx.now)
    known_at = tx.version if query.known_at is None else query.known_at
    if not 0 <= known_at <= tx.version:
        raise UnknownVersion(known_at, tx.version)
    parties = await _open(tx, query, as_of, known_at)
    rows = [row for row in (_row(party, query) for party in parties) if any(row.bands) or row.unapplied_minor]
    rows.sort(key=lambda row: (-row.total_minor, row.name, row.party_id, row.currency))
    left_out: dict[str, int] = defaultdict(int)
    if query.credits is Credits.EXCLUDE:
        for party in parties:
            left_out[party.currency] += sum(party.unapplied)
    return AgingReport(
        business_id=tx.business.id,
        side=query.side,
        as_of=as_of,
        known_at=known_at,
        credits=query.credits,
        basis=query.basis,
        base_currency=tx.business.base_currency,
        edges=query.bands.edges,
        rows=tuple(rows),
        totals=_totals(rows, query, tx.business.base_currency),
        left_out={currency: _fits(left) for currency, left in sorted(left_out.items()) if left},
    )


async def version_at(tx: ReadTx, instant: datetime) -> int:
    """The version that was the latest at an instant; 0 before the first."""
    values = {"business_id": tx.business.id, "instant": instant}
    row: Any = await (await tx.connection.execute(_QUERIES.version_at, values)).fetchone()
    return int(row.version)


@dataclass(frozen=True, slots=True)
class _Open:
    """What one party has open in one currency, by band: of charges, and unapplied."""

    party_id: PartyId
    external_id: str | None
    name: str
    currency: str
    charges: list[int]
    unapplied: list[int]


async def _open(tx: ReadTx, query: AgingQuery, as_of: date, known_at: int) -> list[_Open]:
    values = {
        "business_id": tx.business.id,
        "side": query.side,
        "as_of": as_of,
        "known_at": known_at,
        "edges": list(query.bands.edges),
        "in_base": query.basis is Basis.BASE,
        "party_id": query.party_id,
    }
    statement = _QUERIES.aged_totals if known_at == tx.version else _QUERIES.aged_totals_known_at
    today = tx.business.today(tx.now)
    if as_of < today:
        found: Any = await (await tx.connection.execute(_QUERIES.checkpoint_before, values)).fetchone()
        if found and as_of - found.through_on < today - as_of:
            statement = _QUERIES.aged_totals_from_checkpoint
            values |= {"through_on": found.through_on, "held_at": found.version}
    try:
        rows = await (await tx.connection.execute(statement, values)).fetchall()
    except psycopg.errors.NumericValueOutOfRange:
        raise SumTooLarge from None
    return [_open_of(row, len(query.bands), tx.business.base_currency) for row in rows]


def _open_of(row: Any, bands: int, base_currency: str) -> _Open:
    party = _Open(row.party_id, row.external_id, row.name, row.currency or base_currency, [0] * bands, [0] * bands)
    for unapplied, band, open_minor in row.sums:
        (party.unapplied if unapplied else party.charges)[band] = open_minor
    return party


def _row(party: _Open, query: AgingQuery) -> AgingRow:
    bands, unapplied_minor = tuple(party.charges), 0
    match query.credits:
        case Credits.COLUMN:
            unapplied_minor = sum(party.unapplied)
        case Credits.NET:
            bands = tuple(charge + credit for charge, credit in zip(bands, party.unapplied, strict=True))
        case Credits.EXCLUDE:
            pass
    total_minor = _fits(sum(bands) + _fits(unapplied_minor))
    return AgingRow(party.party_id, party.external_id, party.name, party.currency, bands, unapplied_minor, total_minor)


def _totals(rows: Iterable[AgingRow], query: AgingQuery, base_currency: str) -> tuple[AgingTotal, ...]:
    by_currency: dict[str, list[AgingRow]] = {base_currency: []} if query.basis is Basis.BASE else {}
    for row in rows:
        by_currency.setdefault(row.currency, []).append(row)
    return tuple(
        AgingTotal(
            currency,
            tuple(_fits(sum(row.bands[band] for row in group)) for band in range(len(query.bands))),
            _fits(sum(row.unapplied_minor for row in group)),
            _fits(sum(row.total_minor for row in group)),
        )
        for currency, group in sorted(by_currency.items())
    )


def _fits(total_minor: int) -> int:
    if not MIN_MINOR <= total_minor <= MAX_MINOR:
        raise SumTooLarge
    return total_minor
