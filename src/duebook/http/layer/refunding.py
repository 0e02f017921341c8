"""Write refunds: find what each part pays back, and make the refunds in the books what they ought to be.

Units: cents.
Holds: what is paid back of an invoice or a bill was paid of it, less what was paid back before; what is paid back of
unapplied money was unapplied. A refund that is said again is changed in place, as one write.
Source: docs/reference/layer.md, "Refunds"; docs/rule.md, T9.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from duebook.days import day_of
from duebook.http.inputs import BadInput, shown
from duebook.http.layer import refunds
from duebook.http.layer.refund_parts import AskedPart, AskedRefund, FoundPart, document, parts_of, refused
from duebook.http.layer.refunds import PART_OF, Shown
from duebook.http.layer.refusals import REFUND_FIELDS
from duebook.http.layer.tags import tags_of
from duebook.http.services import Services
from duebook.http.stamps import stamp
from duebook.http.writes import Asked, RefusedWrite, recorded
from duebook.ids import new_id
from duebook.ledger import errors, views
from duebook.ledger.commands import AddRefund, Command, EditDocument, SetStatus, UndoDocument
from duebook.ledger.facts import Document, DocumentId, Kind, Side, State, Status
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import WriteTx, write_tx


async def put(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    side: Side,
    asked: AskedRefund,
    *,
    addressed: UUID | None = None,
) -> tuple[Shown, bool]:
    """Record a refund, or change the one with this external id into it; and whether it was made.

    `addressed` is the charge that the request's path names. Raises TenancyError, DocumentNotFound, RefusedWrite,
    BadInput.
    """
    async with write_tx(services.database, caller, business_id, f"put {side} refund") as tx:
        if addressed is not None:
            await views.document(tx, side, Kind.CHARGE, DocumentId(addressed))
        known = None
        if asked.external_id is not None:
            known = await document(tx, side, Kind.REFUND, asked.external_id)
        there = (await refunds.show(tx, side, [known]))[0] if known else None
        return await _put(tx, side, asked, there), there is None


async def replace_refund(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, refund_id: UUID, asked: AskedRefund
) -> Shown:
    """Change a refund into another. Raises TenancyError, DocumentNotFound, RefusedWrite, BadInput."""
    async with write_tx(services.database, caller, business_id, f"replace {side} refund") as tx:
        there = await refunds.find(tx, side, refund_id)
        external_id = there.head.document.external_id
        if asked.external_id not in (None, external_id):
            raise BadInput("external_id", shown(asked.external_id), f"stays as it was recorded, {shown(external_id)}")
        return await _put(tx, side, asked, there)


async def delete(services: Services, caller: Caller, business_id: BusinessId, side: Side, refund_id: UUID) -> Shown:
    """As if it had never been paid back. Raises TenancyError, DocumentNotFound, RefusedWrite."""
    async with write_tx(services.database, caller, business_id, f"delete {side} refund") as tx:
        there = await refunds.find(tx, side, refund_id)
        await _record(tx, side, [_undo(one) for one in there.documents])
        return there


async def pay(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    side: Side,
    refund_id: UUID,
    given: Mapping[str, Any],
) -> tuple[Shown, Mapping[str, Any], bool]:
    """Record a payment of a refund, unless this external id's is there; and whether it was recorded.

    Raises TenancyError, DocumentNotFound, RefusedWrite, BadInput.
    """
    async with write_tx(services.database, caller, business_id, f"pay {side} refund") as tx:
        there = await refunds.find(tx, side, refund_id)
        kept = refunds.payments_of(there.head.document, there.refunded)
        same = [one for one in kept if given.get("external_id") and one.get("external_id") == given["external_id"]]
        if same:
            return there, same[0], False
        made = {"id": str(new_id()), **given}
        return await _paid(tx, side, there, [*kept, made], "refunded_amount"), made, True


async def take_back(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, refund_id: UUID, payment_id: UUID
) -> tuple[Shown, Mapping[str, Any]]:
    """Delete a payment of a refund. Raises TenancyError, DocumentNotFound, RefusedWrite."""
    async with write_tx(services.database, caller, business_id, f"delete payment of {side} refund") as tx:
        there = await refunds.find(tx, side, refund_id)
        kept = refunds.payments_of(there.head.document, there.refunded)
        gone = next((one for one in kept if one["id"] == str(payment_id)), None)
        if gone is None:
            raise errors.DocumentNotFound(side, "refund payment", payment_id)
        return await _paid(tx, side, there, [one for one in kept if one is not gone], "refundPaymentId"), gone


async def _paid(tx: WriteTx, side: Side, there: Shown, payments: Sequence[Mapping[str, Any]], about: str) -> Shown:
    """The same refund with other payments."""
    _check_paid(payments, there.refunded, about)
    head = there.head.document
    body = {**head.body, "parts": head.body.get("parts", []), "payments": list(payments)}
    days = _days(
        tx, [there.kinds[one.target_id or one.id] for one in there.documents], head.issued_on, payments, there.refunded
    )
    commands: list[Command] = []
    for one, (day, status) in zip(there.documents, days, strict=True):
        kept = body if one is head else one.body
        commands.append(EditDocument(side=side, kind=Kind.REFUND, document=one.id, issued_on=day, body=kept))
        if status is not one.status is not Status.RETURNED:
            commands.append(SetStatus(side=side, kind=Kind.REFUND, document=one.id, status=status))
    await _record(tx, side, commands)
    return await refunds.find(tx, side, head.id)


async def _put(tx: WriteTx, side: Side, asked: AskedRefund, there: Shown | None) -> Shown:
    parts = [
        part for place, one in enumerate(asked.parts) for part in await _again_or_found(tx, side, one, place, there)
    ]
    _check_one_party(side, parts, asked)
    refunded = sum(one.amount for one in parts)
    head_id = there.head.document.id if there else DocumentId(new_id())
    if there and asked.keeps_payments:
        payments = refunds.payments_of(there.head.document, there.refunded)
    else:
        payments = _payments(head_id, asked, refunded)
    _check_paid(payments, refunded, "payments")
    day = day_of(asked.completed, tx.business.zone)
    days = _days(tx, [one.kind for one in parts], day, payments, refunded)
    found, gone = _matched(asked, parts, there)
    ids = [one.id if one else DocumentId(new_id()) for one in found]
    if there is None:
        ids[0] = head_id
    body = {**asked.body, "said": [dict(one.said) for one in asked.parts], "payments": payments}
    body["asked"] = [one.named for one in asked.parts]
    body["parts"] = [str(one) for one in ids if one != head_id]
    changed: list[tuple[int, Command, int]] = []
    added: list[tuple[Command, int]] = []
    for part, known, part_id, (on, status) in zip(parts, found, ids, days, strict=True):
        own = {"allocation": part.place, **part.more} | (body if part_id == head_id else {PART_OF: str(head_id)})
        if known is None:
            added.append((_added(side, asked, part, part_id, on, status, own, is_head=part_id == head_id), part.place))
            continue
        if status is not known.status is not Status.RETURNED:
            changed.append((0, SetStatus(side=side, kind=Kind.REFUND, document=part_id, status=status), part.place))
        edit = EditDocument(
            side=side, kind=Kind.REFUND, document=part_id, issued_on=on, amount_minor=part.amount, body=own
        )
        if part_id == head_id:
            edit = replace(edit, number=asked.number, tags=tags_of(asked.tags))
        changed.append((part.amount - known.amount_minor, edit, part.place))
    ordered = [(one, place) for _, one, place in sorted(changed, key=lambda one: one[0])]
    await _record_parts(tx, side, asked, [*((_undo(one), 0) for one in gone), *ordered, *added])
    return await refunds.find(tx, side, head_id)


def _check_one_party(side: Side, parts: Sequence[FoundPart], asked: AskedRefund) -> None:
    first = parts[0].target
    for one in parts:
        if one.target.party_id != first.party_id:
            error = errors.OtherParty(one.target.id, one.target.party_id, first.party_id)
            raise refused(side, error, asked.parts[one.place])


async def _again_or_found(tx: WriteTx, side: Side, part: AskedPart, place: int, there: Shown | None) -> list[FoundPart]:
    """A part of which all is paid back stays what it was when it is said again, whatever was paid since."""
    if there and part.amount is None and there.head.document.body.get("asked", [])[place : place + 1] == [part.named]:
        again = [one for one in there.documents if one.body.get("allocation") == place]
        targets = {
            view.document.id: view.document
            for kind in (Kind.CHARGE, Kind.PAYMENT, Kind.CREDIT)
            for view in await views.documents_by_id(tx, side, kind, [one.target_id for one in again if one.target_id])
        }
        return [
            FoundPart(
                kind=targets[one.target_id].kind,
                target=targets[one.target_id],
                amount=one.amount_minor,
                place=place,
                more={name: one.body[name] for name in ("line_id", "payment_id") if name in one.body},
            )
            for one in again
            if one.target_id
        ]
    return await parts_of(tx, side, part, place, there)


def _added(
    side: Side,
    asked: AskedRefund,
    part: FoundPart,
    part_id: DocumentId,
    on: date,
    status: Status,
    body: Mapping[str, Any],
    *,
    is_head: bool,
) -> AddRefund:
    return AddRefund(
        side=side,
        id=part_id,
        external_id=asked.external_id if is_head else None,
        of_kind=part.kind,
        of=part.target.id,
        number=asked.number if is_head else None,
        refunded_on=on,
        amount_minor=part.amount,
        status=status,
        tags=tags_of(asked.tags) if is_head else (),
        body=body,
    )


def _undo(document: Document) -> UndoDocument:
    return UndoDocument(side=document.side, kind=Kind.REFUND, document=document.id, state=State.DELETED)


def _matched(
    asked: AskedRefund, parts: Sequence[FoundPart], there: Shown | None
) -> tuple[list[Document | None], list[Document]]:
    """For each part the refund in the books that becomes it, and those that are left. Raises BadInput.

    The first one is kept whatever else changes, since it holds the refund's id: so its target stays one.
    """
    left = list(there.documents) if there else []
    found: list[Document | None] = []
    for part in parts:
        same = next((one for one in left if one.target_id == part.target.id), None)
        if same:
            left.remove(same)
        found.append(same)
    if there and there.head.document in left:
        first = asked.parts[0]
        raise BadInput(f"{first.at}{first.name}", "", "cannot replace the first target of a refund: delete it first")
    return found, left


def _days(
    tx: WriteTx, kinds: Sequence[Kind], day: date, payments: Sequence[Mapping[str, Any]], refunded: int
) -> list[tuple[date, Status]]:
    """From when each part counts: of what was paid of a charge at once, of unapplied money when all was paid back."""
    paid = sum(one.get("refunded_amount", refunded) for one in payments) == refunded
    given = [stamp("completed_at", one["completed_at"]) for one in payments if "completed_at" in one]
    last = max([day, *(day_of(one, tx.business.zone) for one in given)]) if paid else day
    return [
        (day, Status.COMPLETED) if kind is Kind.CHARGE else (last, Status.COMPLETED if paid else Status.PENDING)
        for kind in kinds
    ]


def _payments(head_id: DocumentId, asked: AskedRefund, refunded: int) -> list[dict[str, Any]]:
    given = [{**asked.paid, "refunded_amount": refunded}] if asked.payments is None else asked.payments
    return [
        {"id": str(uuid5(head_id, f"payment {one.get('external_id') or place}")), **one}
        for place, one in enumerate(given)
    ]


def _check_paid(payments: Sequence[Mapping[str, Any]], refunded: int, about: str) -> None:
    paid = sum(one.get("refunded_amount", refunded) for one in payments)
    if paid > refunded:
        raise BadInput(about, str(paid), f"comes to at most what is refunded, {refunded}")


async def _record_parts(tx: WriteTx, side: Side, asked: AskedRefund, commands: Sequence[tuple[Command, int]]) -> None:
    """Record these; what is refused of a part is told in the words of the part that asked for it."""
    try:
        await _record(tx, side, [one for one, _ in commands])
    except RefusedWrite as refused:
        part = asked.parts[commands[refused.error.at][1]]
        words = dict.fromkeys(("open", "amount"), part.amount_field) | {"charge": f"{part.at}{part.name}"}
        raise RefusedWrite(refused.error, side, REFUND_FIELDS | words) from refused.error


async def _record(tx: WriteTx, side: Side, commands: Sequence[Command]) -> None:
    await recorded(tx, [_as_asked(one) for one in commands], side=side, fields=REFUND_FIELDS)


def _as_asked(command: Command) -> Asked:
    return lambda _: command
