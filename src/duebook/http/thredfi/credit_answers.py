"""How credit notes are shown: the shapes that both sides share, and what fills them.

Units: cents.
Holds: what is applied of a credit is as of today where the business is.
Source: docs/reference/thredfi.md, "Credits".
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from duebook.http.fields import Cents, Free, LongText, Text, told, told_objects
from duebook.http.stamps import as_given, in_utc, midnight
from duebook.http.thredfi import parties
from duebook.http.thredfi.tags import ApiTag, api_tags
from duebook.http.writes import Fields
from duebook.ledger import views
from duebook.ledger.facts import Allocation, DocumentId, Kind, PartyId, Side, State
from duebook.ledger.views import DocumentView, Standing, Tx


class CreditLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A line of a credit: its amount without tax, and the tax."""

    amount: Cents
    tax_amount_cents: Cents | None = None
    external_id: Text | None = None
    description: LongText | None = None
    memo: LongText | None = None
    revenue_account_identifier: Free | None = None
    expense_account_identifier: Free | None = None
    account_identifier: Free | None = None
    metadata: Free | None = None


class LineData(CreditLine, kw_only=True):
    """A line of a credit."""

    id: UUID


class PartData(msgspec.Struct, kw_only=True):
    """What is applied of a credit to one document, from a day on."""

    id: UUID
    applied_at: str
    amount: Cents
    amount_cents: Cents


class CreditData(msgspec.Struct, kw_only=True):
    """A credit as it stands today."""

    id: UUID
    business_id: UUID
    external_id: str | None
    status: str
    currency: str
    total_amount: Cents
    applied_amount: Cents
    remaining_amount: Cents
    reference_number: str | None
    memo: str | None
    metadata: Free
    transaction_tags: list[ApiTag]
    line_items: list[LineData]
    document: None = None
    issued_at: str
    voided_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Words:
    """What one side calls the parts of a credit: a fresh one, its documents, and the fields of a body."""

    side: Side
    fresh: str
    charge_id: str
    fields: Fields


def words(side: Side, *, fresh: str, dated: str) -> Words:
    """The words of a side."""
    noun, charge = parties.NOUNS[side], "invoice" if side is Side.RECEIVABLE else "bill"
    parts = "allocations[]"
    fields = {
        "party": f"{noun}_id",
        "number": "reference_number",
        "settled_on": dated,
        "effective_on": dated,
        "amount": "line_items",
        "allocations": parts,
        "charge": parts,
        "open": parts,
        "document": "credit_id",
    }
    return Words(side, fresh, f"{charge}_id", fields)


def statuses(fresh: str) -> Mapping[str, Sequence[Standing]]:
    """The words for how a credit stands, and what they mean."""
    return {
        "draft": [Standing.DRAFT],
        fresh: [Standing.OPEN],
        "partially_applied": [Standing.PARTLY_SETTLED],
        "applied": [Standing.SETTLED, Standing.REFUNDED],
        "void": [Standing.VOID],
    }


def by_charge(view: DocumentView) -> Mapping[DocumentId, list[Allocation]]:
    """What a credit is applied to, by document."""
    found: dict[DocumentId, list[Allocation]] = defaultdict(list)
    for one in view.allocations:
        found[one.charge_id].append(one)
    return found


async def described(tx: Tx, its: Words, found: Sequence[DocumentView]) -> list[dict[str, Any]]:
    """What is said of credits, by field."""
    charge_ids = {part.charge_id for one in found for part in one.allocations}
    charges = await views.documents_by_id(tx, its.side, Kind.CHARGE, list(charge_ids))
    party_ids = list({one.document.party_id for one in found})
    whose = await parties.all_fields(tx, its.side, await views.parties_by_id(tx, its.side, party_ids))
    by_id = {PartyId(one["id"]): one for one in whose}
    return [_fields(tx, its, one, by_id, {one.document.id: one for one in charges}) for one in found]


def _fields(
    tx: Tx,
    its: Words,
    view: DocumentView,
    whose: Mapping[PartyId, dict[str, Any]],
    charges: Mapping[DocumentId, DocumentView],
) -> dict[str, Any]:
    credit, body = view.document, view.document.body
    word = next(word for word, standings in statuses(its.fresh).items() if view.standing in standings)
    dated = as_given(body, "dated", credit.issued_on)
    return {
        "id": credit.id,
        "business_id": tx.business.id,
        "external_id": credit.external_id,
        "party": whose[credit.party_id],
        "status": word,
        "currency": credit.currency,
        "total_amount": credit.amount_minor,
        "applied_amount": view.settled_minor,
        "remaining_amount": credit.amount_minor - view.settled_minor,
        "reference_number": credit.number,
        "memo": body.get("memo"),
        "metadata": body.get("metadata", {}),
        "transaction_tags": api_tags(credit.tags),
        "line_items": [
            LineData(id=uuid5(credit.id, f"line {place}"), **{"amount": 0} | told(CreditLine, line))
            for place, line in enumerate(told_objects("line_items", body))
        ],
        "source_id": body.get("source_id"),
        "dated": dated,
        "issued_at": dated,
        "voided_at": in_utc(view.updated_at) if credit.state is State.VOID else None,
        "created_at": view.created_at.astimezone(UTC),
        "updated_at": view.updated_at.astimezone(UTC),
        "parts": list(_parts(view, charges)),
    }


def _parts(
    view: DocumentView, charges: Mapping[DocumentId, DocumentView]
) -> Iterator[tuple[dict[str, Any], DocumentView]]:
    """What is applied, one part for each document."""
    for charge_id, allocations in by_charge(view).items():
        if charge_id in charges:
            amount = sum(one.source_minor for one in allocations)
            applied_at = midnight(max(one.effective_on for one in allocations))
            said = {"id": allocations[0].id, "applied_at": applied_at, "amount": amount, "amount_cents": amount}
            yield said, charges[charge_id]
