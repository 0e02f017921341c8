"""Payments: of customers for invoices, to vendors for bills.

Units: cents.
Holds: a payment is allocated to the last cent; its fee lowers neither what it pays nor what is owed.
Source: docs/reference/layer.md, "Payments".
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text, kept
from duebook.http.inputs import BadInput
from duebook.http.layer.tags import ApiTag, NewTag, api_tags, kept_tags, tags_of
from duebook.http.services import Services
from duebook.http.stamps import Stamp, as_given, in_utc
from duebook.ledger import views
from duebook.ledger.commands import AddSettlement, DocumentRef, NewAllocation
from duebook.ledger.facts import Allocation, Document, DocumentId, Kind, Side
from duebook.ledger.views import DocumentView
from duebook.tenancy.facts import Business, BusinessId, Caller
from duebook.tenancy.gate import read_tx

Method = Literal["CASH", "CHECK", "CREDIT_CARD", "ACH", "CREDIT_BALANCE", "OTHER", "REDEEMED_PREPAYMENT"]

ALLOCATIONS: Final = {Side.RECEIVABLE: "invoice_payments", Side.PAYABLE: "bill_payment_allocations"}
"""What a payment's body calls its allocations."""

_APART: Final = frozenset({"external_id", "amount", "tags", "reference_number", *ALLOCATIONS.values()})
_PART_APART: Final = frozenset(
    {"amount", "account", "invoice_id", "invoice_external_id", "bill_id", "bill_external_id"}
)


class Fee(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A fee beside the payment's own."""

    fee_amount: Cents
    account: Free | None = None
    description: Text | None = None
    is_passed_to_customer: bool | None = None


class NewPayment(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What every payment may say."""

    amount: PositiveCents
    external_id: ExternalId | None = None
    fee: PositiveCents | None = None
    additional_fees: list[Fee] | None = None
    processor: Text | None = None
    payment_clearing_account_identifier: Free | None = None
    redemption_account: Free | None = None
    dedicated_refunds: list[Free] | None = None
    tags: list[NewTag] | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    reference_number: Text | None = None


class DatedPayment(NewPayment, kw_only=True):
    """A payment of a day."""

    paid_at: Stamp
    method: Method


class NewPart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What every allocation of a payment may say."""

    amount: PositiveCents
    tags: list[NewTag] | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    reference_number: Text | None = None


class Part(msgspec.Struct, kw_only=True):
    """An allocation of a payment."""

    id: UUID
    payment_id: UUID
    amount: Cents
    transaction_tags: list[ApiTag] = []
    memo: str | None = None
    metadata: Free = {}
    reference_number: str | None = None


class PaymentData(msgspec.Struct, kw_only=True):
    """A payment. Amounts are whole cents."""

    id: UUID
    external_id: str | None
    at: str
    method: Method | None
    fee: Cents
    additional_fees: list[Fee]
    amount: Cents
    processor: str | None
    payment_clearing_account_identifier: Free | None
    imported_at: datetime
    transaction_tags: list[ApiTag]
    memo: str | None
    metadata: Free
    reference_number: str | None


def charge_ref(at: str, word: str, charge_id: UUID | None, external_id: str | None) -> DocumentRef:
    """The invoice or bill that is paid, by its id or by its external id. Raises BadInput."""
    match charge_id, external_id:
        case UUID(), None:
            return DocumentId(charge_id)
        case None, str():
            return external_id
    rule = f"or {word}_external_id is required" if charge_id is None else f"and {word}_external_id exclude each other"
    raise BadInput(f"{at}.{word}_id", "", rule)


def check_sum(field: str, asked: NewPayment, parts: Sequence[NewPart]) -> None:
    """The allocations add up to the payment. Raises BadInput, which names both sums."""
    allocated = sum(one.amount for one in parts)
    if allocated != asked.amount:
        raise BadInput(field, str(allocated), f"add up to the payment's amount, {asked.amount}")


def settlement(
    business: Business,
    side: Side,
    asked: NewPayment,
    paid_on: date,
    allocations: tuple[NewAllocation, ...],
    parts: Sequence[NewPart] = (),
) -> AddSettlement:
    """The payment as the ledger is told of it; `parts` are its allocations as they were asked for."""
    said = [kept(one, without=_PART_APART) for one in parts if one.amount]
    return AddSettlement(
        side=side,
        kind=Kind.PAYMENT,
        external_id=asked.external_id,
        number=asked.reference_number,
        settled_on=paid_on,
        currency=business.base_currency,
        amount_minor=asked.amount,
        allocations=allocations,
        tags=tags_of(asked.tags),
        body=kept(asked, without=_APART) | ({ALLOCATIONS[side]: said} if any(said) else {}),
    )


async def find(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, payment_id: UUID
) -> DocumentView:
    """One payment. Raises TenancyError, DocumentNotFound."""
    async with read_tx(services.database, caller, business_id) as tx:
        return await views.document(tx, side, Kind.PAYMENT, DocumentId(payment_id))


def payment_fields(business_id: BusinessId, view: DocumentView) -> dict[str, Any]:
    """What is said of a payment on either side, by field."""
    payment, body = view.document, view.document.body
    return {
        "id": payment.id,
        "external_id": payment.external_id,
        "at": as_given(body, "paid_at", payment.issued_on),
        "method": body.get("method"),
        "fee": body.get("fee", 0),
        "additional_fees": body.get("additional_fees", []),
        "amount": payment.amount_minor,
        "processor": body.get("processor"),
        "payment_clearing_account_identifier": body.get("payment_clearing_account_identifier"),
        "imported_at": in_utc(view.created_at),
        "transaction_tags": api_tags(business_id, payment.tags),
        "memo": body.get("memo"),
        "metadata": body.get("metadata", {}),
        "reference_number": payment.number,
    }


def parts_of(business_id: BusinessId, view: DocumentView) -> list[tuple[Allocation, dict[str, Any]]]:
    """A payment's allocations, each with what is said of it."""
    said = _said_when_recorded(view.document, view.allocations)
    return [(one, _part_fields(business_id, one, more)) for one, more in zip(view.allocations, said, strict=True)]


def _part_fields(business_id: BusinessId, part: Allocation, said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": part.id,
        "payment_id": part.source_id,
        "amount": part.amount_minor,
        "transaction_tags": kept_tags(business_id, said.get("tags", ())),
        "memo": said.get("memo"),
        "metadata": said.get("metadata", {}),
        "reference_number": said.get("reference_number"),
    }


def _said_when_recorded(payment: Document, allocations: Sequence[Allocation]) -> Sequence[Mapping[str, Any]]:
    """What was said of each allocation, as long as they are those that the payment was recorded with."""
    said: Sequence[Mapping[str, Any]] = payment.body.get(ALLOCATIONS[payment.side], ())
    return said if len(said) == len(allocations) else [{}] * len(allocations)
