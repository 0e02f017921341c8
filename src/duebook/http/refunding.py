"""Write refunds: make those in the books what a refund of a dialect ought to be, as one write.

Units: minor units of the currency of what is paid back.
Holds: the pieces of a refund add up to it, and each counts from the day on which it is paid out; what is not paid out
yet is pending, and counts for nothing. A refund that is changed keeps the first of its pieces, which has its id.
Source: docs/rule.md, T9.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

from duebook.days import day_of
from duebook.http import refunds
from duebook.http.inputs import BadInput
from duebook.http.refund_parts import AskedPart, AskedRefund, FoundPart, parts_of, refused
from duebook.http.refunds import PART_OF, Refund
from duebook.http.stamps import stamp
from duebook.http.writes import Fields, RefusedWrite, as_is, recorded
from duebook.ids import new_id
from duebook.ledger import errors
from duebook.ledger.commands import AddRefund, Command, EditDocument, SetStatus, UndoDocument
from duebook.ledger.facts import Document, DocumentId, Kind, Side, State, Status
from duebook.tenancy.gate import WriteTx

_OWN: Final = ("line_id", "payment_id")
"""What is kept with a piece of its part."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a dialect keeps the refunds of a side: what its bodies call the parts of a write, `payment` one of a payment.

    With `at_once`, what was paid of a charge counts from the refund's own day, else from the days of its payments.
    """

    side: Side
    fields: Fields
    payment: str
    at_once: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """A refund in the books: as much of a part as is paid out on one day, or not yet."""

    part: FoundPart
    on: date
    status: Status

    def can_be(self, document: Document) -> bool:
        """Whether a refund in the books can become this piece: money that is paid out is not on its way again."""
        if document.target_id != self.part.target.id:
            return False
        if document.status is Status.RETURNED:
            return self.status is Status.COMPLETED
        return document.status in (self.status, Status.PENDING, Status.PROCESSING)


async def put(tx: WriteTx, rules: Rules, asked: AskedRefund, there: Refund | None) -> Refund:
    """Record a refund, or change one into another. Raises RefusedWrite, BadInput."""
    parts = [
        part
        for place, one in enumerate(asked.parts)
        for part in _again(one, place, there) or await parts_of(tx, rules.side, one, place, there)
    ]
    _check_one_party(rules.side, parts, asked)
    if not rules.at_once:
        _check_left(tx, rules.side, parts, asked)
    refunded = sum(one.amount for one in parts)
    head_id = there.head.document.id if there else DocumentId(new_id())
    payments = there.payments if there and asked.keeps_payments else _payments(head_id, asked, refunded)
    _check_paid(payments, refunded, "payments")
    on = day_of(asked.completed, tx.business.zone)
    pieces = list(_pieces(tx, rules, parts, on, payments))
    if there and not any(one.part.target.id == there.head.document.target_id for one in pieces):
        first = asked.parts[0]
        raise BadInput(f"{first.at}{first.name}", "", "cannot replace the first target of a refund: delete it first")
    body = {
        **asked.body,
        "on": on.isoformat(),
        "said": [dict(one.said) for one in asked.parts],
        "asked": [one.named for one in asked.parts],
        "payments": payments,
    }
    steps = _steps(rules, there, head_id, pieces, body, asked)
    try:
        await _record(tx, rules, [one for one, _ in steps])
    except RefusedWrite as error:
        part = asked.parts[steps[error.error.at][1]]
        words = dict.fromkeys(("open", "amount"), part.amount_field) | {"charge": f"{part.at}{part.name}"}
        raise RefusedWrite(error.error, rules.side, {**rules.fields, **words}) from error.error
    return await refunds.find(tx, rules.side, head_id)


async def pay(
    tx: WriteTx, rules: Rules, refund_id: UUID, given: Mapping[str, Any]
) -> tuple[Refund, Mapping[str, Any], bool]:
    """Record a payment of a refund, unless this external id's is there; and whether it was recorded.

    Raises DocumentNotFound, RefusedWrite, BadInput.
    """
    there = await refunds.find(tx, rules.side, refund_id)
    kept = there.payments
    same = [one for one in kept if given.get("external_id") and one.get("external_id") == given["external_id"]]
    if same:
        return there, same[0], False
    made = {"id": str(new_id()), **given}
    return await _paid(tx, rules, there, [*kept, made], rules.payment), made, True


async def take_back(
    tx: WriteTx, rules: Rules, refund_id: UUID, payment_id: UUID, about: str
) -> tuple[Refund, Mapping[str, Any]]:
    """Delete a payment of a refund, unless it is all that was paid of it. Raises DocumentNotFound, RefusedWrite."""
    there = await refunds.find(tx, rules.side, refund_id)
    kept = there.payments
    gone = next((one for one in kept if one["id"] == str(payment_id)), None)
    if gone is None:
        raise errors.DocumentNotFound(rules.side, "refund payment", payment_id)
    return await _paid(tx, rules, there, [one for one in kept if one is not gone], about), gone


async def delete(tx: WriteTx, rules: Rules, refund_id: UUID) -> Refund:
    """As if it had never been paid back; what it was. Raises DocumentNotFound, RefusedWrite."""
    there = await refunds.find(tx, rules.side, refund_id)
    await _record(tx, rules, [_undo(one) for one in there.documents])
    return there


async def cancel(tx: WriteTx, rules: Rules, refund_id: UUID) -> Refund:
    """Nothing of it will be paid out. Raises DocumentNotFound, RefusedWrite."""
    there = await refunds.find(tx, rules.side, refund_id)
    cancelled = Status.CANCELLED
    await _record(
        tx,
        rules,
        [SetStatus(side=rules.side, kind=Kind.REFUND, document=one.id, status=cancelled) for one in there.documents],
    )
    return await refunds.find(tx, rules.side, refund_id)


async def _paid(tx: WriteTx, rules: Rules, there: Refund, payments: Sequence[Mapping[str, Any]], about: str) -> Refund:
    """The same refund with other payments."""
    _check_paid(payments, there.refunded, about)
    head = there.head.document
    parts = [_found(document, target.document, amount) for document, target, amount in there.parts()]
    pieces = list(_pieces(tx, rules, parts, there.on, payments))
    told = replace(rules, fields={**rules.fields, **dict.fromkeys(("open", "amount", "status"), about)})
    steps = _steps(told, there, head.id, pieces, {**_said(there), "payments": list(payments)}, None)
    await _record(tx, told, [one for one, _ in steps])
    return await refunds.find(tx, rules.side, head.id)


def _pieces(
    tx: WriteTx, rules: Rules, parts: Sequence[FoundPart], on: date, payments: Sequence[Mapping[str, Any]]
) -> Iterator[_Piece]:
    """The parts, each divided by the payments that pay it: the first payment pays the first part first."""
    refunded = sum(one.amount for one in parts)
    purses = [(_paid_on(tx, one, on), one.get("refunded_amount", refunded)) for one in payments]
    for part in parts:
        at_once = rules.at_once and part.kind is Kind.CHARGE
        if at_once:
            yield _Piece(part, on, Status.COMPLETED)
        left = part.amount
        while left and purses:
            paid_on, amount = purses.pop(0)
            if amount > left:
                purses.insert(0, (paid_on, amount - left))
            taken = min(left, amount)
            left -= taken
            if not at_once:
                yield _Piece(replace(part, amount=taken), paid_on, Status.COMPLETED)
        if (left or not part.amount) and not at_once:
            yield _Piece(replace(part, amount=left), on, Status.PENDING)


def _paid_on(tx: WriteTx, payment: Mapping[str, Any], otherwise: date) -> date:
    given = payment.get("completed_at")
    return day_of(stamp("completed_at", given), tx.business.zone) if given else otherwise


def _steps(
    rules: Rules,
    there: Refund | None,
    head_id: DocumentId,
    pieces: Sequence[_Piece],
    body: Mapping[str, Any],
    asked: AskedRefund | None,
) -> list[tuple[Command, int]]:
    """What makes the refunds in the books these pieces, each with the place of the part that it is about.

    What gives room goes first. Without `asked`, what was said of the refund stays.
    """
    side = rules.side
    found, gone = _matched(rules, there, pieces)
    ids = [one.id if one else DocumentId(new_id()) for one in found]
    if there is None:
        ids[0] = head_id
    refunded = sum(one.part.amount for one in pieces)
    paid = sum(one.get("refunded_amount", refunded) for one in body["payments"])
    parts = [str(one) for one in ids if one != head_id]
    body = {**body, "progress": refunds.progress(paid, refunded), "parts": parts}
    changed: list[tuple[int, list[Command], int]] = []
    added: list[tuple[Command, int]] = []
    for piece, known, piece_id in zip(pieces, found, ids, strict=True):
        part, is_head = piece.part, piece_id == head_id
        own = {"allocation": part.place, **part.more} | (body if is_head else {PART_OF: str(head_id)})
        if known is None:
            added.append((_added(side, asked if is_head else None, piece, piece_id, own), part.place))
            continue
        edit = EditDocument(
            side=side, kind=Kind.REFUND, document=known.id, issued_on=piece.on, amount_minor=part.amount, body=own
        )
        if is_head and asked:
            edit = replace(edit, number=asked.number, tags=asked.tags)
        commands: list[Command] = [edit]
        if known.status not in (piece.status, Status.RETURNED):
            commands.append(SetStatus(side=side, kind=Kind.REFUND, document=known.id, status=piece.status))
        changed.append((part.amount - known.amount_minor, commands, part.place))
    ordered = [(one, place) for _, some, place in sorted(changed, key=lambda one: one[0]) for one in some]
    return [*((_undo(one), 0) for one in gone), *ordered, *added]


def _matched(
    rules: Rules, there: Refund | None, pieces: Sequence[_Piece]
) -> tuple[list[Document | None], list[Document]]:
    """For each piece the refund in the books that becomes it, and those that are left. Raises RefusedWrite.

    The first one is kept whatever else changes, since it holds the refund's id.
    """
    found: list[Document | None] = [None] * len(pieces)
    gone = []
    for document in there.documents if there else ():
        place = next((at for at, one in enumerate(pieces) if found[at] is None and one.can_be(document)), None)
        if place is not None:
            found[place] = document
        elif there and document is there.head.document:
            status = document.status or Status.COMPLETED
            raise RefusedWrite(errors.BadTransition(document.id, status, Status.PENDING), rules.side, rules.fields)
        else:
            gone.append(document)
    return found, gone


def _added(
    side: Side, asked: AskedRefund | None, piece: _Piece, piece_id: DocumentId, body: Mapping[str, Any]
) -> AddRefund:
    """A refund in the books; the first one of a refund has what was `asked` of the whole."""
    return AddRefund(
        side=side,
        id=piece_id,
        external_id=asked.external_id if asked else None,
        of_kind=piece.part.kind,
        of=piece.part.target.id,
        number=asked.number if asked else None,
        refunded_on=piece.on,
        amount_minor=piece.part.amount,
        status=piece.status,
        tags=asked.tags if asked else (),
        body=body,
    )


def _undo(document: Document) -> UndoDocument:
    return UndoDocument(side=document.side, kind=Kind.REFUND, document=document.id, state=State.DELETED)


def _again(part: AskedPart, place: int, there: Refund | None) -> list[FoundPart]:
    """A part of which all is paid back stays what it was when it is said again, whatever was paid since."""
    if there is None or part.amount is not None:
        return []
    if there.body.get("asked", [])[place : place + 1] != [part.named]:
        return []
    return [
        _found(document, target.document, amount)
        for document, target, amount in there.parts()
        if document.body.get("allocation") == place
    ]


def _said(there: Refund) -> Mapping[str, Any]:
    """What is kept of a refund; of one that came another way, as a dialect would have kept it."""
    return {"on": there.on.isoformat(), "said": [], "asked": []} | dict(there.body)


def _found(document: Document, target: Document, amount: int) -> FoundPart:
    more = {name: document.body[name] for name in _OWN if isinstance(document.body.get(name), str)}
    place = document.body.get("allocation")
    at = place if isinstance(place, int) else 0
    return FoundPart(kind=target.kind, target=target, amount=amount, left=amount, place=at, more=more)


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


def _check_one_party(side: Side, parts: Sequence[FoundPart], asked: AskedRefund) -> None:
    named = [one.target.party_id for one in parts if asked.parts[one.place].party]
    whose = (*named, parts[0].target.party_id)[0]
    for one in parts:
        if one.target.party_id != whose:
            error = errors.OtherParty(one.target.id, one.target.party_id, whose)
            raise refused(side, error, asked.parts[one.place])


def _check_left(tx: WriteTx, side: Side, parts: Sequence[FoundPart], asked: AskedRefund) -> None:
    """A refund that is paid out later is of no more than can be paid back now."""
    taken: dict[DocumentId, int] = defaultdict(int)
    for one in parts:
        target, left = one.target, one.left - taken[one.target.id]
        if one.amount > left:
            today, what = tx.business.today(tx.now), f"payments of {target.kind}"
            error = errors.OverAllocated(target.id, what, left, today, one.amount, target.currency, ())
            raise refused(side, error, asked.parts[one.place])
        taken[target.id] += one.amount


async def _record(tx: WriteTx, rules: Rules, commands: Sequence[Command]) -> None:
    await recorded(tx, [as_is(one) for one in commands], side=rules.side, fields=rules.fields)
