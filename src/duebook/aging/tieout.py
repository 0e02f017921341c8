"""Tie the aging of a side out with its control account, and help to find why the two differ.

Units: minor units of the business's base currency; balances are what is owed, positive on either side.
Holds: what the control account should show is the `column` total at booked rates (T17).
Source: docs/rule.md, T17.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Final

from duebook.aging.items import balances as open_items
from duebook.aging.items import party_names
from duebook.aging.question import AgingQuery, Credits, KnownAt, Moment, version_at
from duebook.aging.report import AgingReport, aging
from duebook.aging.sums import fits
from duebook.db.queries import load
from duebook.ledger.facts import DocumentId, Kind, PartyId, Side, State
from duebook.money import portion
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import ReadTx

_QUERIES: Final = load("duebook.aging", "tieout.sql")

MOST_SUSPECTS: Final = 50
"""How many documents are told for each reason: those that equal the difference first, then the largest."""


class Suspicion(StrEnum):
    """Why a document may be behind a difference."""

    RECORDED_LATE = "recorded_late"
    UNDONE_SINCE = "undone_since"
    BEFORE_ITS_CHARGE = "before_its_charge"
    FOREIGN_CURRENCY = "foreign_currency"


@dataclass(frozen=True, slots=True, kw_only=True)
class TieDay:
    """One day: what the control account shows, what the aging comes to, and the first less the second.

    `beside_minor` is what payments up to the day have sent straight to other accounts: it is on no side, and counted in
    none of the sums.
    """

    on: date
    known_at: int
    control_minor: int
    charges_minor: int
    unapplied_minor: int
    total_minor: int
    difference_minor: int
    beside_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A document that may be behind the first difference.

    `amount_minor` is its own amount in its currency, at the day asked. `base_minor` is what it adds to the side in base
    currency: by what was recorded late, by its money that waits for a later charge, or at its booked rate;
    `exchange_minor` is the exchange difference that it realised. `equals_difference` says whether one of them is the
    difference, whichever its sign. `recorded_at` is when it last changed the days in question.
    """

    suspicion: Suspicion
    document_id: DocumentId
    kind: Kind
    number: str | None
    party_id: PartyId
    party_name: str
    issued_on: date
    recorded_at: datetime
    currency: str
    amount_minor: int
    base_minor: int
    exchange_minor: int
    equals_difference: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TieOut:
    """All days asked, in order. Suspects are of `first_on`, the first day with a difference.

    What happened up to `tied_on`, the last day before it that ties out, is not suspected.
    """

    business_id: BusinessId
    side: Side
    base_currency: str
    zone: str
    days: tuple[TieDay, ...]
    tied_on: date | None
    first_on: date | None
    suspects: tuple[Suspect, ...]


async def tie_out(tx: ReadTx, side: Side, balances: Sequence[tuple[date, int]], known_at: KnownAt = None) -> TieOut:
    """Compare balances of the control account with the aging of their days. Raises AgingError, SumTooLarge."""
    days = []
    for on, control_minor in sorted(balances):
        query = AgingQuery(side=side, as_of=on, known_at=known_at, credits=Credits.COLUMN)
        report = await aging(tx, query)
        days.append(_day(report, control_minor, await _beside(tx, report)))
    first = next((day for day in days if day.difference_minor), None)
    tied_on = max((day.on for day in days if first and day.on < first.on), default=None)
    return TieOut(
        business_id=tx.business.id,
        side=side,
        base_currency=tx.business.base_currency,
        zone=tx.business.zone.key,
        days=tuple(days),
        tied_on=tied_on,
        first_on=first.on if first else None,
        suspects=tuple(await _suspects(tx, side, first, tied_on)) if first else (),
    )


async def _beside(tx: ReadTx, report: AgingReport) -> int:
    values = {
        "business_id": tx.business.id,
        "side": report.side,
        "base_currency": tx.business.base_currency,
        "on": report.as_of,
        "known_at": report.known_at,
    }
    row: Any = await (await tx.connection.execute(_QUERIES.beside, values)).fetchone()
    return fits(int(row.beside_minor))


def _day(report: AgingReport, control_minor: int, beside_minor: int) -> TieDay:
    (total,) = report.totals
    return TieDay(
        on=report.as_of,
        known_at=report.known_at,
        control_minor=control_minor,
        charges_minor=sum(total.bands),
        unapplied_minor=total.unapplied_minor,
        total_minor=total.total_minor,
        difference_minor=fits(control_minor - total.total_minor),
        beside_minor=beside_minor,
    )


async def _suspects(tx: ReadTx, side: Side, day: TieDay, tied_on: date | None) -> list[Suspect]:
    values = {
        "business_id": tx.business.id,
        "side": side,
        "base_currency": tx.business.base_currency,
        "known_at": day.known_at,
        "in_time": await version_at(tx, datetime.combine(day.on, time.max, tx.business.zone)),
        "after_on": tied_on,
        "until_on": day.on,
        "difference": day.difference_minor,
        "most": MOST_SUSPECTS,
    }
    found = await (await tx.connection.execute(_QUERIES.suspects, values)).fetchall()
    waiting = await _waiting(tx, side, day, values)
    names = await party_names(tx, {PartyId(row.party_id) for row in [*found, *waiting]}, day.known_at)
    suspects = [
        _suspect(row, names[row.party_id].name, _why(row), row.base_minor, row.exchange_minor, day) for row in found
    ]
    told = [
        _suspect(row, names[row.party_id].name, Suspicion.BEFORE_ITS_CHARGE, -_waiting_minor(row), 0, day)
        for row in waiting
    ]
    told.sort(key=lambda one: (not one.equals_difference, one.base_minor, one.document_id))
    return suspects + told[:MOST_SUSPECTS]


async def _waiting(tx: ReadTx, side: Side, day: TieDay, values: dict[str, Any]) -> list[Any]:
    """Unapplied money of the day that is applied to a later charge, if it came in since the books last tied out."""
    unapplied, _ = await open_items(tx, AgingQuery(side=side), Moment(day.on, day.known_at), unapplied=True)
    asked = values | {"documents": list({one.document_id for one in unapplied})}
    return await (await tx.connection.execute(_QUERIES.waiting, asked)).fetchall()


def _waiting_minor(row: Any) -> int:
    return portion(row.base_minor, row.waiting_minor, row.amount_minor)


def _why(row: Any) -> Suspicion:
    if row.why == "foreign":
        return Suspicion.FOREIGN_CURRENCY
    return Suspicion.UNDONE_SINCE if row.state in (State.VOID, State.DELETED) else Suspicion.RECORDED_LATE


def _suspect(
    row: Any, party_name: str, suspicion: Suspicion, base_minor: int, exchange_minor: int, day: TieDay
) -> Suspect:
    return Suspect(
        suspicion=suspicion,
        document_id=DocumentId(row.id),
        kind=Kind(row.kind),
        number=row.number,
        party_id=PartyId(row.party_id),
        party_name=party_name,
        issued_on=row.issued_on,
        recorded_at=row.recorded_at,
        currency=row.currency,
        amount_minor=row.amount_minor,
        base_minor=base_minor,
        exchange_minor=exchange_minor,
        equals_difference=abs(day.difference_minor) in (abs(base_minor), abs(exchange_minor)),
    )
