"""Invoices and bills as this dialect shows them: as of today where the business is.

Units: cents of the document's currency.
Holds: outstanding balance, status, and what was paid, credited, paid back and written off are those of the aging
report of the same day; what another interface keeps in a form that this dialect has not is not shown.
Source: docs/reference/thredfi.md, "Invoices and bills".
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID, uuid5

import msgspec
from msgspec import Meta

from duebook.http.fields import Cents, Free, told
from duebook.http.lines import SalesTax
from duebook.http.refunds import refund_id
from duebook.http.stamps import in_utc, instant, midnight, stamp_of
from duebook.http.thredfi import parties
from duebook.http.thredfi.charge_words import Words
from duebook.http.thredfi.tags import ApiTag, api_tags
from duebook.ledger import views
from duebook.ledger.facts import Allocation, Document, DocumentId, DueFrom, Kind, State
from duebook.ledger.views import DocumentView, Standing, Tx
from duebook.tenancy.facts import WireProfile

C = TypeVar("C", bound="Charge")

_SETTLED: Final = frozenset({Standing.SETTLED, Standing.REFUNDED})


class BilledLine(msgspec.Struct, kw_only=True):
    """A line with its sums."""

    id: UUID
    external_id: str | None = None
    product: str | None = None
    description: str | None = None
    unit_price: Cents
    quantity: Annotated[Decimal, Meta(extra_json_schema={"extra": {"type": "number"}})]
    subtotal: Cents
    discount_amount: Cents = 0
    sales_taxes: list[SalesTax] = []
    sales_taxes_total: Cents
    total_amount: Cents
    account_identifier: Free | None = None
    account_code: str | None = None
    memo: str | None = None
    metadata: Free = {}


class PaymentPart(msgspec.Struct, kw_only=True):
    """Part of a payment, for this document."""

    id: UUID
    amount_cents: Cents
    payment_date: str
    payment_method: str | None
    payment_reference: str | None


class CreditPart(msgspec.Struct, kw_only=True):
    """Part of a credit, for this document."""

    id: UUID
    amount_cents: Cents
    applied_at: str


class RefundPart(msgspec.Struct, kw_only=True):
    """What was paid back of this document."""

    id: UUID
    amount_cents: Cents
    allocated_at: str
    reference_number: str | None


class WriteOffPart(msgspec.Struct, kw_only=True):
    """What was given up of this document."""

    id: UUID
    external_id: str | None
    amount_cents: Cents
    write_off_at: str
    reason: str
    memo: str | None


class Charge(msgspec.Struct, kw_only=True):
    """An invoice or a bill. A stamp is as it was given; a day that we worked out is its midnight."""

    id: UUID
    business_id: UUID
    external_id: str | None
    status: str
    is_overdue: bool
    currency: str
    due_at: str | None
    paid_at: str | None
    voided_at: str | None
    line_items: list[BilledLine] = []
    subtotal: Cents
    additional_discount: Cents = 0
    additional_sales_taxes: list[SalesTax] = []
    additional_sales_taxes_total: Cents = 0
    total_amount: Cents
    outstanding_balance: Cents
    memo: str | None = None
    metadata: Free = {}
    transaction_tags: list[ApiTag]
    write_offs: list[WriteOffPart]
    document: Annotated[Free | None, Meta(description="Always null: documents are not kept")] = None
    imported_at: datetime
    created_at: datetime
    updated_at: datetime


def _with_ids(charge: Document) -> Mapping[str, Any]:
    """The body of a charge, its lines with ids."""
    lines = charge.body.get("line_items")
    if not isinstance(lines, list):
        return charge.body
    named = [
        {**line, "id": uuid5(charge.id, f"line {place}")} for place, line in enumerate(lines) if isinstance(line, dict)
    ]
    return {**charge.body, "line_items": named}


async def described(
    tx: Tx, words: Words, profile: WireProfile, found: Sequence[DocumentView], shown_as: type[C]
) -> list[C]:
    """These charges as they are shown."""
    side, today = words.side, tx.business.today(tx.now)
    whose = await views.parties_by_id(tx, side, list({one.document.party_id for one in found}))
    known = {one["id"]: one for one in await parties.all_fields(tx, side, whose)}
    ids = list({part.source_id for one in found for part in one.allocations})
    sources = {
        one.document.id: one.document
        for kind in (Kind.PAYMENT, Kind.CREDIT)
        for one in (await views.documents_by_id(tx, side, kind, ids) if ids else ())
    }
    return [
        msgspec.convert(
            {
                "subtotal": one.document.amount_minor,
                **told(shown_as, _with_ids(one.document)),
                **_fields(tx, words, profile, one),
                **_parts(words, one, sources, today),
                parties.NOUNS[side]: known[one.document.party_id],
            },
            shown_as,
        )
        for one in found
    ]


def _fields(tx: Tx, words: Words, profile: WireProfile, view: DocumentView) -> dict[str, Any]:
    charge, zone = view.document, tx.business.zone
    live = profile is WireProfile.LIVE
    status = words.status[view.standing]
    named = live or charge.due_from is not DueFrom.ISSUE_DATE or view.due_on != charge.due_on
    return {
        "id": charge.id,
        "business_id": tx.business.id,
        "external_id": charge.external_id,
        "status": status.lower() if live else status,
        "is_overdue": view.overdue,
        "currency": charge.currency,
        words.number: charge.number,
        words.issued[0]: stamp_of(charge.body, words.issued[0], charge.issued_on, zone),
        "issue_date": midnight(charge.issued_on),
        "received_at": stamp_of(charge.body, "received_at", charge.received_on or charge.issued_on, zone),
        "terms": _text(charge, "terms") or _terms(charge),
        "due_at": stamp_of(charge.body, "due_at", view.due_on, zone) if named else None,
        "paid_at": midnight(view.settled_on) if view.standing in _SETTLED and view.settled_on else None,
        "voided_at": (_text(charge, "voided_at") or instant(view.updated_at)) if charge.state is State.VOID else None,
        "total_amount": charge.amount_minor,
        "outstanding_balance": view.open_minor,
        "transaction_tags": api_tags(charge.tags),
        "imported_at": in_utc(view.created_at),
        "created_at": in_utc(view.created_at),
        "updated_at": in_utc(view.updated_at),
    }


def _text(document: Document, name: str) -> str | None:
    """What a document's body says under this name, if it is a text."""
    found = document.body.get(name)
    return found if isinstance(found, str) else None


