"""Refunds: to customers of what they paid, and of vendors of what the business paid them.

Units: cents of the currency of what is paid back.
Holds: money counts from the day on which it is paid back; until then a refund changes nothing.
Source: docs/reference/thredfi.md, "Refunds"; docs/rule.md, T9.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID, uuid5

import msgspec
from msgspec import Meta

from duebook.http import refunding, refunds
from duebook.http.fields import Cents, Free
from duebook.http.refund_parts import AskedRefund
from duebook.http.refunding import Rules
from duebook.http.refunds import PART_OF, Refund, payment_id
from duebook.http.stamps import in_utc, instant, midnight
from duebook.http.thredfi.paging import Paging
from duebook.http.writes import RefusedWrite
from duebook.ledger import lists
from duebook.ledger.errors import DocumentNotFound, ExternalIdConflict
from duebook.ledger.facts import Kind, Side
from duebook.ledger.lists import DocumentFilter, DocumentSort
from duebook.tenancy.gate import ReadTx, WriteTx

_NAMES: Final = {"number": "reference_number", "document": "refund_id", "party": "vendor_id"}
_INVOICES: Final = {**_NAMES, "issued_on": "completed_at", "effective_on": "completed_at", "amount": "amount_cents"}
_BILLS: Final = {
    **_NAMES,
    "issued_on": "refund_date",
    "effective_on": "refund_date",
    "amount": "total_refunded_amount_cents",
}
RULES: Final = {
    Side.RECEIVABLE: Rules(Side.RECEIVABLE, _INVOICES, "amount_cents", at_once=False),
    Side.PAYABLE: Rules(Side.PAYABLE, _BILLS, "refunded_amount_cents", at_once=False),
}
_CHARGES: Final = {Side.RECEIVABLE: "invoice", Side.PAYABLE: "bill"}
_TYPES: Final = {Kind.PAYMENT: "payment", Kind.CREDIT: "credit"}


class PartData(msgspec.Struct, kw_only=True):
    """What is paid back of one document."""

    id: UUID
    allocation_type: str
    amount: Cents
    amount_cents: Cents
    target_description: str
    description: str | None
    metadata: Free
    allocation_date: str


class PaymentData(msgspec.Struct, kw_only=True):
    """Money that was paid back."""

    id: UUID
    external_id: str | None
    refunded_amount: Cents
    processor: str | None
    memo: str | None
    metadata: Free
    reconciled_bank_transactions: Annotated[list[Free], Meta(description="None: there are no bank feeds")] = []
    created_at: str
    updated_at: str


class RefundData(msgspec.Struct, kw_only=True):
    """A refund as it stands."""

    id: UUID
    business_id: UUID
    external_id: str | None
    status: str
    currency: str
    reference_number: str | None
    memo: str | None
    metadata: Free
    document: None = None
    created_at: datetime
    updated_at: datetime


async def create(tx: WriteTx, side: Side, asked: AskedRefund, said: Mapping[str, Any]) -> tuple[Refund, bool]:
    """Record a refund, or find the one with this external id of which the same was said; and whether it was made.

    Raises BadInput, RefusedWrite.
    """
    rules = RULES[side]
    known = await lists.document_named(tx, side, Kind.REFUND, asked.external_id)
    if known is None:
        return await refunding.put(tx, rules, asked, None), True
    there = known.document.body.get("request", {})
    for name in sorted(there.keys() | said.keys()):
        if there.get(name) != said.get(name):
            raise RefusedWrite(ExternalIdConflict(str(asked.external_id), name), side, rules.fields)
    return await refunds.find(tx, side, known.document.id), False


async def page(
    tx: ReadTx, which: DocumentFilter, paging: Paging, sort: DocumentSort, *, back: bool
) -> tuple[list[Refund], int]:
    """One page of refunds, and how many there are on all pages."""
    found = await lists.documents(tx, which, paging.part(back=back), sort)
    return await refunds.show(tx, which.side, [one.view for one in found]), await lists.count_documents(tx, which)


def payment_of(refund: Refund, paid_id: UUID) -> dict[str, Any]:
    """One payment of a refund. Raises DocumentNotFound."""
    found = next((one for one in refund.payments if one["id"] == str(paid_id)), None)
    if found is None:
        raise DocumentNotFound(refund.head.document.side, "refund payment", paid_id)
    return found


def recorded_now(tx: WriteTx, payment: Mapping[str, Any]) -> dict[str, Any]:
    """A payment as it is kept, with the instant of this write."""
    return {**payment, "recorded_at": instant(tx.now)}


def fields(refund: Refund, statuses: Mapping[str, str]) -> dict[str, Any]:
    """What is said of a refund on either side, by field."""
    head, body = refund.head.document, refund.body
    return {
        "id": head.id,
        "business_id": refund.business_id,
        "external_id": head.external_id,
        "status": statuses[refund.progress],
        "currency": head.currency,
        "reference_number": head.number,
        "memo": body.get("memo"),
        "metadata": body.get("metadata", {}),
        "created_at": in_utc(refund.head.created_at),
        "updated_at": in_utc(refund.head.updated_at),
    }


def part_fields(refund: Refund) -> Iterator[dict[str, Any]]:
    """What is said of what is paid back of each document, by field."""
    head = refund.head.document
    charge = _CHARGES[head.side]
    for one, target, amount in refund.parts():
        document = target.document
        more = refund.said(one)
        is_charge = document.kind is Kind.CHARGE
        name = document.number or document.external_id or str(document.id)
        what = _TYPES.get(document.kind, charge)
        yield {
            "id": uuid5(one.id, "allocation"),
            "allocation_type": what,
            "amount": amount,
            "amount_cents": amount,
            f"{charge}_id": document.id if is_charge else None,
            f"{charge}_number": document.number if is_charge else None,
            f"{charge}_outstanding_balance_cents": target.open_minor if is_charge else None,
            f"{charge}_payment_id": document.id if document.kind is Kind.PAYMENT else payment_id(one),
            "credit_id": document.id if document.kind is Kind.CREDIT else None,
            "target_description": f"{what} {name}",
            "description": more.get("description"),
            "metadata": more.get("metadata", {}),
            "allocation_date": midnight(one.issued_on),
        }


def payment_fields(refund: Refund, kept: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a payment of a refund on either side, by field."""
    recorded_at = kept.get("recorded_at", instant(refund.head.created_at))
    return {
        "id": UUID(kept["id"]),
        "external_id": kept.get("external_id"),
        "refunded_amount": kept["refunded_amount"],
        "processor": kept.get("processor"),
        "memo": kept.get("memo"),
        "metadata": kept.get("metadata", {}),
        "created_at": recorded_at,
        "updated_at": recorded_at,
    }


def whole(side: Side, **given: Any) -> DocumentFilter:
    """The filter of a list: a refund is one, of however many pieces in the books."""
    return DocumentFilter(side=side, kind=Kind.REFUND, body_without=PART_OF, **given)
