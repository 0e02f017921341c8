"""Write-offs, recoveries and refunds: documents aimed at another, which change what is open of it (T9).

Units: minor units of the currency of the document aimed at; dates are calendar days.
Source: docs/rule.md, T7, T9.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from duebook.canonical import canonical_json
from duebook.ledger import errors
from duebook.ledger.commands import AddRecovery, AddRefund, AddWriteOff
from duebook.ledger.effects import least_open, paid_by_day, refunds_of_charge
from duebook.ledger.facts import Document, DocumentId, DueFrom, Kind, Reason, State, Status
from duebook.ledger.working import WORDS, Recorded, Working, check_open
from duebook.money import MAX_MINOR, portion


@dataclass(frozen=True, slots=True)
class _Aim:
    """What the three commands have in common."""

    kind: Kind
    target: Document
    dated_on: date
    amount_minor: int | None
    status: Status | None = None
    returned_on: date | None = None
    reason: Reason | None = None


def write_off(working: Working, command: AddWriteOff) -> Recorded:
    """Give up what is open of a charge, from the later of the write-off's date and the charge's."""
    charge = working.document(command.side, Kind.CHARGE, command.charge)
    aim = _Aim(Kind.WRITE_OFF, charge, command.written_off_on, command.amount_minor, reason=command.reason)
    return _record(working, command, aim)


def recovery(working: Working, command: AddRecovery) -> Recorded:
    """Reverse a write-off in part or in full."""
    target = working.document(command.side, Kind.WRITE_OFF, command.write_off)
    return _record(working, command, _Aim(Kind.RECOVERY, target, command.recovered_on, command.amount_minor))


def refund(working: Working, command: AddRefund) -> Recorded:
    """Pay out unapplied money, or give back what was paid of a charge."""
    refundable = (Kind.PAYMENT, Kind.CREDIT, Kind.CHARGE)
    if command.of_kind not in refundable:
        raise errors.NotThatKind("refund", command.of_kind, refundable)
    check_return(command.status, command.returned_on, command.refunded_on)
    target = working.document(command.side, command.of_kind, command.of)
    amounts = (command.amount_minor, command.status, command.returned_on)
    return _record(working, command, _Aim(Kind.REFUND, target, command.refunded_on, *amounts))


def check_return(status: Status | None, returned_on: date | None, paid_on: date) -> None:
    """A return has a day, on or after that of the payment. Raises ReturnDateMissing, ReturnedTooEarly."""
    if status is not None and (status is Status.RETURNED) != (returned_on is not None):
        raise errors.ReturnDateMissing(status)
    if returned_on is not None and returned_on < paid_on:
        raise errors.ReturnedTooEarly(returned_on, paid_on)


def check_taken(amount_minor: int, base_minor: int, currency: str, target_id: DocumentId, on: date) -> None:
    """What is aimed at a document takes more than nothing, and fits 64 bits.

    Raises NegativeAmount, NothingLeft, TooLarge.
    """
    if amount_minor < 0:
        raise errors.NegativeAmount(amount_minor, currency)
    if amount_minor == 0:
        raise errors.NothingLeft(target_id, on)
    if max(amount_minor, base_minor) > MAX_MINOR:
        raise errors.TooLarge(max(amount_minor, base_minor))


def _record(working: Working, command: AddWriteOff | AddRecovery | AddRefund, aim: _Aim) -> Recorded:
    known = working.document_by_external_id(command.side, aim.kind, command.external_id)
    if known:
        _raise_if_other_content(known, command, aim)
        return Recorded(known.id, created=False)
    target = aim.target
    check_open(target)
    working.counts_from(aim.dated_on, opening=False)
    start = max(aim.dated_on, target.counts_on)
    amount_minor = working.room(target, start)[0] if aim.amount_minor is None else aim.amount_minor
    base_minor = portion(target.base_minor, amount_minor, target.amount_minor) if target.amount_minor else 0
    check_taken(amount_minor, base_minor, target.currency, target.id, start)
    document = Document(
        id=command.id,
        side=command.side,
        kind=aim.kind,
        external_id=command.external_id,
        target_id=target.id,
        state=State.ISSUED,
        party_id=target.party_id,
        number=command.number,
        issued_on=aim.dated_on,
        received_on=None,
        due_on=aim.dated_on,
        due_from=DueFrom.ISSUE_DATE,
        currency=target.currency,
        amount_minor=amount_minor,
        base_minor=base_minor,
        tags=command.tags,
        body=command.body,
        status=aim.status,
        returned_on=aim.returned_on,
        reason=aim.reason,
    )
    if document.counts:
        _check_room(working, target, document, start)
    working.keep_document(document)
    working.check([document.id])
    return Recorded(document.id, created=True)


def _check_room(working: Working, target: Document, document: Document, start: date) -> None:
    """What is taken fits what is open, or what was paid, on all days. Raises OverAllocated."""
    if document.kind is Kind.REFUND and target.kind is Kind.CHARGE:
        what = "payments of charge"
        least_minor, on = least_open(paid_by_day(target, working.web), start, document.returned_on)
        way: tuple[DocumentId, ...] = tuple(one.id for one in refunds_of_charge(target, working.web))
    else:
        what, way = WORDS[target.kind], working.in_the_way(target)
        least_minor, on = working.room(target, start, document.returned_on)
    if least_minor < document.amount_minor:
        raise errors.OverAllocated(target.id, what, least_minor, on, document.amount_minor, target.currency, way)


def _raise_if_other_content(known: Document, command: AddWriteOff | AddRecovery | AddRefund, aim: _Aim) -> None:
    offered: dict[str, tuple[Any, Any]] = {
        "target": (known.target_id, aim.target.id),
        "state": (known.state, State.ISSUED),
        "number": (known.number, command.number),
        "date": (known.issued_on, aim.dated_on),
        "amount": (known.amount_minor, known.amount_minor if aim.amount_minor is None else aim.amount_minor),
        "reason": (known.reason, aim.reason),
        "tags": (known.tags, command.tags),
        "body": (canonical_json(known.body), canonical_json(command.body)),
    }
    for name, (there, said) in offered.items():
        if there != said:
            raise errors.ExternalIdConflict(str(command.external_id), name)
