"""What refunds of vendors say, and how they are shown.

Units: cents of the currency of what is paid back.
Source: docs/reference/thredfi.md, "Refunds".
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text, kept
from duebook.http.inputs import BadInput, shown
from duebook.http.refund_parts import AskedPart, AskedRefund
from duebook.http.refunds import Refund
from duebook.http.stamps import Stamp, as_given, optional_stamp
from duebook.http.thredfi import refunds
from duebook.http.thredfi.paging import Paged
from duebook.http.thredfi.payment_bodies import Currency, PayableCents
from duebook.http.thredfi.refunds import RULES, PartData, PaymentData, RefundData
from duebook.http.writes import RefusedWrite
from duebook.ledger import views
from duebook.ledger.errors import OtherParty, PartyNotFound
from duebook.ledger.facts import DocumentId, PartyId, Side
from duebook.tenancy.gate import WriteTx

SIDE: Final = Side.PAYABLE
ITS: Final = RULES[SIDE]
STATUSES: Final = {"pending": "pending", "processing": "allocated", "paid": "completed", "cancelled": "cancelled"}
_KEPT: Final = frozenset({"memo", "metadata", "description", "reason", "refund_type", "refund_date"})

RefundType = Literal[
    "overpayment",
    "credit_balance",
    "duplicate_payment",
    "billing_error",
    "goods_return",
    "service_cancellation",
    "other",
]
RefundMethod = Literal[
    "bank_transfer",
    "ach",
    "wire",
    "check",
    "credit_card",
    "debit_card",
    "cash",
    "paypal",
    "stripe",
    "other",
]


class NewVendorRefundPart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is paid back of a bill, or of a payment: of what is unapplied of that, then of what it paid of bills."""

    amount_cents: PayableCents
    allocation_type: Literal["bill", "payment"] | None = None
    bill_id: UUID | None = None
    bill_payment_id: UUID | None = None
    description: LongText | None = None
    metadata: Free | None = None


