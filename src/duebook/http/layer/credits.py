"""Credits: to customers, set against invoices, and of vendors, set against bills.

Units: cents.
Holds: a credit lowers what is owed only by what is allocated of it; it is changed, or deleted, with its allocations.
Source: docs/reference/layer.md, "Credits".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from duebook.days import day_of
from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text, check_free, kept, told_objects
from duebook.http.inputs import BadInput, shown
from duebook.http.layer.allocated import changed, taken_back
from duebook.http.layer.charges import Given
from duebook.http.layer.lists import CREDIT_SORTS, ListMeta, Paging, documents
from duebook.http.layer.refusals import CREDIT_FIELDS
from duebook.http.layer.tags import ApiTag, NewTag, api_tags, kept_tags, tags_of
from duebook.http.services import Services
from duebook.http.stamps import in_utc
from duebook.http.writes import recorded
from duebook.ledger import lists, views
from duebook.ledger.commands import (
    KEEP,
    AddSettlement,
    Command,
    EditDocument,
    NewAllocation,
    PartyRef,
    UndoDocument,
)
from duebook.ledger.facts import DocumentId, Kind, Party, PartyId, Side, State
from duebook.ledger.lists import DocumentFilter, Page
from duebook.ledger.views import DocumentView, Tx
from duebook.money import MAX_MINOR, MIN_MINOR
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import ReadTx, WriteTx, write_tx

_APART: Final = frozenset(
    {
        *("external_id", "tags", "reference_number", "allocations"),
        *("customer_id", "customer_external_id", "vendor_id", "vendor_external_id"),
    }
)


class NewCreditLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What every line of a credit says."""

    amount: Cents
    tags: list[NewTag] | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    reference_number: Text | None = None


class NewCreditPart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Part of a credit, for one invoice or bill."""

    amount: PositiveCents


class CreditChange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What every credit may say."""

    external_id: ExternalId | None = None
    tags: list[NewTag] | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    reference_number: Text | None = None


class CreditLine(msgspec.Struct, kw_only=True):
    """A line of a credit."""

    id: UUID
    amount: Cents
    memo: str | None
    metadata: Free
    reference_number: str | None
    transaction_tags: list[ApiTag]


class CreditPart(msgspec.Struct, kw_only=True):
    """Part of a credit, allocated to an invoice or a bill."""

    id: UUID
    amount: Cents


class CreditData(msgspec.Struct, kw_only=True):
    """A credit."""

    id: UUID
    external_id: str | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    transaction_tags: list[ApiTag]
    memo: str | None
    metadata: Free
    reference_number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A credit as a checked body says it. What is None was not said."""

    external_id: str | None
    party: PartyRef | None
    issued: Given | None
    amount: int | None
    allocations: tuple[NewAllocation, ...] | None
    number: str | None
    tags: list[NewTag] | None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A credit with what it is shown with, and when it was deleted if it was just now."""

    business_id: BusinessId
    view: DocumentView
    party: Party
    deleted_at: datetime | None = None


def said(
    given: CreditChange,
    *,
    party: PartyRef | None,
    issued: Given | None,
    lines: Sequence[NewCreditLine] | None,
    allocations: Sequence[tuple[UUID, int]] | None,
) -> Said:
    """The body checked. Raises BadInput for a total that cannot be."""
    check_free("", given)
    return Said(
        external_id=given.external_id,
        party=party,
        issued=issued,
        amount=None if lines is None else _total(lines),
        allocations=None
        if allocations is None
        else tuple(NewAllocation(charge=DocumentId(charge), amount_minor=amount) for charge, amount in allocations),
        number=given.reference_number,
        tags=given.tags,
        body=kept(given, without=_APART),
    )


def _total(lines: Sequence[NewCreditLine]) -> int:
    total = sum(line.amount for line in lines)
    if not MIN_MINOR <= total <= MAX_MINOR:
        raise BadInput("line_items", str(total), "adds up to an amount that fits 64 bits of cents")
    if total < 0:
        raise BadInput("line_items", str(total), "come to a total of zero or more")
    return total


async def put(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, asked: Said
) -> tuple[Shown, bool]:
    """Record a credit, or change the one with this external id into it; and whether it was made.

    Raises TenancyError, RefusedWrite.
    """
    async with write_tx(services.database, caller, business_id, f"put {side} credit") as tx:
        known = await _known(tx, side, asked.external_id)
        if known is None:
            credit_id = await _added(tx, side, asked)
        else:
            credit_id = known.document.id
            await _changed(tx, side, known, asked, replaces=True)
        return await _shown(tx, side, await views.document(tx, side, Kind.CREDIT, credit_id)), known is None


async def change(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    side: Side,
    credit_id: UUID,
    asked: Said,
    *,
    replaces: bool,
) -> Shown:
    """Change a credit: what is not said stays, unless the request replaces all that was said.

    Raises TenancyError, DocumentNotFound, RefusedWrite, BadInput.
    """
    async with write_tx(services.database, caller, business_id, f"change {side} credit") as tx:
        known = await views.document(tx, side, Kind.CREDIT, DocumentId(credit_id))
        external_id = known.document.external_id
        if asked.external_id not in (None, external_id):
            raise BadInput("external_id", shown(asked.external_id), f"stays as it was recorded, {shown(external_id)}")
        await _changed(tx, side, known, asked, replaces=replaces)
        return await _shown(tx, side, await views.document(tx, side, Kind.CREDIT, known.document.id))


