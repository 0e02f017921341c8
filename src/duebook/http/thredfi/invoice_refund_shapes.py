"""What refunds of invoices say, and how they are shown.

Units: cents of the invoice's currency.
Source: docs/reference/thredfi.md, "Refunds".
"""

from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text, kept
from duebook.http.refund_parts import AskedPart, AskedRefund
from duebook.http.refunds import Refund
from duebook.http.stamps import Stamp, as_given, stamp
from duebook.http.thredfi import refunds
from duebook.http.thredfi.paging import Paged
from duebook.http.thredfi.payment_bodies import PayableCents
from duebook.http.thredfi.refunds import RULES, PartData, PaymentData, RefundData
from duebook.ledger.facts import DocumentId, Side
from duebook.tenancy.gate import WriteTx

SIDE: Final = Side.RECEIVABLE
ITS: Final = RULES[SIDE]
_KEPT: Final = frozenset({"memo", "metadata", "method", "processor", "completed_at"})
STATUSES: Final = {word: word for word in ("pending", "processing", "paid", "cancelled")}

RefundMethod = Literal[
    "BANK_TRANSFER", "CREDIT_CARD", "DEBIT_CARD", "ACH", "CHECK", "CASH", "PAYPAL", "STRIPE", "OTHER"
]


class NewRefund(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A refund of an invoice: of all that was paid if no amount is named. With `completed_at` it is paid back then."""

    invoice_id: UUID
    amount_cents: PayableCents | None = None
    completed_at: Stamp | None = None
    method: RefundMethod | None = None
    external_id: ExternalId | None = None
    memo: LongText | None = None
    reference_number: Text | None = None
    processor: Text | None = None
    refund_processing_fee_cents: PositiveCents | None = None
    metadata: Free | None = None


class NewRefundPayment(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Money that is paid back: today if no day is named."""

    amount_cents: PayableCents
    completed_at: Stamp | None = None
    method: RefundMethod | None = None
    external_id: ExternalId | None = None
    memo: LongText | None = None
    processor: Text | None = None
    refund_processing_fee_cents: PositiveCents | None = None
    metadata: Free | None = None


class InvoiceRefundPart(PartData, kw_only=True):
    """What is paid back of one invoice."""

    invoice_id: UUID | None
    invoice_number: str | None
    invoice_outstanding_balance_cents: Cents | None
    invoice_payment_id: UUID | None
    credit_id: UUID | None


class InvoiceRefundPayment(PaymentData, kw_only=True):
    """Money that was paid back to a customer."""

    refund_id: UUID
    refund_processing_fee: Cents
    completed_at: str
    method: str | None


class InvoiceRefund(RefundData, kw_only=True):
    """A refund to a customer."""

    type: Literal["Refund"] = "Refund"
    refunded_amount: Cents
    customer_id: UUID
    customer_name: str
    completed_at: str | None
    allocations: list[InvoiceRefundPart]
    refund_payments: list[InvoiceRefundPayment]


class InvoiceRefundPage(Paged, kw_only=True):
    """One page of refunds, the latest first."""

    results: list[InvoiceRefund]


class InvoiceRefundPaymentPage(Paged, kw_only=True):
    """The payments of a refund, in order of recording."""

    results: list[InvoiceRefundPayment]


def said_of(asked: NewRefund) -> dict[str, Any]:
    """What is compared when the same external id comes again, by field."""
    return kept(asked, without=frozenset({"external_id"}))


def asked_of(tx: WriteTx, asked: NewRefund) -> AskedRefund:
    """A refund as a body asks for it. Raises BadInput."""
    said = said_of(asked)
    part = AskedPart(
        at="",
        name="invoice_id",
        charge=DocumentId(asked.invoice_id),
        amount=asked.amount_cents,
        amount_name="amount_cents",
    )
    paid: dict[str, Any] = {name: said[name] for name in ("method", "processor", "completed_at") if name in said}
    if asked.refund_processing_fee_cents:
        paid["refund_processing_fee"] = asked.refund_processing_fee_cents
    completed = asked.completed_at
    return AskedRefund(
        external_id=asked.external_id,
        completed=tx.business.today(tx.now) if completed is None else stamp("completed_at", completed),
        parts=[part],
        payments=[] if completed is None else None,
        paid=refunds.recorded_now(tx, paid),
        keeps_payments=False,
        number=asked.reference_number,
        tags=(),
        body={**{name: said[name] for name in said if name in _KEPT}, "request": said},
    )


def payment_given(tx: WriteTx, asked: NewRefundPayment) -> dict[str, Any]:
    """A payment as it is kept."""
    said = kept(asked, without=frozenset({"amount_cents", "refund_processing_fee_cents"}))
    if asked.refund_processing_fee_cents:
        said["refund_processing_fee"] = asked.refund_processing_fee_cents
    said.setdefault("completed_at", tx.business.today(tx.now).isoformat())
    return refunds.recorded_now(tx, {**said, "refunded_amount": asked.amount_cents})


def refund_shown(refund: Refund) -> InvoiceRefund:
    """A refund as this dialect shows it."""
    body = refund.body
    return InvoiceRefund(
        **refunds.fields(refund, STATUSES),
        refunded_amount=refund.refunded,
        customer_id=refund.party.id,
        customer_name=refund.party.name,
        completed_at=body.get("completed_at") or next((one.get("completed_at") for one in refund.payments[-1:]), None),
        allocations=[InvoiceRefundPart(**one) for one in refunds.part_fields(refund)],
        refund_payments=[payment_shown(refund, one) for one in refund.payments],
    )


def payment_shown(refund: Refund, paid: Any) -> InvoiceRefundPayment:
    """A payment of a refund as this dialect shows it."""
    return InvoiceRefundPayment(
        **refunds.payment_fields(refund, paid),
        refund_id=refund.head.document.id,
        refund_processing_fee=paid.get("refund_processing_fee", 0),
        completed_at=as_given(paid, "completed_at", refund.head.document.issued_on),
        method=paid.get("method"),
    )
