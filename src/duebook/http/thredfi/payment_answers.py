"""Payments as this dialect shows them, of customers and to vendors.

Units: cents of the payment's currency; what is outstanding of an invoice or a bill is in its own.
Holds: money that failed, was cancelled or went back is allocated to nothing; of any other, what is allocated, what was
paid back and what is left come to the payment.
Source: docs/reference/thredfi.md, "Payments".
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from duebook.http.fields import Cents, Free
from duebook.http.stamps import in_utc, midnight
from duebook.http.thredfi.charge_words import Words
from duebook.http.thredfi.parties import NOUNS
from duebook.http.thredfi.payment_bodies import METHODS
from duebook.http.writes import Fields
from duebook.ledger import views
from duebook.ledger.facts import Allocation, DocumentId, Kind, Side, Status
from duebook.ledger.views import DocumentView, Standing, Tx
from duebook.tenancy.facts import Caller, WireProfile

REFUNDED: Final = "refunded"
"""What a customer's payment is called of which all that was left was paid back."""


class PartData(msgspec.Struct, kw_only=True):
    """Part of a payment, for one document, from a day on."""

    id: UUID
    amount_cents: Cents
    description: str | None
    applied_at: str


class Match(msgspec.Struct, kw_only=True):
    """The transaction that a payment is listed as among `bank-transactions`: it has the payment's id."""

    bank_transaction_id: UUID
    bank_account_name: str | None = None


class PaymentData(msgspec.Struct, kw_only=True):
    """A payment."""

    id: UUID
    business_id: UUID
    external_id: str | None
    status: str
    currency: str
    payment_date: date
    payment_method: str | None
    payment_reference: str | None
    payment_processor: str | None
    processing_fee_cents: Cents
    is_fully_allocated: bool
    notes: str | None
    metadata: Free
    references: Annotated[Any, Meta(description="Free JSON, as it was given")]
    returned_at: date | None
    idempotency_key: str | None
    reconciled_bank_transactions: list[Match]
    created_at: datetime
    updated_at: datetime


P = TypeVar("P", bound=PaymentData)
Row = Callable[[Mapping[str, Any], WireProfile, UUID | None], P]


@dataclass(frozen=True, slots=True, kw_only=True)
class Its(Generic[P]):
    """What one side calls the parts of a payment, and the shapes in which it shows one among many, and one alone.

    `fields` are its words where all of a body is about a payment, `part_fields` where it is about its allocations,
    `match_fields` where it is about one document. `row` is given what is said of a payment by field, the wire profile
    of who asks, and the document that it was asked for by.
    """

    charges: Words
    charge_id: str
    party_id: str
    fields: Fields
    part_fields: Fields
    match_fields: Fields
    part: Callable[..., msgspec.Struct]
    row: Row[P]
    one: Callable[[P], msgspec.Struct]

    @property
    def side(self) -> Side:
        """The side itself."""
        return self.charges.side

    @property
    def noun(self) -> str:
        """What it calls a payment."""
        return f"{self.charges.noun} payment"


def words(
    charges: Words, amount: str, *, part: Callable[..., msgspec.Struct], row: Row[P], one: Callable[[P], msgspec.Struct]
) -> Its[P]:
    """The words of a side, whose bodies call a payment's amount `amount`."""
    charge_id, party_id = f"{charges.noun}_id", f"{NOUNS[charges.side]}_id"
    parts = dict.fromkeys(("charge", "open", "amount"), "allocations[]")
    parts |= {"effective_on": "allocations", "document": "payment_id"}
    return Its(
        charges=charges,
        charge_id=charge_id,
        party_id=party_id,
        fields=parts
        | {
            "party": party_id,
            "number": "payment_reference",
            "settled_on": "payment_date",
            "issued_on": "payment_date",
            "effective_on": "payment_date",
            "returned_on": "returned_at",
            "amount": amount,
            "method": "payment_method",
            "fee": "processing_fee_cents",
            "processor": "payment_processor",
            "memo": "notes",
            "descriptions": "allocations",
        },
        part_fields=parts,
        match_fields=dict.fromkeys(parts, charge_id),
        part=part,
        row=row,
        one=one,
    )


@dataclass(frozen=True, slots=True)
class Amounts:
    """What became of a payment: parts of it that are for a document, now or from a later day on, and what is left."""

    parts: Sequence[Allocation]
    allocated: int
    left: int