async def delete(services: Services, caller: Caller, business_id: BusinessId, side: Side, credit_id: UUID) -> Shown:
    """Delete a credit with its allocations; as it was is how it is shown.

    Raises TenancyError, DocumentNotFound, RefusedWrite.
    """
    async with write_tx(services.database, caller, business_id, f"delete {side} credit") as tx:
        known = await views.document(tx, side, Kind.CREDIT, DocumentId(credit_id))
        gone = await _shown(tx, side, known)
        undo = UndoDocument(side=side, kind=Kind.CREDIT, document=known.document.id, state=State.DELETED)
        await _record(tx, side, [*taken_back(known), undo])
        return Shown(gone.business_id, gone.view, gone.party, in_utc(tx.now))


async def _known(tx: WriteTx, side: Side, external_id: str | None) -> DocumentView | None:
    if external_id is None:
        return None
    which = DocumentFilter(side=side, kind=Kind.CREDIT, external_id=external_id)
    return next((one.view for one in await lists.documents(tx, which, Page(limit=1))), None)


async def _added(tx: WriteTx, side: Side, asked: Said) -> DocumentId:
    business = tx.business
    command = AddSettlement(
        side=side,
        kind=Kind.CREDIT,
        external_id=asked.external_id,
        party=asked.party,
        number=asked.number,
        settled_on=business.today(tx.now) if asked.issued is None else day_of(asked.issued, business.zone),
        currency=business.base_currency,
        amount_minor=asked.amount or 0,
        allocations=asked.allocations or (),
        tags=tags_of(asked.tags),
        body=asked.body,
    )
    await _record(tx, side, [command])
    return command.id


async def _changed(tx: WriteTx, side: Side, known: DocumentView, asked: Said, *, replaces: bool) -> None:
    credit = known.document
    edit = EditDocument(
        side=side,
        kind=Kind.CREDIT,
        document=credit.id,
        party=KEEP if asked.party is None else asked.party,
        number=KEEP if asked.number is None and not replaces else asked.number,
        issued_on=KEEP if asked.issued is None else day_of(asked.issued, tx.business.zone),
        amount_minor=KEEP if asked.amount is None else asked.amount,
        tags=KEEP if asked.tags is None and not replaces else tags_of(asked.tags),
        body=asked.body if replaces else {**credit.body, **asked.body},
    )
    allocations = () if asked.allocations is None and replaces else asked.allocations
    await _record(tx, side, changed(known, edit, allocations))


async def _record(tx: WriteTx, side: Side, commands: Sequence[Command]) -> None:
    asked = [lambda _, one=one: one for one in commands]
    await recorded(tx, asked, side=side, fields=CREDIT_FIELDS[side])


async def find(tx: Tx, side: Side, credit_id: UUID) -> Shown:
    """One credit. Raises DocumentNotFound."""
    return await _shown(tx, side, await views.document(tx, side, Kind.CREDIT, DocumentId(credit_id)))


async def page(tx: ReadTx, which: DocumentFilter, paging: Paging) -> tuple[list[Shown], ListMeta]:
    """One page of credits."""
    found, meta = await documents(tx, which, paging.sorted_by(CREDIT_SORTS[which.side]))
    whose: list[PartyId] = list({one.document.party_id for one in found})
    parties = {one.party.id: one.party for one in await views.parties_by_id(tx, which.side, whose)}
    return [Shown(tx.business.id, one, parties[one.document.party_id]) for one in found], meta


async def _shown(tx: Tx, side: Side, view: DocumentView) -> Shown:
    return Shown(tx.business.id, view, (await views.party(tx, side, view.document.party_id)).party)


def credit_fields(credit: Shown) -> dict[str, Any]:
    """What is said of a credit on either side, by field; one that another interface has made void is a deleted one."""
    document, body = credit.view.document, credit.view.document.body
    voided_at = in_utc(credit.view.updated_at) if document.state is State.VOID else None
    return {
        "id": document.id,
        "external_id": document.external_id,
        "created_at": in_utc(credit.view.created_at),
        "updated_at": in_utc(credit.view.updated_at),
        "deleted_at": credit.deleted_at or voided_at,
        "transaction_tags": api_tags(credit.business_id, document.tags),
        "memo": body.get("memo"),
        "metadata": body.get("metadata", {}),
        "reference_number": document.number,
    }


def line_fields(credit: Shown, account: str) -> Iterator[dict[str, Any]]:
    """What is said of each line, by field; `account` is what it calls its account.

    A credit that came another way than through this dialect has one line.
    """
    document = credit.view.document
    lines = [line for line in told_objects("line_items", document.body) if "amount" in line]
    for place, line in enumerate(lines or [{"amount": document.amount_minor}]):
        yield {
            "id": uuid5(document.id, f"line {place}"),
            "amount": line["amount"],
            account: line.get(account),
            "memo": line.get("memo"),
            "metadata": line.get("metadata", {}),
            "reference_number": line.get("reference_number"),
            "transaction_tags": kept_tags(credit.business_id, line.get("tags", ())),
        }


def part_fields(credit: Shown) -> Iterator[tuple[DocumentId, dict[str, Any]]]:
    """The invoice or bill that each part is allocated to, and what else is said of it, by field."""
    for part in credit.view.allocations:
        yield part.charge_id, {"id": part.id, "amount": part.amount_minor}
