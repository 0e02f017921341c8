"""Invoices and bills: what both say, and how they stand today.

Units: cents.
Holds: outstanding balance, status and payment allocations are as of today where the business is, the same figures as
in the aging report.
Source: docs/reference/layer.md, "Invoices and bills".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from duebook.days import Terms, day_of
from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text, kept
from duebook.http.inputs import BadInput, shown
from duebook.http.layer import refunds
from duebook.http.layer.lists import ListMeta, SortedPaging, documents
from duebook.http.layer.payment_answers import parts_of
from duebook.http.layer.payments import NewPayment, settlement
from duebook.http.layer.refusals import BatchTooLarge, EmptyBatch
from duebook.http.layer.tags import ApiTag, NewTag, api_tags, kept_tags, tags_of
from duebook.http.lines import Priced, SalesTax
from duebook.http.services import Services
from duebook.http.stamps import in_utc, instant, midnight, stamp_of
from duebook.ids import new_id
from duebook.ledger import views
from duebook.ledger.commands import AddCharge, NewAllocation, PartyRef
from duebook.ledger.errors import DocumentNotFound
from duebook.ledger.facts import AllocationId, Document, DocumentId, DueFrom, Kind, Party, PartyId, Side, State
from duebook.ledger.lists import DocumentFilter, DocumentSort
from duebook.ledger.views import DocumentView, Standing
from duebook.tenancy.facts import Business, BusinessId, Caller
from duebook.tenancy.gate import ReadTx, read_tx

LARGEST_BATCH: Final = 25

_PAID: Final = frozenset({Standing.SETTLED, Standing.REFUNDED})

_LINE_SUMS: Final = frozenset({"unit_price", "quantity", "subtotal", "sales_taxes_total", "total_amount"})

Given = date | datetime
"""A date or an instant, as a client gave it."""

AskedCharge = Callable[[Business], AddCharge]
"""What a checked body of an invoice or a bill asks of the books, once it is known whose they are."""

_APART: Final = frozenset(
    {"external_id", "tags", "line_items", "customer_id", "customer_external_id", "vendor_id", "vendor_external_id"}
)


class NewCharge(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What both an invoice and a bill may say."""

    external_id: ExternalId | None = None
    additional_discount: PositiveCents | None = None
    additional_sales_taxes: list[SalesTax] | None = None
    tags: list[NewTag] | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    reference_number: Text | None = None


class LineData(msgspec.Struct, kw_only=True):
    """A line with its sums."""

    id: UUID
    external_id: str | None = None
    description: str | None = None
    unit_price: Cents
    quantity: Annotated[Decimal, Meta(extra_json_schema={"extra": {"type": "number"}})]
    subtotal: Cents
    discount_amount: Cents = 0
    sales_taxes: list[SalesTax] = []
    sales_taxes_total: Cents
    total_amount: Cents
    account_identifier: Free | None = None
    prepayment_account_identifier: Free | None = None
    transaction_tags: list[ApiTag]
    memo: str | None = None
    metadata: Free = {}
    reference_number: str | None = None


class ChargeData(msgspec.Struct, kw_only=True):
    """An invoice or a bill. A stamp is as it was given; a due date that we worked out is the midnight of its day."""

    id: UUID
    business_id: UUID
    external_id: str | None
    due_at: str | None
    paid_at: str | None
    voided_at: str | None
    subtotal: Cents
    additional_discount: Cents
    additional_sales_taxes: list[SalesTax]
    additional_sales_taxes_total: Cents
    total_amount: Cents
    outstanding_balance: Cents
    memo: str | None
    metadata: Free
    reference_number: str | None
    imported_at: datetime
    updated_at: datetime
    transaction_tags: list[ApiTag]


@dataclass(frozen=True, slots=True)
class Books:
    """What documents are shown with: the business, its day and zone, whose they are, and what paid them.

    `parts` holds what is said of each allocation of a payment, by its id; those of credits are not in it.
    """

    business_id: BusinessId
    today: date
    zone: ZoneInfo
    parties: Mapping[PartyId, Party]
    parts: Mapping[AllocationId, dict[str, Any]]


T = TypeVar("T", bound=NewCharge)


