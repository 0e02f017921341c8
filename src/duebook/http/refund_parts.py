"""What each part of a refund pays back, found in the books.

Units: cents.
Holds: what is paid back of an invoice or a bill was paid of it, less what was paid back before; what is paid back of
unapplied money is unapplied. A refund that is said again is left out of what was paid back before.
Source: docs/rule.md, T9.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from duebook.http.inputs import BadInput, shown
from duebook.http.refunds import Refund
from duebook.http.writes import RefusedWrite
from duebook.ledger import errors, lists, views
from duebook.ledger.commands import DocumentRef
from duebook.ledger.facts import Document, DocumentId, Kind, PartyId, Side, Status, Tag
from duebook.ledger.lists import DocumentFilter, Page, PartyFilter
from duebook.ledger.views import DocumentView
from duebook.tenancy.gate import WriteTx

_MOST_DOCUMENTS: Final = 1_000
"""So many credits and payments of one party at most are paid back at once."""


_PAID: Final = (Status.COMPLETED,)
_TO_COME: Final = (Status.PENDING, Status.PROCESSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPart:
    """Part of a refund as a checked body asks for it: of a charge or a line of it, of a payment, or of a party's money.

    Without an amount it is all that can be paid back. `name` is what the body calls the target, `at` where it stands,
    `amount_name` what it calls the amount wherever that is wrong.
    """

    at: str
    name: str
    charge: DocumentRef | None = None
    line: str | None = None
    payment: DocumentRef | None = None
    party: PartyId | str | None = None
    amount: int | None = None
    amount_name: str | None = None
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def named(self) -> str:
        """The target as the body names it."""
        return f"{self.name} {self.line or self.charge or self.payment or self.party}"

    @property
    def amount_field(self) -> str:
        """What a refusal of the amount is about: the target, where that decides the amount."""
        if self.at or self.amount_name:
            return f"{self.at}{self.amount_name or 'amount'}"
        return self.name if self.amount is None else "refunded_amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRefund:
    """A refund as a checked body asks for it; without payments of its own it is paid in full by `paid`.

    With `keeps_payments` those that are there stay, since the body says nothing of any.
    """

    external_id: str | None
    completed: date | datetime
    parts: Sequence[AskedPart]
    payments: Sequence[Mapping[str, Any]] | None
    keeps_payments: bool
    paid: Mapping[str, Any]
    number: str | None
    tags: tuple[Tag, ...]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPart:
    """A refund as the books are to hold it: of what, how much of what can be, and for which part that was asked for."""

    kind: Kind
    target: Document
    amount: int
    left: int
    place: int
    more: Mapping[str, Any] = field(default_factory=dict)


async def parts_of(tx: WriteTx, side: Side, part: AskedPart, place: int, there: Refund | None) -> list[FoundPart]:
    """What is paid back for one part: of a charge, of what a payment paid and has left, or of a party's money.

    Raises RefusedWrite, BadInput.
    """
    own: dict[DocumentId | None, int] = defaultdict(int)
    for one in _own(there):
        own[one.target_id] += one.amount_minor if one.status in _PAID else 0
    own_ids = {one.id for one in _own(there)}
    if part.charge is not None:
        charge = await _there(tx, side, Kind.CHARGE, part.charge, part)
        return [await _of_charge(tx, side, charge, part, place, own_ids)]
    if part.payment is not None:
        payment = await _there(tx, side, Kind.PAYMENT, part.payment, part)
        offers = await _of_payment(tx, side, payment, place, own_ids)
        return _filled(side, part, [_unapplied(payment, place, own, own_ids), *offers], payment.document)
    whose = await _party(tx, side, part)
    found: list[DocumentView] = []
    for kind in (Kind.CREDIT, Kind.PAYMENT):
        which = DocumentFilter(side=side, kind=kind, party_ids=[whose], settled=None if there else False)
        found += [one.view for one in await lists.documents(tx, which, Page(limit=_MOST_DOCUMENTS))]
    offers = [_unapplied(one, place, own, own_ids) for one in found]
    return _filled(side, part, offers, None)


def _own(there: Refund | None) -> Sequence[Document]:
    return there.documents if there else ()


async def _of_charge(
    tx: WriteTx, side: Side, charge: DocumentView, part: AskedPart, place: int, own_ids: set[DocumentId]
) -> FoundPart:
    earlier = [one for one in _earlier(charge) if one.id not in own_ids]
    more: dict[str, Any] = {}
    if part.line is not None:
        line_id, total = _line(charge.document, part)
        more = {"line_id": str(line_id)}
        left = total - sum(one.amount_minor for one in earlier if one.body.get("line_id") == str(line_id))
        if part.amount is not None and part.amount > left:
            raise BadInput(part.amount_field, str(part.amount), f"is at most what is left of the line, {max(left, 0)}")
    else:
        sources = list({one.source_id for one in charge.allocations})
        paying = {one.document.id for one in await views.documents_by_id(tx, side, Kind.PAYMENT, sources)}
        paid = sum(one.amount_minor for one in charge.allocations if one.source_id in paying)
        left = paid - sum(one.amount_minor for one in earlier)
    amount = max(left, 0) if part.amount is None else part.amount
    return FoundPart(kind=Kind.CHARGE, target=charge.document, amount=amount, left=max(left, 0), place=place, more=more)


def _line(charge: Document, part: AskedPart) -> tuple[UUID, int]:
    for place, line in enumerate(charge.body.get("line_items", ())):
        line_id = uuid5(charge.id, f"line {place}")
        if part.line in (str(line_id), line.get("external_id")):
            return line_id, line["total_amount"]
    raise BadInput(f"{part.at}{part.name}", shown(part.line), "is no line of it")


async def _of_payment(
    tx: WriteTx, side: Side, payment: DocumentView, place: int, own_ids: set[DocumentId]
) -> list[FoundPart]:
    """What it paid of each charge, less what was paid back of that for this payment."""
    payment_id = str(payment.document.id)
    charges = await views.documents_by_id(tx, side, Kind.CHARGE, [one.charge_id for one in payment.allocations])
    earlier = {one.document.id: _earlier(one) for one in charges}
    targets = {one.document.id: one.document for one in charges}
    offers = []
    for one in payment.allocations:
        taken = (
            back.amount_minor
            for back in earlier[one.charge_id]
            if back.id not in own_ids and back.body.get("payment_id") == payment_id
        )
        left = one.amount_minor - sum(taken)
        more = {"payment_id": payment_id}
        target = targets[one.charge_id]
        offers.append(FoundPart(kind=Kind.CHARGE, target=target, amount=left, left=left, place=place, more=more))
    return offers


def _unapplied(
    source: DocumentView, place: int, own: Mapping[DocumentId | None, int], own_ids: set[DocumentId]
) -> FoundPart:
    """What of a payment or a credit is neither applied nor to be paid back."""
    document = source.document
    to_come = sum(one.amount_minor for one in _earlier(source) if one.status not in _PAID and one.id not in own_ids)
    left = source.open_minor + own.get(document.id, 0) - to_come
    return FoundPart(kind=document.kind, target=document, amount=left, left=left, place=place)


def _filled(side: Side, part: AskedPart, offers: Sequence[FoundPart], payment: Document | None) -> list[FoundPart]:
    """The amount asked for, taken from what there is in this order. Raises RefusedWrite, BadInput."""
    available = sum(max(one.amount, 0) for one in offers)
    left = available if part.amount is None else part.amount
    if left > available or left == 0:
        if payment is None:
            raise BadInput(part.amount_field, str(left), f"is above zero and at most what is unapplied, {available}")
        on, currency = payment.counts_on, payment.currency
        if left == 0:
            raise refused(side, errors.NothingLeft(payment.id, on), part)
        raise refused(side, errors.OverAllocated(payment.id, "payment", available, on, left, currency, ()), part)
    taken = []
    for one in offers:
        amount = min(left, max(one.amount, 0))
        if amount:
            taken.append(replace(one, amount=amount))
            left -= amount
    return taken


def _earlier(target: DocumentView) -> list[Document]:
    """What was paid back of it, and what is to be."""
    return [one for one in target.aimed if one.kind is Kind.REFUND and one.status in (*_PAID, *_TO_COME)]


async def _there(tx: WriteTx, side: Side, kind: Kind, ref: DocumentRef, part: AskedPart) -> DocumentView:
    found = await document(tx, side, kind, ref)
    if found is None:
        raise refused(side, errors.DocumentNotFound(side, kind, ref), part)
    return found


async def document(tx: WriteTx, side: Side, kind: Kind, ref: DocumentRef) -> DocumentView | None:
    if isinstance(ref, str):
        which = DocumentFilter(side=side, kind=kind, external_id=ref)
        return next((one.view for one in await lists.documents(tx, which, Page(limit=1))), None)
    return next(iter(await views.documents_by_id(tx, side, kind, [ref])), None)


async def _party(tx: WriteTx, side: Side, part: AskedPart) -> PartyId:
    match part.party:
        case str(external_id):
            which = PartyFilter(side=side, archived=None, external_id=external_id)
            found = [one.view for one in await lists.parties(tx, which, Page(limit=1))]
        case party_id:
            found = await views.parties_by_id(tx, side, [party_id] if party_id else [])
    if not found:
        raise refused(side, errors.PartyNotFound(side, part.party or ""), part)
    return found[0].party.id


def refused(side: Side, error: errors.LedgerError, part: AskedPart) -> RefusedWrite:
    of_amount = isinstance(error, errors.OverAllocated | errors.NothingLeft)
    about = part.amount_field if of_amount else f"{part.at}{part.name}"
    return RefusedWrite(error, side, dict.fromkeys(("amount", "open", "charge", "party"), about))