def _parts(
    words: Words, view: DocumentView, sources: Mapping[DocumentId, Document], today: date
) -> dict[str, list[dict[str, Any]]]:
    """What was paid, credited, paid back and written off up to today."""
    parts = [
        (one, sources[one.source_id])
        for one in view.allocations
        if one.effective_on <= today and _holds(sources[one.source_id], today)
    ]
    aimed = [one for one in view.aimed if max(one.issued_on, view.document.counts_on) <= today and _holds(one, today)]
    return {
        words.payments: [_payment(words, *one) for one in parts if one[1].kind is Kind.PAYMENT],
        words.credits: [_credit(words, *one) for one in parts if one[1].kind is Kind.CREDIT],
        words.refunds: [_refund(words, one) for one in aimed if one.kind is Kind.REFUND],
        "write_offs": [_write_off(one) for one in aimed if one.kind is Kind.WRITE_OFF],
    }


def _holds(document: Document, today: date) -> bool:
    """Whether its money moves, and has not come back by today."""
    return document.counts and (document.returned_on is None or document.returned_on > today)


def _payment(words: Words, part: Allocation, payment: Document) -> dict[str, Any]:
    return {
        "id": part.id,
        words.payment_id: payment.id,
        "amount_cents": part.amount_minor,
        "payment_date": midnight(payment.issued_on),
        "payment_method": method.lower() if (method := _text(payment, "method")) else None,
        "payment_reference": payment.number,
    }


def _credit(words: Words, part: Allocation, credit: Document) -> dict[str, Any]:
    return {
        "id": part.id,
        words.credit_id: credit.id,
        words.credit_number: credit.external_id or credit.number,
        "amount_cents": part.amount_minor,
        "applied_at": midnight(part.effective_on),
    }


def _refund(words: Words, refund: Document) -> dict[str, Any]:
    return {
        "id": refund.id,
        words.refund_id: refund_id(refund),
        "amount_cents": refund.amount_minor,
        "allocated_at": midnight(refund.issued_on),
        "reference_number": refund.number,
    }


def _write_off(write_off: Document) -> dict[str, Any]:
    return {
        "id": write_off.id,
        "external_id": write_off.external_id,
        "amount_cents": write_off.amount_minor,
        "write_off_at": midnight(write_off.issued_on),
        "reason": write_off.reason,
        "memo": _text(write_off, "memo"),
    }


def _terms(charge: Document) -> str | None:
    if charge.terms is None or charge.terms.end_of_month:
        return None
    return f"net_{charge.terms.net_days}" if charge.terms.net_days else "due_on_receipt"
