"""What each party has open, by currency and band: summed up by the database, or from open items one by one.

Units: minor units of the currency named.
Holds: both ways give the same sums; one that does not fit 64 bits is an error (T14).
Source: docs/rule.md, T0, T2, T11, T14; docs/reference/storage.md, "A report".
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import psycopg

from duebook.aging.items import balances, party_names
from duebook.aging.question import AgingQuery, Basis, Moment
from duebook.days import days_late
from duebook.db.queries import load
from duebook.ledger.errors import SumTooLarge
from duebook.ledger.facts import PartyId, Rate
from duebook.money import MAX_MINOR, MIN_MINOR
from duebook.tenancy.gate import ReadTx

_QUERIES: Final = load("duebook.aging")


@dataclass(frozen=True, slots=True)
class PartySums:
    """What one party has open in one currency, by band: of charges, and unapplied."""

    party_id: PartyId
    external_id: str | None
    name: str
    currency: str
    charges: list[int]
    unapplied: list[int]


class BookDates(NamedTuple):
    """Where the books begin and how far they are closed, as known at a version (T16, T18)."""

    starts_on: date | None = None
    closed_through: date | None = None


class Summed(NamedTuple):
    """Sums by party and currency, what is known of the books beside, and the rates that revalued them."""

    sums: list[PartySums]
    dates: BookDates
    rates: tuple[Rate, ...] = ()


async def summed(tx: ReadTx, query: AgingQuery, moment: Moment, tags_at: int) -> Summed:
    """The sums of a question; tags are those known at the version named. Raises SumTooLarge, NoRateInForce."""
    if query.tags or query.basis is Basis.REVALUED:
        return await _one_by_one(tx, query, moment, tags_at)
    values: dict[str, Any] = {
        "business_id": tx.business.id,
        "side": query.side,
        "as_of": moment.as_of,
        "known_at": moment.known_at,
        "latest": tx.version,
        "edges": list(query.bands.edges),
        "in_base": query.basis is Basis.BASE,
        "party_id": query.party_id,
    }
    statement = _QUERIES.aged_totals
    today = tx.business.today(tx.now)
    if moment.as_of < today:
        checkpoint: Any = await (await tx.connection.execute(_QUERIES.checkpoint_before, values)).fetchone()
        if checkpoint and moment.as_of - checkpoint.through_on < today - moment.as_of:
            statement = _QUERIES.aged_totals_from_checkpoint
            values |= {"through_on": checkpoint.through_on, "held_at": checkpoint.version}
    try:
        async with tx.connection.pipeline():
            dates = await tx.connection.execute(_QUERIES.books_at, values)
            found = await tx.connection.execute(statement, values)
        rows = await found.fetchall()
    except psycopg.errors.NumericValueOutOfRange:
        raise SumTooLarge from None
    sums = [_sums_of(row, len(query.bands), tx.business.base_currency) for row in rows]
    return Summed(sums, book_dates(await dates.fetchone()))


def fits(total_minor: int) -> int:
    """The sum itself, if 64 bits hold it. Raises SumTooLarge."""
    if not MIN_MINOR <= total_minor <= MAX_MINOR:
        raise SumTooLarge
    return total_minor


async def dates_at(tx: ReadTx, known_at: int) -> BookDates:
    """Where the books begin and how far they are closed, as known at a version."""
    values = {"business_id": tx.business.id, "known_at": known_at}
    return book_dates(await (await tx.connection.execute(_QUERIES.books_at, values)).fetchone())


def book_dates(row: Any) -> BookDates:
    """The dates from a row of the query that finds them, if there is one."""
    return BookDates(row.starts_on, row.closed_through) if row else BookDates()


async def _one_by_one(tx: ReadTx, query: AgingQuery, moment: Moment, tags_at: int) -> Summed:
    found, rates = await balances(tx, query, moment, tags_at=tags_at)
    names = await party_names(tx, {one.party_id for one in found}, moment.known_at)
    sums: dict[tuple[PartyId, str], PartySums] = {}
    for one in found:
        key = one.party_id, one.currency
        if key not in sums:
            empty = [0] * len(query.bands)
            sums[key] = PartySums(one.party_id, *names[one.party_id], one.currency, empty, empty.copy())
        cells = sums[key].unapplied if one.unapplied else sums[key].charges
        cells[query.bands.of(days_late(one.due_on, moment.as_of))] += one.open_minor
    for party in sums.values():
        for cell in (*party.charges, *party.unapplied):
            fits(cell)
    return Summed(list(sums.values()), await dates_at(tx, moment.known_at), rates)


def _sums_of(row: Any, bands: int, base_currency: str) -> PartySums:
    party = PartySums(row.party_id, row.external_id, row.name, row.currency or base_currency, [0] * bands, [0] * bands)
    for unapplied, band, open_minor in row.sums:
        (party.unapplied if unapplied else party.charges)[band] = open_minor
    return party