def check_batch(batch: Sequence[T]) -> Sequence[tuple[str, T]]:
    """The objects of a batch with their places. Raises BadBatch, BadInput."""
    if not batch:
        raise EmptyBatch
    if len(batch) > LARGEST_BATCH:
        raise BatchTooLarge(len(batch), LARGEST_BATCH)
    _check_named_once("", batch)
    return [(f"[{place}].", one) for place, one in enumerate(batch)]


def _check_named_once(at: str, given: Sequence[NewCharge | NewPayment]) -> None:
    places: dict[str, str] = {}
    for place, one in enumerate(given):
        if one.external_id is not None:
            there = places.setdefault(one.external_id, f"{at}[{place}]")
            if there != f"{at}[{place}]":
                raise BadInput(f"{at}[{place}].external_id", shown(one.external_id), f"is that of {there} too")


def check_payments(at: str, payments: Sequence[NewPayment], sums: Priced, *, voided: bool = False) -> None:
    """What came along with a charge is named once and pays no more than it comes to. Raises BadInput."""
    _check_named_once(f"{at}payments", payments)
    paid = sum(payment.amount for payment in payments)
    if voided and payments:
        raise BadInput(f"{at}payments", "", "cannot be made for what is void")
    if paid > sums.total:
        raise BadInput(f"{at}payments", str(paid), f"add up to at most the total, {sums.total}")


def asked_charge(
    side: Side,
    asked: NewCharge,
    sums: Priced,
    *,
    party: PartyRef,
    number: str | None,
    issued: Given,
    due: Given | None,
    terms: Terms | None = None,
    state: State = State.ISSUED,
    payments: Sequence[tuple[NewPayment, Given]] = (),
) -> AskedCharge:
    """The charge, with the payments that came along, as the ledger is told of it."""
    body = kept(asked, without=_APART) | {
        "line_items": sums.lines,
        "subtotal": sums.subtotal,
        "additional_sales_taxes_total": sums.additional_taxes,
    }

    def command(business: Business) -> AddCharge:
        charge_id = DocumentId(new_id())
        issued_on = day_of(issued, business.zone)
        return AddCharge(
            side=side,
            id=charge_id,
            external_id=asked.external_id,
            state=state,
            party=party,
            number=number,
            issued_on=issued_on,
            received_on=issued_on if side is Side.PAYABLE else None,
            due_on=None if due is None else day_of(due, business.zone),
            terms=terms,
            currency=business.base_currency,
            amount_minor=sums.total,
            tags=tags_of(asked.tags),
            body=body,
            settlements=tuple(
                settlement(
                    business,
                    side,
                    one,
                    day_of(paid, business.zone),
                    (NewAllocation(charge=charge_id, amount_minor=one.amount),),
                )
                for one, paid in payments
            ),
        )

    return command


async def find(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, charge_id: UUID
) -> tuple[DocumentView, Books]:
    """One charge. Raises TenancyError, DocumentNotFound."""
    found, books = await find_all(services, caller, business_id, side, [charge_id])
    if not found:
        raise DocumentNotFound(side, Kind.CHARGE, charge_id)
    return found[0], books


async def find_all(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, charge_ids: Sequence[UUID]
) -> tuple[list[DocumentView], Books]:
    """These charges, in this order. Raises TenancyError."""
    async with read_tx(services.database, caller, business_id) as tx:
        found = await views.documents_by_id(tx, side, Kind.CHARGE, charge_ids)
        return found, await books_of(tx, side, found)


async def page(
    tx: ReadTx, which: DocumentFilter, paging: SortedPaging[DocumentSort]
) -> tuple[list[DocumentView], Books, ListMeta]:
    """One page of charges."""
    found, meta = await documents(tx, which, paging)
    return found, await books_of(tx, which.side, found), meta


async def books_of(tx: views.Tx, side: Side, found: Sequence[DocumentView]) -> Books:
    """What these charges are shown with."""
    parties = await views.parties_by_id(tx, side, list({one.document.party_id for one in found}))
    sources = {part.source_id for one in found for part in one.allocations}
    payments = await views.documents_by_id(tx, side, Kind.PAYMENT, list(sources)) if sources else []
    return Books(
        tx.business.id,
        tx.business.today(tx.now),
        tx.business.zone,
        {one.party.id: one.party for one in parties},
        {part.id: said for one in payments for part, said in parts_of(tx.business.id, one)},
    )