class NewVendorRefundPayment(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Money that came back: on the refund's day if no other is named, today if it comes later."""

    refunded_amount_cents: PayableCents
    payment_date: Stamp | None = None
    payment_method: RefundMethod | None = None
    payment_reference: Text | None = None
    processor: Text | None = None
    processing_fee_cents: PositiveCents | None = None
    external_id: ExternalId | None = None
    description: LongText | None = None
    memo: LongText | None = None
    metadata: Free | None = None


class NewVendorRefund(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A refund of a vendor. What no allocation names comes out of the vendor's unapplied credits and payments."""

    vendor_id: UUID
    total_refunded_amount_cents: PayableCents
    currency: Annotated[Currency | None, Meta(description="That of what is paid back")] = None
    refund_type: RefundType = "other"
    refund_date: Stamp | None = None
    external_id: ExternalId | None = None
    reference_number: Text | None = None
    description: LongText | None = None
    memo: LongText | None = None
    reason: LongText | None = None
    metadata: Free | None = None
    allocations: Annotated[list[NewVendorRefundPart], Meta(max_length=500)] | None = None
    payments: Annotated[list[NewVendorRefundPayment], Meta(max_length=500)] | None = None


class VendorRefundPart(PartData, kw_only=True):
    """What is paid back of one bill, payment or credit."""

    bill_id: UUID | None
    bill_number: str | None
    bill_outstanding_balance_cents: Cents | None
    bill_payment_id: UUID | None
    credit_id: UUID | None


class VendorRefundPayment(PaymentData, kw_only=True):
    """Money that came back from a vendor."""

    vendor_refund_id: UUID
    refunded_amount_cents: Cents
    processing_fee: Cents
    net_amount: Cents
    payment_date: str
    payment_method: str | None
    payment_reference: str | None
    description: str | None


class VendorRefund(RefundData, kw_only=True):
    """A refund of a vendor."""

    type: Literal["VendorRefund"] = "VendorRefund"
    vendor_id: UUID
    vendor_name: str
    refund_type: str
    refund_date: str
    total_refunded_amount: Cents
    total_refunded_amount_cents: Cents
    allocated_amount: Cents
    unallocated_amount: Annotated[Cents, Meta(description="Always 0: all of a refund comes out of something")] = 0
    description: str | None
    reason: str | None
    allocations: list[VendorRefundPart]
    vendor_refund_payments: list[VendorRefundPayment]


class VendorRefundPage(Paged, kw_only=True):
    """One page of refunds."""

    results: list[VendorRefund]


class VendorRefundPaymentPage(Paged, kw_only=True):
    """The payments of a refund, in order of recording."""

    results: list[VendorRefundPayment]


async def check_vendor(tx: WriteTx, asked: NewVendorRefund) -> None:
    """There is such a vendor. Raises RefusedWrite."""
    if not await views.parties_by_id(tx, SIDE, [asked.vendor_id]):
        raise RefusedWrite(PartyNotFound(SIDE, asked.vendor_id), SIDE, ITS.fields)


def check_made(made: Refund, asked: NewVendorRefund) -> None:
    """What is paid back is the vendor's, and in the currency that is named. Raises RefusedWrite, BadInput."""
    for one, target, _ in made.parts():
        document, place = target.document, one.body.get("allocation", 0)
        if document.party_id != asked.vendor_id:
            error = OtherParty(document.id, document.party_id, PartyId(asked.vendor_id))
            raise RefusedWrite(error, SIDE, {"charge": f"allocations[{place}]"})
        if asked.currency not in (None, document.currency):
            raise BadInput("currency", shown(asked.currency), f"is that of what is paid back, {document.currency}")


def parts_of(asked: NewVendorRefund) -> Iterator[AskedPart]:
    """The allocations, and the rest out of the vendor's unapplied money. Raises BadInput."""
    left = asked.total_refunded_amount_cents
    for place, one in enumerate(asked.allocations or ()):
        at = f"allocations[{place}]."
        named = {name: value for name in ("bill_id", "bill_payment_id") if (value := getattr(one, name))}
        wanted = {"bill": "bill_id", "payment": "bill_payment_id"}
        names = [wanted[one.allocation_type]] if one.allocation_type else sorted(named)
        if len(names) != 1 or names[0] not in named:
            raise BadInput(f"{at}{names[0] if names else 'bill_id'}", "", "or another target is required, and only one")
        left -= one.amount_cents
        target = DocumentId(named[names[0]])
        yield AskedPart(
            at=at,
            name=names[0],
            charge=target if names[0] == "bill_id" else None,
            payment=target if names[0] == "bill_payment_id" else None,
            amount=one.amount_cents,
            amount_name="amount_cents",
            said=kept(one, without=frozenset({"amount_cents", "allocation_type", "bill_id", "bill_payment_id"})),
        )
    if left < 0:
        total = asked.total_refunded_amount_cents
        raise BadInput("total_refunded_amount_cents", str(total), f"is at least what is allocated, {total - left}")
    if left:
        yield AskedPart(
            at="",
            name="vendor_id",
            party=PartyId(asked.vendor_id),
            amount=left,
            amount_name="total_refunded_amount_cents",
        )


def said_of(asked: NewVendorRefund) -> dict[str, Any]:
    """What is compared when the same external id comes again, by field."""
    return kept(asked, without=frozenset({"external_id"}))


def asked_of(tx: WriteTx, asked: NewVendorRefund, parts: list[AskedPart]) -> AskedRefund:
    """A refund as a body asks for it. Raises BadInput."""
    said, today = said_of(asked), tx.business.today(tx.now)
    given = optional_stamp("refund_date", asked.refund_date)
    for place, one in enumerate(asked.payments or ()):
        optional_stamp(f"payments[{place}].payment_date", one.payment_date)
    return AskedRefund(
        external_id=asked.external_id,
        completed=today if given is None else given,
        parts=parts,
        payments=[payment_given(tx, one, asked.refund_date or today.isoformat()) for one in asked.payments or ()],
        paid={},
        keeps_payments=False,
        number=asked.reference_number,
        tags=(),
        body={
            "refund_type": asked.refund_type,
            **{name: said[name] for name in said if name in _KEPT},
            "request": said,
        },
    )


def payment_given(tx: WriteTx, asked: NewVendorRefundPayment, otherwise: str) -> dict[str, Any]:
    """A payment as it is kept."""
    said = kept(asked, without=frozenset({"refunded_amount_cents"}))
    renamed = {
        "payment_date": "completed_at",
        "payment_method": "method",
        "payment_reference": "reference_number",
        "processing_fee_cents": "refund_processing_fee",
    }
    found = {renamed.get(name, name): value for name, value in said.items()}
    found.setdefault("completed_at", otherwise)
    return refunds.recorded_now(tx, {**found, "refunded_amount": asked.refunded_amount_cents})


def refund_shown(refund: Refund) -> VendorRefund:
    """A refund as this dialect shows it."""
    body = refund.body
    return VendorRefund(
        **refunds.fields(refund, STATUSES),
        vendor_id=refund.party.id,
        vendor_name=refund.party.name,
        refund_type=body.get("refund_type", "other"),
        refund_date=as_given(body, "refund_date", refund.on),
        total_refunded_amount=refund.refunded,
        total_refunded_amount_cents=refund.refunded,
        allocated_amount=refund.refunded,
        description=body.get("description"),
        reason=body.get("reason"),
        allocations=[VendorRefundPart(**one) for one in refunds.part_fields(refund)],
        vendor_refund_payments=[payment_shown(refund, one) for one in refund.payments],
    )


def payment_shown(refund: Refund, paid: Mapping[str, Any]) -> VendorRefundPayment:
    """A payment of a refund as this dialect shows it."""
    fee = paid.get("refund_processing_fee", 0)
    return VendorRefundPayment(
        **refunds.payment_fields(refund, paid),
        vendor_refund_id=refund.head.document.id,
        refunded_amount_cents=paid["refunded_amount"],
        processing_fee=fee,
        net_amount=paid["refunded_amount"] - fee,
        payment_date=as_given(paid, "completed_at", refund.on),
        payment_method=paid.get("method"),
        payment_reference=paid.get("reference_number"),
        description=paid.get("description"),
    )
