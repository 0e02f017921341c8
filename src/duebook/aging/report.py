"""The aging report of a business: what is open on a day, as known at a version, by party and band.

Units: minor units of the currency each row names; bands follow the edges, youngest first.
Holds: bands + unapplied = total, per row and per total; equal questions at equal versions give equal reports (T13).
Source: docs/rule.md, T1-T3, T8, T11-T14, T16, T18.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from duebook.aging.errors import UnknownVersion
from duebook.aging.question import (
    CLOSED,
    AgingQuery,
    Basis,
    Closing,
    Credits,
    Moment,
    TagFilter,
    moment_of,
    version_at,
)
from duebook.aging.sums import PartySums, fits, summed
from duebook.ledger.facts import PartyId, Rate, Side
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import ReadTx

__all__ = [
    "CLOSED",
    "AgingQuery",
    "AgingReport",
    "AgingRow",
    "AgingTotal",
    "Basis",
    "Closing",
    "Credits",
    "TagFilter",
    "UnknownVersion",
    "aging",
    "aging_at",
    "version_at",
]


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

    `left_out` holds the unapplied money that `exclude` leaves out, per currency. `books_start_on` and `closed_through`
    are as known at the version: a report of an earlier day than `books_start_on` is of books that start later.
    `revalued_on` and `rates` are of a revalued report: the day, and the rate of each foreign currency in it.
    """

    business_id: BusinessId
    side: Side
    as_of: date
    known_at: int
    zone: str
    books_start_on: date | None
    closed_through: date | None
    credits: Credits
    basis: Basis
    base_currency: str
    revalued_on: date | None
    rates: tuple[Rate, ...]
    tags: tuple[TagFilter, ...]
    edges: tuple[int, ...]
    rows: tuple[AgingRow, ...]
    totals: tuple[AgingTotal, ...]
    left_out: dict[str, int]


async def aging(tx: ReadTx, query: AgingQuery) -> AgingReport:
    """Run one report. Raises AgingError, SumTooLarge."""
    moment = await moment_of(tx, query.as_of, query.known_at)
    return await aging_at(tx, query, moment, tags_at=moment.known_at)


async def aging_at(tx: ReadTx, query: AgingQuery, moment: Moment, *, tags_at: int) -> AgingReport:
    """The report of a moment that a question has come to, of the documents whose tags match at a version."""
    found = await summed(tx, query, moment, tags_at)
    rows = [row for row in (_row(party, query) for party in found.sums) if any(row.bands) or row.unapplied_minor]
    rows.sort(key=lambda row: (-row.total_minor, row.name, row.party_id, row.currency))
    left_out: dict[str, int] = defaultdict(int)
    if query.credits is Credits.EXCLUDE:
        for party in found.sums:
            left_out[party.currency] += sum(party.unapplied)
    return AgingReport(
        business_id=tx.business.id,
        side=query.side,
        as_of=moment.as_of,
        known_at=moment.known_at,
        zone=tx.business.zone.key,
        books_start_on=found.dates.starts_on,
        closed_through=found.dates.closed_through,
        credits=query.credits,
        basis=query.basis,
        base_currency=tx.business.base_currency,
        revalued_on=query.revalued_day(moment.as_of),
        rates=found.rates,
        tags=query.tags,
        edges=query.bands.edges,
        rows=tuple(rows),
        totals=_totals(rows, query, tx.business.base_currency),
        left_out={currency: fits(left) for currency, left in sorted(left_out.items()) if left},
    )


def _row(party: PartySums, query: AgingQuery) -> AgingRow:
    bands, unapplied_minor = tuple(party.charges), 0
    match query.credits:
        case Credits.COLUMN:
            unapplied_minor = sum(party.unapplied)
        case Credits.NET:
            bands = tuple(charge + credit for charge, credit in zip(bands, party.unapplied, strict=True))
        case Credits.EXCLUDE:
            pass
    total_minor = fits(sum(bands) + fits(unapplied_minor))
    return AgingRow(party.party_id, party.external_id, party.name, party.currency, bands, unapplied_minor, total_minor)


def _totals(rows: Iterable[AgingRow], query: AgingQuery, base_currency: str) -> tuple[AgingTotal, ...]:
    by_currency: dict[str, list[AgingRow]] = {base_currency: []} if query.basis is not Basis.DOCUMENT else {}
    for row in rows:
        by_currency.setdefault(row.currency, []).append(row)
    return tuple(
        AgingTotal(
            currency,
            tuple(fits(sum(row.bands[band] for row in group)) for band in range(len(query.bands))),
            fits(sum(row.unapplied_minor for row in group)),
            fits(sum(row.total_minor for row in group)),
        )
        for currency, group in sorted(by_currency.items())
    )
