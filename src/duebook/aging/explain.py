"""Explain a cell of an aging report: the open items behind it, and what was taken of each so far.

Units: `open_minor` is in `currency`, that of the basis asked; all other amounts are in the document's own currency.
Holds: the items' open amounts add up to the cell, and so do those of all its cells to a row or a total (T15). An item's
original amount less all that was taken of it is what is open of it in the document's currency.
Source: docs/rule.md, T15.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal

from duebook.aging.errors import NoSuchBand
from duebook.aging.items import Balance, PartyName, balances, party_names
from duebook.aging.question import AgingQuery, Basis, Credits, Moment, TagFilter, moment_of
from duebook.aging.settled import Applied, Cause, applied
from duebook.aging.sums import dates_at, fits
from duebook.days import days_late
from duebook.db.queries import load
from duebook.ledger.facts import Allocation, AllocationId, DocumentId, DueFrom, Kind, PartyId, Rate, Side
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import ReadTx

_QUERIES: Final = load("duebook.aging", "explain.sql")


@dataclass(frozen=True, slots=True)
class Cell:
    """Which part of a report: of one party or of all, of one band (counted from 0), of unapplied money, or of all.

    Unapplied money is a cell under `column`, what is left out under `exclude`, and nothing under `net`.
    """

    party_id: PartyId | None = None
    band: int | Literal["unapplied"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """An instalment of a charge, or the unapplied part of a payment or credit.

    `amount_minor` is what the document was first for, in `document_currency`, below zero for a payment or credit;
    `open_minor` is what is open of it, in `currency`. `allocations` hold all that was taken of it by the day. `band` is
    that of its days late, also for unapplied money in a column of its own.
    """

    party_id: PartyId
    party_external_id: str | None
    party_name: str
    document_id: DocumentId
    kind: Kind
    external_id: str | None
    number: str | None
    instalment: int
    unapplied: bool
    issued_on: date
    due_on: date
    due_from: DueFrom
    days_late: int
    band: int
    document_currency: str
    amount_minor: int
    currency: str
    open_minor: int
    allocations: tuple[Applied, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The items behind a cell, in order of party name and due date, with all that the answer was made from."""

    business_id: BusinessId
    side: Side
    cell: Cell
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
    items: tuple[OpenItem, ...]
    total_minor: dict[str, int]


async def items(tx: ReadTx, query: AgingQuery, cell: Cell) -> Explained:
    """The items behind a cell of the report that the query asks for. Raises AgingError, SumTooLarge."""
    moment = await moment_of(tx, query.as_of, query.known_at)
    asked = replace(query, party_id=cell.party_id or query.party_id)
    found, rates = await _balances(tx, asked, moment, cell.band)
    total_minor: dict[str, int] = {} if query.basis is Basis.DOCUMENT else {tx.business.base_currency: 0}
    for one in found:
        total_minor[one.currency] = total_minor.get(one.currency, 0) + one.open_minor
    dates = await dates_at(tx, moment.known_at)
    return Explained(
        business_id=tx.business.id,
        side=query.side,
        cell=cell,
        as_of=moment.as_of,
        known_at=moment.known_at,
        zone=tx.business.zone.key,
        books_start_on=dates.starts_on,
        closed_through=dates.closed_through,
        credits=query.credits,
        basis=query.basis,
        base_currency=tx.business.base_currency,
        revalued_on=query.revalued_day(moment.as_of),
        rates=rates,
        tags=query.tags,
        edges=query.bands.edges,
        items=tuple(await _told(tx, query, moment, found)),
        total_minor={currency: fits(total) for currency, total in sorted(total_minor.items())},
    )


async def _balances(
    tx: ReadTx, query: AgingQuery, moment: Moment, band: int | str | None
) -> tuple[list[Balance], tuple[Rate, ...]]:
    if isinstance(band, int):
        if not 0 <= band < len(query.bands):
            raise NoSuchBand(band, len(query.bands))
        both = None if query.credits is Credits.NET else False
        return await balances(tx, query, moment, unapplied=both, band=band)
    if band is None:
        both = False if query.credits is Credits.EXCLUDE else None
        return await balances(tx, query, moment, unapplied=both)
    return ([], ()) if query.credits is Credits.NET else await balances(tx, query, moment, unapplied=True)


async def _told(tx: ReadTx, query: AgingQuery, moment: Moment, found: Sequence[Balance]) -> list[OpenItem]:
    names = await party_names(tx, {one.party_id for one in found}, moment.known_at)
    values = {
        "business_id": tx.business.id,
        "as_of": moment.as_of,
        "known_at": moment.known_at,
        "documents": list({one.document_id for one in found}),
    }
    async with tx.connection.pipeline():
        document_rows = await tx.connection.execute(_QUERIES.item_documents, values)
        cause_rows = await tx.connection.execute(_QUERIES.item_causes, values)
        allocation_rows = await tx.connection.execute(_QUERIES.item_allocations, values)
    documents = {row.id: row for row in await document_rows.fetchall()}
    causes: dict[DocumentId, list[Cause]] = defaultdict(list)
    for row in await cause_rows.fetchall():
        causes[row.document_id].append(_cause(row))
    touching: dict[DocumentId, list[Allocation]] = defaultdict(list)
    for allocation in map(_allocation, await allocation_rows.fetchall()):
        touching[allocation.source_id].append(allocation)
        touching[allocation.charge_id].append(allocation)
    taken = {
        document_id: applied(document_id, Kind(row.kind), causes[document_id], touching[document_id], moment.as_of)
        for document_id, row in documents.items()
    }
    told = [
        _item(query, moment, one, names[one.party_id], documents[one.document_id], causes[one.document_id], taken)
        for one in found
    ]
    return sorted(told, key=_order)


def _item(
    query: AgingQuery,
    moment: Moment,
    balance: Balance,
    party: PartyName,
    document: Any,
    causes: Iterable[Cause],
    taken: dict[DocumentId, dict[int, tuple[Applied, ...]]],
) -> OpenItem:
    late = days_late(balance.due_on, moment.as_of)
    own = (
        one.amount_minor
        for one in causes
        if one.document_id == balance.document_id and one.instalment == balance.instalment
    )
    return OpenItem(
        party_id=balance.party_id,
        party_external_id=party.external_id,
        party_name=party.name,
        document_id=balance.document_id,
        kind=Kind(document.kind),
        external_id=document.external_id,
        number=document.number,
        instalment=balance.instalment,
        unapplied=balance.unapplied,
        issued_on=document.issued_on,
        due_on=balance.due_on,
        due_from=DueFrom(document.due_from),
        days_late=late,
        band=query.bands.of(late),
        document_currency=balance.document_currency,
        amount_minor=sum(own),
        currency=balance.currency,
        open_minor=balance.open_minor,
        allocations=taken[balance.document_id].get(balance.instalment, ()),
    )


def _order(item: OpenItem) -> tuple[object, ...]:
    return item.party_name, item.party_id, item.due_on, item.document_id, item.instalment, item.document_currency


def _cause(row: Any) -> Cause:
    return Cause(
        DocumentId(row.cause_id), Kind(row.kind), row.number, row.instalment, row.effective_on, row.amount_minor
    )


def _allocation(row: Any) -> Allocation:
    return Allocation(
        id=AllocationId(row.id),
        source_id=DocumentId(row.source_id),
        charge_id=DocumentId(row.charge_id),
        effective_on=row.effective_on,
        stated=True,
        amount_minor=row.amount_minor,
        source_minor=row.source_minor,
        instalment=row.instalment,
        ended_on=row.ended_on,
    )
