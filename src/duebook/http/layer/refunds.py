"""Refunds: to customers of what they paid, and of vendors of what the business paid them.

Units: cents.
Holds: each allocation of a refund is a refund of its own in the books; the first of them has the refund's id, its
external id and all that was said of it, and names the others; these name it under `refund_id`.
Source: docs/reference/layer.md, "Refunds".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID, uuid5

import msgspec

from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text
from duebook.http.layer.lists import REFUND_SORTS, ListMeta, Paging, documents
from duebook.http.layer.payments import Method
from duebook.http.layer.tags import ApiTag, NewTag, api_tags, kept_tags
from duebook.http.stamps import Stamp, as_given, in_utc
from duebook.ledger import views
from duebook.ledger.errors import DocumentNotFound
from duebook.ledger.facts import Document, DocumentId, Kind, Party, PartyId, Side, Status
from duebook.ledger.lists import DocumentFilter
from duebook.ledger.views import DocumentView, Tx
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import ReadTx

MOST_PARTS: Final = 500
"""How many targets one refund has at most."""

PART_OF: Final = "refund_id"
"""What the books' other refunds of one refund of this dialect name the first by."""

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


@dataclass(frozen=True, slots=True)
class Shown:
    """A refund, with the refunds in the books that it is made of, the first one first, and what they are aimed at."""

    business_id: BusinessId
    head: DocumentView
    documents: Sequence[Document]
    kinds: Mapping[UUID, Kind]
    party: Party

    @property
    def refunded(self) -> int:
        """What it comes to."""
        return sum(one.amount_minor for one in self.documents)

    @property
    def paid(self) -> int:
        """What of it was paid back."""
        return sum(one["refunded_amount"] for one in payments_of(self.head.document, self.refunded))


def payments_of(head: Document, refunded: int) -> list[dict[str, Any]]:
    """The payments of a refund as they are kept; one that came another way than through this dialect has one."""
    if "parts" in head.body:
        return [{"refunded_amount": refunded, **one} for one in head.body.get("payments", ())]
    paid = {"id": str(uuid5(head.id, "payment")), "refunded_amount": refunded}
    return [paid] if head.status in (Status.COMPLETED, Status.RETURNED) else []


async def find(tx: Tx, side: Side, refund_id: UUID) -> Shown:
    """One refund. Raises DocumentNotFound."""
    head = await views.document(tx, side, Kind.REFUND, DocumentId(refund_id))
    if PART_OF in head.document.body:
        raise DocumentNotFound(side, Kind.REFUND, refund_id)
    return (await show(tx, side, [head]))[0]


async def page(tx: ReadTx, which: DocumentFilter, paging: Paging) -> tuple[list[Shown], ListMeta]:
    """One page of refunds."""
    found, meta = await documents(tx, which, paging.sorted_by(REFUND_SORTS))
    return await show(tx, which.side, found), meta


async def show(tx: Tx, side: Side, heads: Sequence[DocumentView]) -> list[Shown]:
    """These refunds with all that they are shown with."""
    others = [UUID(one) for head in heads for one in head.document.body.get("parts", ())]
    parts = {one.document.id: one.document for one in await views.documents_by_id(tx, side, Kind.REFUND, others)}
    all_of = {
        head.document.id: [
            head.document,
            *(parts[DocumentId(UUID(one))] for one in head.document.body.get("parts", ())),
        ]
        for head in heads
    }
    targets = list({one.target_id for documents in all_of.values() for one in documents if one.target_id})
    kinds: dict[UUID, Kind] = {}
    for kind in (Kind.CHARGE, Kind.PAYMENT, Kind.CREDIT):
        kinds |= {one.document.id: kind for one in await views.documents_by_id(tx, side, kind, targets)}
    whose: list[PartyId] = list({one.document.party_id for one in heads})
    parties = {one.party.id: one.party for one in await views.parties_by_id(tx, side, whose)}
    return [Shown(tx.business.id, one, all_of[one.document.id], kinds, parties[one.document.party_id]) for one in heads]


def refund_fields(refund: Shown) -> dict[str, Any]:
    """What is said of a refund on either side, by field."""
    head, body = refund.head.document, refund.head.document.body
    return {
        "id": head.id,
        "external_id": head.external_id,
        "refunded_amount": refund.refunded,
        "status": _status(refund),
        "completed_at": as_given(body, "completed_at", head.issued_on),
        "payments": [
            payment(refund.business_id, head, one) for one in payments_of(refund.head.document, refund.refunded)
        ],
        "memo": body.get("memo"),
        "metadata": body.get("metadata", {}),
        "reference_number": head.number,
        "imported_at": in_utc(refund.head.created_at),
        "updated_at": in_utc(refund.head.updated_at),
        "transaction_tags": api_tags(refund.business_id, head.tags),
    }


def _status(refund: Shown) -> RefundStatus:
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


def parts_of(refund: Shown, charge: str) -> Iterator[dict[str, Any]]:
    """What is said of each part, by field; `charge` is the side's word for a charge."""
    said = refund.head.document.body.get("said", ())
    for one in refund.documents:
        place = one.body.get("allocation", len(said))
        kind = refund.kinds.get(one.target_id or one.id)
        yield part_fields(refund.business_id, one, charge, kind, said[place] if place < len(said) else {})


def part_fields(
    business_id: BusinessId, part: Document, charge: str, kind: Kind | None, said: Mapping[str, Any]
) -> dict[str, Any]:
    """What is said of a part, wherever it is shown, by field; `kind` is that of what it is aimed at."""
    return {
        "id": uuid5(part.id, "allocation"),
        "refund_id": part.body.get(PART_OF, part.id),
        "amount": part.amount_minor,
        f"{charge}_id": part.target_id if kind is Kind.CHARGE else None,
        f"{charge}_payment_id": part.target_id if kind is Kind.PAYMENT else part.body.get("payment_id"),
        f"{charge}_line_item_id": part.body.get("line_id"),
        "credit_id": part.target_id if kind is Kind.CREDIT else None,
        "account_identifier": said.get("account_identifier"),
        "memo": said.get("memo"),
        "metadata": said.get("metadata", {}),
        "reference_number": said.get("reference_number"),
        "transaction_tags": kept_tags(business_id, said.get("tags", ())),
    }
