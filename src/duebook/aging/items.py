"""Open items, one by one: the balance of each instalment and of each document's unapplied money, in the basis asked.

Units: `open_minor` is in the currency of the basis, signed: positive raises what is owed.
Holds: balances add up to the report of the same question, cell by cell; revalued ones are rounded half to even, each
item on its own (T11).
Source: docs/rule.md, T0, T11, T15.
"""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg

from duebook.aging.errors import NoRateInForce
from duebook.aging.question import AgingQuery, Basis, Moment, TagFilter
from duebook.db.queries import load
from duebook.ledger.errors import SumTooLarge
from duebook.ledger.facts import DocumentId, PartyId, Rate
from duebook.ledger.rates import Rates
from duebook.tenancy.gate import ReadTx

_QUERIES: Final = load("duebook.aging")


class Balance(NamedTuple):
    """What is open of an item: `open_minor` is in `currency`, the document itself in `document_currency`."""

    party_id: PartyId
    document_id: DocumentId
    instalment: int
    unapplied: bool
    due_on: date
    document_currency: str
    currency: str
    open_minor: int


class PartyName(NamedTuple):
    """What a party is called."""

    external_id: str | None
    name: str


async def balances(
    tx: ReadTx,
    query: AgingQuery,
    moment: Moment,
    *,
    tags_at: int | None = None,
    unapplied: bool | None = None,
    band: int | None = None,
) -> tuple[list[Balance], tuple[Rate, ...]]:
    """The open items of a question, and the rates that revalued them.

    Of charges or unapplied money alone if `unapplied` says so, and of one band; `tags_at` is the version at which tags
    are known, else the question's. Raises NoRateInForce, SumTooLarge.
    """
    values = {
        "business_id": tx.business.id,
        "side": query.side,
        "as_of": moment.as_of,
        "known_at": moment.known_at,
        "latest": tx.version,
        "party_id": query.party_id,
        "unapplied": unapplied,
        "band": band,
        "edges": list(query.bands.edges),
        "tags": tags_json(query.tags),
        "tags_at": moment.known_at if tags_at is None else tags_at,
    }
    try:
        rows = await (await tx.connection.execute(_QUERIES.open_items, values)).fetchall()
    except psycopg.errors.NumericValueOutOfRange:
        raise SumTooLarge from None
    if revalued_on := query.revalued_day(moment.as_of):
        return await _revalued(tx, rows, revalued_on, moment.known_at)
    if query.basis is Basis.BASE:
        base_currency = tx.business.base_currency
        return [_balance(row, base_currency, row.base_minor) for row in rows], ()
    return [_balance(row, row.currency, row.amount_minor) for row in rows], ()


def tags_json(tags: Iterable[TagFilter]) -> str | None:
    """Filters as a query takes them: for each, the tags of which a document carries one; null without filters."""
    filters = [
        [{"key": one.key, "value": value} for value in one.values] if one.values else [{"key": one.key}] for one in tags
    ]
    return json.dumps(filters) if filters else None


async def party_names(tx: ReadTx, ids: Iterable[PartyId], known_at: int) -> dict[PartyId, PartyName]:
    """What parties were called at a version."""
    values = {"business_id": tx.business.id, "known_at": known_at, "ids": list(ids)}
    rows = await (await tx.connection.execute(_QUERIES.party_names, values)).fetchall()
    return {PartyId(row.id): PartyName(row.external_id, row.name) for row in rows}


async def document_totals(tx: ReadTx, ids: Iterable[DocumentId], known_at: int) -> dict[UUID, int]:
    """What documents were for at a version, in base currency at their booked rates."""
    values = {"business_id": tx.business.id, "known_at": known_at, "ids": list(ids)}
    rows = await (await tx.connection.execute(_QUERIES.document_totals, values)).fetchall()
    return {row.document_id: row.base_minor for row in rows}


async def tags_in_use(tx: ReadTx, asked: TagFilter) -> set[str]:
    """Those of the values that there are under the key."""
    values = {"business_id": tx.business.id, "key": asked.key, "values": list(asked.values)}
    rows = await (await tx.connection.execute(_QUERIES.tags_in_use, values)).fetchall()
    return {row.value for row in rows}


async def _revalued(
    tx: ReadTx, rows: list[Any], revalued_on: date, known_at: int
) -> tuple[list[Balance], tuple[Rate, ...]]:
    base_currency = tx.business.base_currency
    currencies = sorted({row.currency for row in rows} - {base_currency})
    values = {
        "business_id": tx.business.id,
        "known_at": known_at,
        "revalued_on": revalued_on,
        "currencies": currencies,
    }
    found = await (await tx.connection.execute(_QUERIES.rates_in_force, values)).fetchall()
    rates = tuple(Rate(row.currency, row.quoted_on, row.rate) for row in found)
    if missing := set(currencies) - {rate.currency for rate in rates}:
        raise NoRateInForce(sorted(missing), revalued_on)
    quoted = Rates(base_currency, rates)
    converted = (quoted.converted(row.amount_minor, row.currency, base_currency, revalued_on) for row in rows)
    return [_balance(row, base_currency, minor or 0) for row, minor in zip(rows, converted, strict=True)], rates


def _balance(row: Any, currency: str, open_minor: int) -> Balance:
    return Balance(
        PartyId(row.party_id),
        DocumentId(row.document_id),
        row.instalment,
        row.unapplied,
        row.due_on,
        row.currency,
        currency,
        open_minor,
    )
