"""What may be said of payments of customers and to vendors, and what is kept of it.

Units: cents of the payment's currency.
Holds: how it was paid, its fee and its note are kept under the names that every interface reads.
Source: docs/reference/thredfi.md, "Payments".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args
from uuid import UUID

import msgspec
from msgspec import Meta

from duebook.days import day_of
from duebook.http.fields import ExternalId, Free, LongText, PositiveCents, Text, check_free
from duebook.http.inputs import BadInput, free_json, shown
from duebook.http.stamps import Stamp, optional_stamp
from duebook.ledger.commands import NewAllocation
from duebook.ledger.facts import DocumentId
from duebook.ledger.views import Tx
from duebook.money import MAX_MINOR, UnknownCurrency, exponent

Method = Literal["bank_transfer", "credit_card", "debit_card", "ach", "check", "cash", "paypal", "stripe", "other"]
METHODS: Final[tuple[str, ...]] = get_args(Method)
PayableCents = Annotated[
    int,
    Meta(
        ge=1,
        le=MAX_MINOR,
        description="Whole cents, more than zero",
        extra_json_schema={"extra": {"format": "int64", "maximum": None, "minimum": 1}},
    ),
]
Currency = Annotated[str, Meta(min_length=3, max_length=3, description="Three capital letters (ISO 4217)")]
SetTo = Literal["pending", "processing", "completed", "failed", "cancelled", "returned"]


class PaymentDetails(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What may be said of a payment when it is recorded, and later. `note` and `notes` are the same.

    `returned_at` is the day on which the money of a payment that is `returned` went back; without it, today.
    """

    status: SetTo | None = None
    returned_at: Stamp | None = None
    payment_reference: Text | None = None
    processing_fee_cents: PositiveCents | None = None
    payment_processor: Text | None = None
    note: LongText | None = None
    notes: LongText | None = None
    metadata: Free | None = None
    references: Annotated[list[Any] | Free | None, Meta(description="Free JSON, given back as it was given")] = None


class NewPayment(PaymentDetails, kw_only=True, omit_defaults=True):
    """A payment to record."""

    external_id: ExternalId | None = None
    currency: Currency
    payment_method: Method
    payment_date: Stamp


class PaymentChanges(PaymentDetails, kw_only=True, omit_defaults=True):
    """What is to change of a payment. What is not said stays as it is."""

    payment_method: Method | None = None
    payment_date: Stamp | None = None


class Part(NamedTuple):
    """Part of a payment, for one invoice or bill."""

    charge_id: UUID
    amount: int
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A payment as a body asks for it, the side's own words aside."""

    request: NewPayment
    party_id: UUID
    amount: int
    parts: Sequence[Part]


_KEPT_AS: Final = {
    "payment_method": "method",
    "processing_fee_cents": "fee",
    "payment_processor": "processor",
    "metadata": "metadata",
    "references": "references",
}
"""Under which names of a document's body these fields are kept."""


def checked(asked: PaymentDetails) -> None:
    """What can be told to be wrong without the books. Raises BadInput."""
    check_free("", asked)
    free_json("references", asked.references)
    if None not in (asked.note, asked.notes) and asked.note != asked.notes:
        raise BadInput("note", shown(asked.note), "is the same as notes, if both are given")
    optional_stamp("returned_at", asked.returned_at)


def check_currency(side_is_based: bool, currency: str, base_currency: str) -> None:
    """It is a currency; where `side_is_based`, that of the business. Raises BadInput."""
    if side_is_based and currency != base_currency:
        raise BadInput("currency", shown(currency), f"is the currency of the business, {base_currency}")
    try:
        exponent(currency)
    except UnknownCurrency:
        raise BadInput("currency", shown(currency), "is the code of a currency (ISO 4217, such as USD)") from None


def said(asked: PaymentDetails) -> dict[str, Any]:
    """What is kept of a body, by the names under which it is kept."""
    found = {kept_as: getattr(asked, name, None) for name, kept_as in _KEPT_AS.items()}
    found["memo"] = asked.note if asked.notes is None else asked.notes
    return {name: value for name, value in found.items() if value is not None}


def descriptions(parts: Sequence[Part], there: Mapping[str, str]) -> dict[str, Any]:
    """What is kept of what is said of the parts: a description for each charge, the latest."""
    known = {**there, **{str(one.charge_id): one.description for one in parts if one.description is not None}}
    return {"descriptions": known} if known else {}


def allocations(parts: Sequence[Part]) -> tuple[NewAllocation, ...]:
    """The parts as the ledger is told of them."""
    return tuple(NewAllocation(charge=DocumentId(one.charge_id), source_minor=one.amount) for one in parts)


def day(tx: Tx, field: str, text: str | None) -> date | None:
    """The day that a stamp stands for where the business is. Raises BadInput."""
    found = optional_stamp(field, text)
    return None if found is None else day_of(found, tx.business.zone)


def returned_on(tx: Tx, asked: PaymentDetails, there: date | None = None) -> date | None:
    """The day of a return: as said, else the one that is known, else today."""
    stated = day(tx, "returned_at", asked.returned_at)
    if stated is None and asked.status == "returned":
        return there or tx.business.today(tx.now)
    return stated