def amounts_of(tx: Tx, view: DocumentView) -> Amounts:
    """What became of a payment."""
    payment, today = view.document, tx.business.today(tx.now)
    if not payment.counts or (payment.returned_on and payment.returned_on <= today):
        return Amounts((), 0, 0)
    allocated = sum(one.source_minor for one in view.allocations)
    refunded = sum(one.amount_minor for one in view.aimed if one.counts and one.returned_on is None)
    return Amounts(view.allocations, allocated, payment.amount_minor - allocated - refunded)


def status_of(side: Side, view: DocumentView) -> str:
    """How far a payment has come."""
    if side is Side.RECEIVABLE and view.standing is Standing.REFUNDED:
        return REFUNDED
    return view.document.status or Status.COMPLETED


async def described(
    tx: Tx, caller: Caller, its: Its[P], found: Sequence[DocumentView], charge_id: UUID | None = None
) -> list[P]:
    """These payments as they are shown; `charge_id` is the document that they were asked for by."""
    parties = await views.parties_by_id(tx, its.side, list({one.document.party_id for one in found}))
    names = {one.party.id: one.party.name for one in parties}
    amounts = {one.document.id: amounts_of(tx, one) for one in found}
    charge_ids = list({part.charge_id for one in amounts.values() for part in one.parts})
    charges = {
        one.document.id: one
        for one in (await views.documents_by_id(tx, its.side, Kind.CHARGE, charge_ids) if charge_ids else ())
    }
    return [
        its.row(
            _fields(tx, its, one, amounts[one.document.id], names[one.document.party_id], charges),
            caller.wire_profile,
            charge_id,
        )
        for one in found
    ]


def _fields(
    tx: Tx,
    its: Its[Any],
    view: DocumentView,
    amounts: Amounts,
    party_name: str,
    charges: Mapping[DocumentId, DocumentView],
) -> dict[str, Any]:
    payment, body = view.document, view.document.body
    return {
        "id": payment.id,
        "business_id": tx.business.id,
        "external_id": payment.external_id,
        its.party_id: payment.party_id,
        f"{NOUNS[its.side]}_name": party_name,
        "status": status_of(its.side, view),
        "currency": payment.currency,
        "payment_date": payment.issued_on,
        "payment_method": method_of(body),
        "payment_reference": payment.number,
        "payment_processor": body.get("processor"),
        "processing_fee_cents": body.get("fee", 0),
        "amount": payment.amount_minor,
        "allocated": amounts.allocated,
        "left": amounts.left,
        "is_fully_allocated": view.is_settled,
        "notes": body.get("memo"),
        "metadata": body.get("metadata", {}),
        "references": body.get("references"),
        "returned_at": payment.returned_on,
        "idempotency_key": body.get("idempotency_key"),
        "reconciled_bank_transactions": [Match(bank_transaction_id=payment.id)] if amounts.parts else [],
        "allocations": [_part(its, one, body.get("descriptions", {}), charges[one.charge_id]) for one in amounts.parts],
        "charges": _by_charge(amounts.parts, charges),
        "created_at": in_utc(view.created_at),
        "updated_at": in_utc(view.updated_at),
    }


def method_of(body: Mapping[str, Any]) -> str | None:
    """How it was paid, in this dialect's words; `other` for another interface's word that is none of these."""
    method = body.get("method")
    if method is None:
        return None
    return found if (found := str(method).lower()) in METHODS else "other"


def _part(its: Its[Any], part: Allocation, said: Mapping[str, str], charge: DocumentView) -> msgspec.Struct:
    return its.part(
        id=part.id,
        amount_cents=part.source_minor,
        description=said.get(str(part.charge_id)),
        applied_at=midnight(part.effective_on),
        **{its.charge_id: part.charge_id, its.charges.number: charge.document.number},
    )


def _by_charge(
    parts: Sequence[Allocation], charges: Mapping[DocumentId, DocumentView]
) -> list[tuple[DocumentView, int]]:
    """Each document that a payment is for, with how much of it."""
    sums: dict[DocumentId, int] = defaultdict(int)
    for one in parts:
        sums[one.charge_id] += one.source_minor
    return [(charges[charge_id], amount) for charge_id, amount in sums.items()]
