"""What every report states of itself: side, day, version, basis, credits, time zone, currency, the start of the books.

Holds: a report asked for again with what it states here is the same, byte for byte (T13).
Source: docs/howto/command-line.md, "What a report states"; docs/rule.md.
"""

from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from duebook.aging.bands import Bands
from duebook.aging.explain import Explained
from duebook.aging.report import AgingReport, Basis, Credits
from duebook.ledger.facts import Side

_CREDITS: Final = {
    Credits.COLUMN: "unapplied payments and credits in a column of their own",
    Credits.EXCLUDE: "unapplied payments and credits left out",
    Credits.NET: "unapplied payments and credits netted in the band of their own date",
}


class QuotedRate(msgspec.Struct, frozen=True, kw_only=True):
    """What one unit of a currency is worth in base currency, from a day until the next quote."""

    currency: str
    quoted_on: date
    rate: Decimal


class Tagged(msgspec.Struct, frozen=True, kw_only=True):
    """Only documents with this tag; with any value of it if there are none here."""

    key: str
    values: tuple[str, ...]


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """The question that a report answers, with what was not said filled in. A file has no business and no version."""

    business_id: UUID | None
    side: Side
    as_of: date
    known_at: int | None
    time_zone: str
    basis: Basis
    credits: Credits
    base_currency: str | None
    revalued_on: date | None = None
    rates: tuple[QuotedRate, ...] = ()
    books_start_on: date | None = None
    closed_through: date | None = None
    note: str | None = None
    tags: tuple[Tagged, ...] = ()
    edges: tuple[int, ...]

    @property
    def bands(self) -> Bands:
        """Its bands."""
        return Bands(self.edges)

    @property
    def sentences(self) -> list[str]:
        """The same for people, line by line."""
        version = "" if self.known_at is None else f", known at version {self.known_at}"
        said = [
            f"{self.side.capitalize()} as of {self.as_of}{version}",
            f"{self._amounts}; {_CREDITS[self.credits]}; time zone {self.time_zone}",
        ]
        if self.rates:
            rates = ", ".join(f"{one.currency} {one.rate:f} of {one.quoted_on}" for one in self.rates)
            said.append(f"Rates: {rates}")
        if self.tags:
            said.append(f"Only documents tagged {', and '.join(map(_tag, self.tags))}")
        if self.note:
            said.append(f"{self.note[0].upper()}{self.note[1:]}")
        return said

    @property
    def _amounts(self) -> str:
        if self.basis is Basis.DOCUMENT:
            return "Each document's own currency"
        if self.basis is Basis.BASE:
            return f"Base currency {self.base_currency} at booked rates"
        return f"Base currency {self.base_currency} at the rates of {self.revalued_on}"


def stated(report: AgingReport | Explained) -> dict[str, Any]:
    """The fields of Stated for what is told of the books of a business."""
    starts_on = report.books_start_on
    return {
        "business_id": report.business_id,
        "side": report.side,
        "as_of": report.as_of,
        "known_at": report.known_at,
        "time_zone": report.zone,
        "basis": report.basis,
        "credits": report.credits,
        "base_currency": report.base_currency,
        "revalued_on": report.revalued_on,
        "rates": tuple(
            QuotedRate(currency=one.currency, quoted_on=one.quoted_on, rate=one.rate) for one in report.rates
        ),
        "books_start_on": starts_on,
        "closed_through": report.closed_through,
        "note": (
            f"the books start later, on {starts_on}: nothing before that day is in them"
            if starts_on and report.as_of < starts_on
            else None
        ),
        "tags": tuple(Tagged(key=one.key, values=one.values) for one in report.tags),
        "edges": report.edges,
    }


def _tag(one: Tagged) -> str:
    return " or ".join(f"{one.key}={value}" for value in one.values) or one.key
