"""What every report says of itself, so that it can be read alone and asked for again.

Source: docs/reference/api.md, "Reports"; docs/rule.md, T13.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from duebook.aging.question import AgingQuery, Basis, Credits, Moment
from duebook.ledger import history
from duebook.ledger.facts import Rate, Side
from duebook.tenancy.gate import ReadTx


class BandData(msgspec.Struct, kw_only=True):
    """A band of days late, both ends included; the first has no beginning and the last no end."""

    label: str
    from_days: int | None
    to_days: int | None


class RateInForce(msgspec.Struct, kw_only=True):
    """The rate by which a currency was revalued."""

    currency: str
    quoted_on: date
    rate: Annotated[Decimal, Meta(extra_json_schema={"extra": {"type": "string"}})]


class TagAsked(msgspec.Struct, kw_only=True):
    """Documents with one of these values under the key, or with any if there are none."""

    key: str
    values: list[str]


class ReportFacts(msgspec.Struct, kw_only=True):
    """What a report was made from."""

    business_id: UUID
    side: Side
    as_of: date
    known_at: Annotated[int, Meta(description="The version; ask for it to have the same bytes again")]
    recorded_at: Annotated[datetime | None, Meta(description="When that version was; null before the first")]
    time_zone: str
    base_currency: str
    basis: Basis
    credits: Credits
    revalued_on: date | None
    rates: Annotated[list[RateInForce], Meta(description="Of a revalued report")]
    edges: list[int]
    bands: list[BandData]
    tags: list[TagAsked]
    books_start_on: date | None
    closed_through: date | None
    note: Annotated[str | None, Meta(description="What a reader must know, such as that the books start later")]


def asked_of(query: AgingQuery) -> dict[str, Any]:
    """All that an answer depends on beside its moment, for its key."""
    return {
        "side": query.side,
        "basis": query.basis,
        "revalued_on": query.revalued_on,
        "edges": query.bands.edges,
        "party_id": query.party_id,
        "tags": query.tags,
        "credits": query.credits,
    }


async def report_facts(tx: ReadTx, query: AgingQuery, moment: Moment, rates: tuple[Rate, ...]) -> dict[str, Any]:
    """The fields of ReportFacts for a report of this moment."""
    books = await history.books(tx, moment.known_at)
    write = await history.version(tx, moment.known_at)
    later = books.starts_on is not None and moment.as_of < books.starts_on
    return {
        "business_id": tx.business.id,
        "side": query.side,
        "as_of": moment.as_of,
        "known_at": moment.known_at,
        "recorded_at": write.recorded_at.astimezone(UTC) if write else None,
        "time_zone": tx.business.zone.key,
        "base_currency": tx.business.base_currency,
        "basis": query.basis,
        "credits": query.credits,
        "revalued_on": (query.revalued_on or moment.as_of) if query.basis is Basis.REVALUED else None,
        "rates": [RateInForce(currency=one.currency, quoted_on=one.quoted_on, rate=one.rate) for one in rates],
        "edges": list(query.bands.edges),
        "bands": bands_data(query),
        "tags": [TagAsked(key=one.key, values=list(one.values)) for one in query.tags],
        "books_start_on": books.starts_on,
        "closed_through": books.closed_through,
        "note": f"the books start on {books.starts_on}: nothing before that day is in them" if later else None,
    }


def bands_data(query: AgingQuery) -> list[BandData]:
    """The bands of a question, youngest first."""
    edges = query.bands.edges
    starts, ends = (None, *edges), (*(edge - 1 for edge in edges), None)
    return [
        BandData(label=query.bands.label(band), from_days=start, to_days=end)
        for band, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
