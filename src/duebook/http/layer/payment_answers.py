"""How payments are shown: what they say, what they pay, and what went straight to ledger accounts.

Units: cents.
Source: docs/reference/layer.md, "Payments".
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from duebook.http.fields import Cents, Free, told_objects
from duebook.http.layer.payments import ACCOUNT_PARTS, ALLOCATIONS, METHODS, WORD, Fee, Method
from duebook.http.layer.tags import ApiTag, api_tags, kept_tags
from duebook.http.stamps import as_given, in_utc
from duebook.ledger.facts import Allocation, Document
from duebook.ledger.views import DocumentView
from duebook.tenancy.facts import BusinessId


class Part(msgspec.Struct, kw_only=True):
    """An allocation of a payment."""

    id: UUID
    payment_id: UUID
    amount: Cents
    account: Free | None = None
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


def payment_fields(business_id: BusinessId, view: DocumentView) -> dict[str, Any]:
    """What is said of a payment on either side, by field."""
    payment, body = view.document, view.document.body
    return {
        "id": payment.id,
        "external_id": payment.external_id,
        "at": as_given(body, "paid_at", payment.issued_on),
        "method": _method(body.get("method")),
        "fee": body.get("fee", 0),
        "additional_fees": body.get("additional_fees", []),
        "amount": payment.amount_minor + payment.beside_minor,
        "processor": body.get("processor"),
        "payment_clearing_account_identifier": body.get("payment_clearing_account_identifier"),
        "imported_at": in_utc(view.created_at),
        "transaction_tags": api_tags(business_id, payment.tags),
        "memo": body.get("memo"),
        "metadata": body.get("metadata", {}),
        "reference_number": payment.number,
    }


def _method(said: object) -> Method | None:
    """The method in the dialect's words; it has none for those of other interfaces."""
    return next((one for one in METHODS if one == said), None if said is None else "OTHER")


def parts_of(business_id: BusinessId, view: DocumentView) -> list[tuple[Allocation, dict[str, Any]]]:
    """A payment's allocations, each with what is said of it."""
    said = _said_when_recorded(view.document, view.allocations)
    return [(one, _part_fields(business_id, one, more)) for one, more in zip(view.allocations, said, strict=True)]


def account_parts_of(business_id: BusinessId, view: DocumentView) -> list[dict[str, Any]]:
    """What is said of each part of a payment that went straight to a ledger account, by field."""
    payment = view.document
    return [
        {
            "id": uuid5(payment.id, f"account {place}"),
            "payment_id": payment.id,
            "amount": said["amount"],
            "account": said["account"],
            **_said_fields(business_id, said),
        }
        for place, said in enumerate(_said_of_accounts(payment))
    ]


def recorded_parts(view: DocumentView) -> list[dict[str, Any]]:
    """What a body would say of a payment's parts to record them as they are."""
    word = WORD[view.document.side]
    said = _said_when_recorded(view.document, view.allocations)
    return [
        {**more, "amount": one.amount_minor, f"{word}_id": one.charge_id}
        for one, more in zip(view.allocations, said, strict=True)
    ] + _said_of_accounts(view.document)


def _said_of_accounts(payment: Document) -> list[dict[str, Any]]:
    return told_objects(ACCOUNT_PARTS, payment.body) if payment.beside_minor else []


def _part_fields(business_id: BusinessId, part: Allocation, said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": part.id,
        "payment_id": part.source_id,
        "amount": part.amount_minor,
        **_said_fields(business_id, said),
    }


def _said_fields(business_id: BusinessId, said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "transaction_tags": kept_tags(business_id, said.get("tags", ())),
        "memo": said.get("memo"),
        "metadata": said.get("metadata", {}),
        "reference_number": said.get("reference_number"),
    }


def _said_when_recorded(payment: Document, allocations: Sequence[Allocation]) -> Sequence[Mapping[str, Any]]:
    """What was said of each allocation, as long as they are those that the payment was recorded with."""
    said = told_objects(ALLOCATIONS[payment.side], payment.body)
    return said if len(said) == len(allocations) else [{}] * len(allocations)
