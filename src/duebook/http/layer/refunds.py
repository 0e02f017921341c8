"""Refunds: to customers of what they paid, and of vendors of what the business paid them.

Units: cents.
Source: docs/reference/layer.md, "Refunds".
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID, uuid5

import msgspec

from duebook.http import refunds
from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text
from duebook.http.layer.lists import REFUND_SORTS, ListMeta, Paging, documents
from duebook.http.layer.payments import Method
from duebook.http.layer.tags import ApiTag, NewTag, api_tags, kept_tags
from duebook.http.refunds import Refund, payment_id, refund_id
from duebook.http.stamps import Stamp, as_given, in_utc
from duebook.ledger.facts import Document, Kind
from duebook.ledger.lists import DocumentFilter
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import ReadTx

MOST_PARTS: Final = 500
"""How many targets one refund has at most."""

RefundMethod = Method | Literal["STORE_CREDIT"]
RefundStatus = Literal["PAID", "PARTIALLY_PAID", "UNPAID"]


class NewRefundPayment(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Money that was paid back."""

    refunded_amount: PositiveCents
    completed_at: Stamp
    method: RefundMethod
    external_id: ExternalId | None = None
    processor: Text | None = None
    refund_processing_fee: PositiveCents | None = None
    refunded_payment_fees: list[Free] | None = None
    payment_clearing_account_identifier: Free | None = None
    tags: list[NewTag] | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    reference_number: Text | None = None


class NewRefundPart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Part of a refund, of one target. `total_amount` is a newer name of `amount`."""

    amount: PositiveCents | None = None
    total_amount: PositiveCents | None = None
    external_id: Text | None = None
    account_identifier: Free | None = None
    line_items: list[Free] | None = None
    tags: list[NewTag] | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    reference_number: Text | None = None


class RefundBase(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What every refund may say."""

    completed_at: Stamp
    external_id: ExternalId | None = None
    refunded_amount: PositiveCents | None = None
    method: RefundMethod | None = None
    processor: Text | None = None
    refund_processing_fee: PositiveCents | None = None
    refunded_payment_fees: list[Free] | None = None
    tags: list[NewTag] | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    reference_number: Text | None = None


class RefundPart(msgspec.Struct, kw_only=True):
    """Part of a refund."""

    id: UUID
    refund_id: UUID
    amount: Cents
    account_identifier: Free | None
    memo: str | None
    metadata: Free
    reference_number: str | None
    transaction_tags: list[ApiTag]


class RefundPayment(msgspec.Struct, kw_only=True):
    """Money that was paid back."""

    id: UUID
    external_id: str | None
    refunded_amount: Cents
    refund_processing_fee: Cents
    completed_at: str
    method: str | None
    processor: str | None
    memo: str | None
    metadata: Free
    reference_number: str | None
    transaction_tags: list[ApiTag]


class RefundData(msgspec.Struct, kw_only=True):
    """A refund."""

    id: UUID
    external_id: str | None
    refunded_amount: Cents
    status: RefundStatus
    completed_at: str
    payments: list[RefundPayment]
    memo: str | None
    metadata: Free
    reference_number: str | None
    imported_at: datetime
    updated_at: datetime
    transaction_tags: list[ApiTag]


async def page(tx: ReadTx, which: DocumentFilter, paging: Paging) -> tuple[list[Refund], ListMeta]:
    """One page of refunds."""
    found, meta = await documents(tx, which, paging.sorted_by(REFUND_SORTS))
    return await refunds.show(tx, which.side, found), meta


def refund_fields(refund: Refund) -> dict[str, Any]:
    """What is said of a refund on either side, by field."""
    head, body = refund.head.document, refund.body
    return {
        "id": head.id,
        "external_id": head.external_id,
        "refunded_amount": refund.refunded,
        "status": _status(refund),
        "completed_at": as_given(body, "completed_at", head.issued_on),
        "payments": [payment(refund.business_id, head, one) for one in refund.payments],
        "memo": body.get("memo"),
        "metadata": body.get("metadata", {}),
        "reference_number": head.number,
        "imported_at": in_utc(refund.head.created_at),
        "updated_at": in_utc(refund.head.updated_at),
        "transaction_tags": api_tags(refund.business_id, head.tags),
    }


def _status(refund: Refund) -> RefundStatus:
    if refund.paid == refund.refunded:
        return "PAID"
    return "PARTIALLY_PAID" if refund.paid else "UNPAID"


def payment(business_id: BusinessId, head: Document, kept: Mapping[str, Any]) -> RefundPayment:
    """A payment of a refund as this dialect shows it."""
    return RefundPayment(
        id=UUID(kept["id"]),
        external_id=kept.get("external_id"),
        refunded_amount=kept["refunded_amount"],
        refund_processing_fee=kept.get("refund_processing_fee", 0),
        completed_at=as_given(kept, "completed_at", head.issued_on),
        method=kept.get("method"),
        processor=kept.get("processor"),
        memo=kept.get("memo"),
        metadata=kept.get("metadata", {}),
        reference_number=kept.get("reference_number"),
        transaction_tags=kept_tags(business_id, kept.get("tags", ())),
    )


def parts_of(refund: Refund, charge: str) -> Iterator[dict[str, Any]]:
    """What is said of each part, by field; `charge` is the side's word for a charge."""
    for one, target, amount in refund.parts():
        said = refund.said(one)
        yield part_fields(refund.business_id, one, charge, target.document.kind, said) | {"amount": amount}


def part_fields(
    business_id: BusinessId, part: Document, charge: str, kind: Kind | None, said: Mapping[str, Any]
) -> dict[str, Any]:
    """What is said of a part, wherever it is shown, by field; `kind` is that of what it is aimed at."""
    return {
        "id": uuid5(part.id, "allocation"),
        "refund_id": refund_id(part),
        "amount": part.amount_minor,
        f"{charge}_id": part.target_id if kind is Kind.CHARGE else None,
        f"{charge}_payment_id": part.target_id if kind is Kind.PAYMENT else payment_id(part),
        f"{charge}_line_item_id": part.body.get("line_id"),
        "credit_id": part.target_id if kind is Kind.CREDIT else None,
        "account_identifier": said.get("account_identifier"),
        "memo": said.get("memo"),
        "metadata": said.get("metadata", {}),
        "reference_number": said.get("reference_number"),
        "transaction_tags": kept_tags(business_id, said.get("tags", ())),
    }