def by_status(status: Mapping[Standing, str]) -> Mapping[str, Sequence[Standing]]:
    """How those stand that the dialect gives each status."""
    found: dict[str, list[Standing]] = {}
    for standing, word in status.items():
        found.setdefault(word, []).append(standing)
    return found


def charge_fields(books: Books, view: DocumentView) -> dict[str, Any]:
    """What is said of a charge on either side, by field."""
    charge, body = view.document, view.document.body
    named = charge.due_from is not DueFrom.ISSUE_DATE or view.due_on != charge.due_on
    return {
        "id": charge.id,
        "business_id": books.business_id,
        "external_id": charge.external_id,
        "due_at": stamp_of(body, "due_at", view.due_on, books.zone) if named else None,
        "paid_at": midnight(view.settled_on) if view.standing in _PAID and view.settled_on else None,
        "voided_at": body.get("voided_at", instant(view.updated_at) if charge.state is State.VOID else None),
        "subtotal": body.get("subtotal", charge.amount_minor),
        "additional_discount": body.get("additional_discount", 0),
        "additional_sales_taxes": body.get("additional_sales_taxes", []),
        "additional_sales_taxes_total": body.get("additional_sales_taxes_total", 0),
        "total_amount": charge.amount_minor,
        "outstanding_balance": view.open_minor,
        "memo": body.get("memo"),
        "metadata": body.get("metadata", {}),
        "reference_number": charge.number,
        "imported_at": in_utc(view.created_at),
        "updated_at": in_utc(view.updated_at),
        "transaction_tags": api_tags(books.business_id, charge.tags),
    }


def as_recorded(view: DocumentView) -> dict[str, Any]:
    """What a body would say of a charge's amounts and due date.

    One that came without lines has one of its amount; what a line of another interface does not name is empty.
    """
    charge, body = view.document, view.document.body
    prices = ("additional_discount", "additional_sales_taxes", "tips")
    lines = [line for _, line in _lines(charge)] or [{"unit_price": charge.amount_minor}]
    return {
        **{name: body[name] for name in prices if name in body},
        "line_items": [{"product_name": ""} | line for line in lines],
        "due_at": midnight(charge.due_on),
    }


def line_fields(books: Books, view: DocumentView, shown: type[LineData]) -> Iterator[dict[str, Any]]:
    """What is said of each line, by field of the shape that shows it.

    A document that came another way than through a dialect has none; what only another dialect says is left out.
    """
    for place, line in _lines(view.document):
        yield {
            **{name: value for name, value in line.items() if name in shown.__struct_fields__},
            "id": uuid5(view.document.id, f"line {place}"),
            "quantity": Decimal(line["quantity"]),
            "transaction_tags": kept_tags(books.business_id, line.get("tags", ())),
        }


def _lines(charge: Document) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines of which the sums are known, with their places."""
    lines = charge.body.get("line_items")
    for place, line in enumerate(lines if isinstance(lines, list) else ()):
        if isinstance(line, dict) and line.keys() >= _LINE_SUMS:
            yield place, line


def part_fields(books: Books, view: DocumentView) -> Iterator[dict[str, Any]]:
    """What payments have paid of a charge up to today, by field."""
    for part in view.allocations:
        if part.id in books.parts and part.effective_on <= books.today:
            yield books.parts[part.id]


def credit_fields(books: Books, view: DocumentView, credit: str) -> Iterator[dict[str, Any]]:
    """What credits have taken off a charge up to today, by field; `credit` is what the credit's id is called."""
    for part in view.allocations:
        if part.id not in books.parts and part.effective_on <= books.today:
            yield {"id": part.id, credit: part.source_id, "amount": part.amount_minor}


def aimed_at(books: Books, view: DocumentView, kind: Kind) -> Iterator[Document]:
    """The refunds or write-offs of a charge up to today, less what came back."""
    for one in view.aimed:
        came_back = one.returned_on is not None and one.returned_on <= books.today
        if one.kind is kind and one.counts and one.issued_on <= books.today and not came_back:
            yield one


def refund_fields(books: Books, view: DocumentView, charge: str) -> Iterator[dict[str, Any]]:
    """What was paid back of a charge up to today, by field; `charge` is the side's word for it."""
    for one in aimed_at(books, view, Kind.REFUND):
        yield refunds.part_fields(books.business_id, one, charge, Kind.CHARGE, {})
