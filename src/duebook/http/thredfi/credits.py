"""Credit notes: what a customer gets off later invoices, or a vendor gives off later bills.

Units: cents.
Holds: a credit comes to its lines' amounts and taxes; what is applied of it is as of today where the business is.
Source: docs/reference/thredfi.md, "Credits".
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec

from duebook.days import day_of
from duebook.http.fields import ExternalId, Free, LongText, Text, check_free, kept
from duebook.http.inputs import BadInput, shown
from duebook.http.services import Services
from duebook.http.stamps import Stamp, optional_stamp
from duebook.http.thredfi import parties
from duebook.http.thredfi.credit_answers import CreditLine, Words, by_charge, described
from duebook.http.thredfi.payment_bodies import Currency, check_currency
from duebook.http.thredfi.tags import NewTag, tags_of
from duebook.http.writes import as_is, recorded
from duebook.ledger import lists, views
from duebook.ledger.commands import (
    KEEP,
    AddSettlement,
    Allocate,
    Command,
    EditDocument,
    NewAllocation,
    PartyRef,
    TakeBack,
    UndoDocument,
)
from duebook.ledger.facts import Allocation, Document, DocumentId, Kind, Side, State
from duebook.ledger.lists import DocumentFilter, Page
from duebook.ledger.views import DocumentView
from duebook.money import MAX_MINOR
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import WriteTx, read_tx, write_tx


class CreditRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What both credits may say."""

    external_id: ExternalId | None = None
    currency: Currency | None = None
    reference_number: Text | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    transaction_tags: list[NewTag] | None = None
    line_items: list[CreditLine] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A credit as a body asks for it, the side's own words aside.

    `dated` is the stamp of its day, under `dated_field`; `parts` are the documents it is for, each with an amount.
    """

    request: CreditRequest
    party: PartyRef | None
    source_id: UUID | None
    dated_field: str
    dated: Stamp | None
    parts: Sequence[tuple[UUID, int]] | None


_BODY: Final = ("line_items", "memo", "metadata", "source_id", "dated")


async def create(tx: WriteTx, its: Words, asked: Asked) -> tuple[dict[str, Any], bool]:
    """Record a credit, or find the one with this external id and content; by field, and whether it was made.

    Raises BadInput, RefusedWrite.
    """
    total = _total(asked.request.line_items or [])
    there = await lists.document_named(tx, its.side, Kind.CREDIT, asked.request.external_id)
    dated_on = _dated_on(tx, asked, there)
    command = AddSettlement(
        side=its.side,
        kind=Kind.CREDIT,
        external_id=asked.request.external_id,
        party=await _party(tx, its, asked),
        number=asked.request.reference_number,
        settled_on=dated_on,
        currency=await _currency(tx, its, asked),
        amount_minor=total,
        allocations=tuple(
            NewAllocation(charge=DocumentId(charge_id), amount_minor=amount)
            for charge_id, amount in asked.parts or ()
            if amount
        ),
        tags=tags_of(asked.request.transaction_tags),
        body=_said(asked),
    )
    (done,) = await recorded(tx, [lambda _: command], side=its.side, fields=its.fields)
    credit_id = DocumentId(done.id)
    if done.created:
        await _check_source(tx, its, asked, credit_id)
    (fields,) = await described(tx, its, [await views.document(tx, its.side, Kind.CREDIT, credit_id)])
    return fields, done.created


async def update(
    services: Services, caller: Caller, business_id: BusinessId, its: Words, credit_id: UUID, asked: Asked
) -> None:
    """Change what a body mentions; the documents that it lists are then those, and no others, that the credit is for.

    Raises BadInput, TenancyError, DocumentNotFound, RefusedWrite.
    """
    async with write_tx(services.database, caller, business_id, f"update {_noun(its.side)}") as tx:
        view = await views.document(tx, its.side, Kind.CREDIT, DocumentId(credit_id))
        if asked.request.external_id not in (None, view.document.external_id):
            raise BadInput("external_id", shown(asked.request.external_id), "stays as it was when this was made")
        request, body = asked.request, {**view.document.body, **_said(asked)}
        edit = EditDocument(
            side=its.side,
            kind=Kind.CREDIT,
            document=view.document.id,
            party=KEEP if asked.party is None else asked.party,
            number=KEEP if request.reference_number is None else request.reference_number,
            issued_on=KEEP if asked.dated is None else _dated_on(tx, asked, None),
            currency=KEEP if request.currency is None else request.currency,
            amount_minor=KEEP if request.line_items is None else _total(request.line_items),
            tags=KEEP if request.transaction_tags is None else tags_of(request.transaction_tags),
            body=KEEP if body == view.document.body else body,
        )
        taken_back, applied = _moves(its.side, view, asked.parts)
        commands: list[Command] = [*taken_back, edit, *applied]
        await recorded(tx, [as_is(one) for one in commands], side=its.side, fields=its.fields)
        await _check_source(tx, its, asked, view.document.id)


async def void(services: Services, caller: Caller, business_id: BusinessId, its: Words, credit_id: UUID) -> None:
    """Take a credit back, as if it had never been. Raises TenancyError, DocumentNotFound, RefusedWrite."""
    command = UndoDocument(side=its.side, kind=Kind.CREDIT, document=DocumentId(credit_id), state=State.VOID)
    async with write_tx(services.database, caller, business_id, f"void {_noun(its.side)}") as tx:
        await recorded(tx, [lambda _: command], side=its.side, fields=its.fields, named=credit_id)


async def find(
    services: Services, caller: Caller, business_id: BusinessId, its: Words, credit_id: UUID
) -> dict[str, Any]:
    """One credit by field. Raises TenancyError, DocumentNotFound."""
    async with read_tx(services.database, caller, business_id) as tx:
        view = await views.document(tx, its.side, Kind.CREDIT, DocumentId(credit_id))
        (fields,) = await described(tx, its, [view])
        return fields


async def page(
    services: Services, caller: Caller, business_id: BusinessId, its: Words, which: DocumentFilter, part: Page
) -> tuple[list[dict[str, Any]], int]:
    """One page of credits by field, and how many there are on all pages. Raises TenancyError."""
    async with read_tx(services.database, caller, business_id) as tx:
        found = [one.view for one in await lists.documents(tx, which, part)]
        return await described(tx, its, found), await lists.count_documents(tx, which)


def _noun(side: Side) -> str:
    return f"{parties.NOUNS[side]} credit"


def _total(lines: Sequence[CreditLine]) -> int:
    total = sum(line.amount + (line.tax_amount_cents or 0) for line in lines)
    if not lines:
        raise BadInput("line_items", "", "has at least one line")
    if not 0 <= total <= MAX_MINOR:
        raise BadInput("line_items", str(total), "come to zero or more, and to what fits 64 bits of cents")
    return total


def _said(asked: Asked) -> dict[str, Any]:
    """What is kept of a body as it was said."""
    check_free("", asked.request)
    if asked.request.currency is not None:
        check_currency(False, asked.request.currency, asked.request.currency)
    said = kept(asked.request, without=frozenset({"external_id", "currency", "reference_number", "transaction_tags"}))
    more = {"source_id": str(asked.source_id) if asked.source_id else None, "dated": asked.dated}
    return {name: value for name, value in (said | more).items() if name in _BODY and value is not None}


def _dated_on(tx: WriteTx, asked: Asked, there: DocumentView | None) -> date:
    """The day of a credit: as said, else the day that it has, else today."""
    dated = optional_stamp(asked.dated_field, asked.dated)
    if dated is not None:
        return day_of(dated, tx.business.zone)
    return there.document.issued_on if there else tx.business.today(tx.now)


async def _party(tx: WriteTx, its: Words, asked: Asked) -> PartyRef | None:
    """Whose a credit is: as said, else whose its source is, else whose the first document is that it is for."""
    source = await _source(tx, its, asked)
    return source.party_id if asked.party is None and source else asked.party


async def _source(tx: WriteTx, its: Words, asked: Asked) -> Document | None:
    """The document that a credit comes from, if one is said. Raises BadInput."""
    if asked.source_id is None:
        return None
    found = await views.documents_by_id(tx, its.side, Kind.CHARGE, [asked.source_id])
    if not found:
        raise BadInput(f"source_{its.charge_id}", str(asked.source_id), "is not in these books")
    return found[0].document


async def _check_source(tx: WriteTx, its: Words, asked: Asked, credit_id: DocumentId) -> None:
    """A credit comes from a document of its own party. Raises BadInput."""
    source = await _source(tx, its, asked)
    credit = (await views.document(tx, its.side, Kind.CREDIT, credit_id)).document
    if source is not None and source.party_id != credit.party_id:
        rule = f"is of the {parties.NOUNS[its.side]} that the credit is of"
        raise BadInput(f"source_{its.charge_id}", shown(asked.source_id), rule)


async def _currency(tx: WriteTx, its: Words, asked: Asked) -> str:
    """The currency said, else that of the document that the credit comes from or is for, else the business's."""
    if asked.request.currency is not None:
        return asked.request.currency
    ids = [*([asked.source_id] if asked.source_id else []), *(charge_id for charge_id, _ in asked.parts or ())]
    found = await views.documents_by_id(tx, its.side, Kind.CHARGE, ids[:1])
    return found[0].document.currency if found else tx.business.base_currency


def _moves(
    side: Side, view: DocumentView, parts: Sequence[tuple[UUID, int]] | None
) -> tuple[list[TakeBack], list[Allocate]]:
    """What is taken back and what is applied anew, so that a credit is for these documents and no others."""
    if parts is None:
        return [], []
    there = by_charge(view)
    wanted: dict[DocumentId, int] = defaultdict(int)
    for charge_id, amount in parts:
        if amount:
            wanted[DocumentId(charge_id)] += amount
    changed = [charge_id for charge_id, standing in there.items() if _applied(standing) != wanted.get(charge_id, 0)]
    taken_back = [TakeBack(side=side, id=one.id) for charge_id in changed for one in there[charge_id]]
    applied = tuple(
        NewAllocation(charge=charge_id, amount_minor=amount)
        for charge_id, amount in wanted.items()
        if charge_id in changed or charge_id not in there
    )
    if not applied:
        return taken_back, []
    return taken_back, [Allocate(side=side, kind=Kind.CREDIT, source=view.document.id, allocations=applied)]


def _applied(allocations: Sequence[Allocation]) -> int:
    return sum(one.amount_minor for one in allocations)
