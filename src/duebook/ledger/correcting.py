"""Correct what is recorded: edit, move a due date, undo, follow money on its way, merge parties (T9, T10).

Units: minor units; dates are calendar days.
Holds: a correction that would leave anything over-settled on any day is refused whole (T7).
Source: docs/rule.md, T4, T5, T9, T10.
"""

from dataclasses import replace
from typing import Final, TypeVar

from duebook.ledger import errors
from duebook.ledger.aimed import check_return, check_taken
from duebook.ledger.allocating import placed
from duebook.ledger.commands import (
    KEEP,
    ChangeDueDate,
    EditDocument,
    Keep,
    MergeParties,
    SetStatus,
    UndoDocument,
)
from duebook.ledger.facts import Document, DueChange, DueFrom, Kind, State, Status
from duebook.ledger.recording import check_instalments, dues
from duebook.ledger.replay import AGED
from duebook.ledger.working import Recorded, Working
from duebook.money import portion

T = TypeVar("T")

_SAID_OF: Final = {
    "state": (Kind.CHARGE,),
    "received_on": (Kind.CHARGE,),
    "due_on": (Kind.CHARGE,),
    "terms": (Kind.CHARGE,),
    "instalments": (Kind.CHARGE,),
    "party": (Kind.CHARGE, Kind.PAYMENT, Kind.CREDIT),
    "currency": (Kind.CHARGE, Kind.PAYMENT, Kind.CREDIT),
    "base_minor": (Kind.CHARGE, Kind.PAYMENT, Kind.CREDIT),
    "reason": (Kind.WRITE_OFF,),
    "returned_on": (Kind.PAYMENT, Kind.REFUND),
}
"""Which kinds of documents these fields are said of; the others are said of all."""

_NEXT: Final = {
    Status.PENDING: {Status.PROCESSING, Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.RETURNED},
    Status.PROCESSING: {Status.PENDING, Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.RETURNED},
    Status.COMPLETED: {Status.RETURNED},
    Status.RETURNED: {Status.COMPLETED, Status.RETURNED},
    Status.FAILED: {Status.CANCELLED},
    Status.CANCELLED: set[Status](),
}
"""What each status may become; a return may change its day, or turn out never to have been. What failed is cancelled
when nobody will try it again."""


def edit(working: Working, command: EditDocument) -> Recorded:
    """Replace what a document says, as if it had always said so (T10)."""
    known = _standing(working.document(command.side, command.kind, command.document))
    for name, kinds in _SAID_OF.items():
        if getattr(command, name) is not KEEP and known.kind not in kinds:
            raise errors.NotThatKind(name, known.kind, kinds)
    document = replace(
        known,
        state=_said(command.state, known.state),
        number=_said(command.number, known.number),
        issued_on=_said(command.issued_on, known.issued_on),
        received_on=_said(command.received_on, known.received_on),
        reason=_said(command.reason, known.reason),
        returned_on=_said(command.returned_on, known.returned_on),
        tags=_said(command.tags, known.tags),
        body=_said(command.body, known.body),
    )
    document = _with_beginning(working, command, known, document)
    check_return(document.status, document.returned_on, document.counts_on)
    document = _with_party(working, command, document)
    document = _with_amounts(working, command, known, document)
    document = _with_dues(working, command, known, document)
    if document.kind is Kind.CHARGE:
        _raise_if_instalment_is_named(working, document)
    if document != known:
        working.keep_document(document)
        if document.counts_on != known.counts_on:
            _place_anew(working, document)
        working.check([document.id])
    return Recorded(document.id, created=False)


def _said(said: T | Keep, there: T) -> T:
    return there if isinstance(said, Keep) else said


def _standing(document: Document) -> Document:
    if document.state in {State.VOID, State.DELETED}:
        raise errors.IsUndone(document.id, document.state)
    return document


def _with_beginning(working: Working, command: EditDocument, known: Document, document: Document) -> Document:
    """Dated anew, or the first time that it counts, it is dated where the books have begun (T18)."""
    counted = bool(known.counts and known.amount_minor)
    begins = (
        known.kind in AGED and not counted and document.counts and bool(_said(command.amount_minor, known.amount_minor))
    )
    if command.issued_on is KEEP and not begins:
        return document
    return replace(document, opening_on=working.counts_from(document.issued_on, known.opening_on is not None))


def _with_party(working: Working, command: EditDocument, document: Document) -> Document:
    if isinstance(command.party, Keep):
        return document
    party = working.party_for(command.side, command.party)
    if party.id != document.party_id:
        _raise_if_touched(working, document, "given another party")
    return replace(document, party_id=party.id)


def _with_amounts(working: Working, command: EditDocument, known: Document, document: Document) -> Document:
    """What is not said again is booked at the rate at which it was booked before (T11)."""
    currency = _said(command.currency, known.currency)
    amount_minor = _said(command.amount_minor, known.amount_minor)
    if currency != known.currency:
        _raise_if_touched(working, document, "given another currency")
    base_minor: int | None = None
    if not isinstance(command.base_minor, Keep):
        base_minor = command.base_minor
    elif currency == known.currency and known.amount_minor:
        base_minor = portion(known.base_minor, amount_minor, known.amount_minor)
    if document.target_id is None:
        base_minor = working.booked(amount_minor, currency, base_minor, document.issued_on)
    else:
        check_taken(amount_minor, base_minor or 0, currency, document.target_id, document.issued_on)
    return replace(document, currency=currency, amount_minor=amount_minor, base_minor=base_minor or 0)


def _with_dues(working: Working, command: EditDocument, known: Document, document: Document) -> Document:
    """Due dates said anew replace all changes of them; those that follow from the issue date follow it."""
    if document.kind is not Kind.CHARGE:
        return replace(document, due_on=document.issued_on)
    anew = any(one is not KEEP for one in (command.due_on, command.terms, command.instalments))
    if not anew:
        check_instalments(known.instalments, document.amount_minor, document.currency)
        if known.due_from is DueFrom.GIVEN or (known.due_from is DueFrom.TERMS and known.terms is None):
            return document
        due_on, due_from, terms, _ = dues(document.issued_on, None, known.terms)
        return replace(document, due_on=due_on, due_from=due_from, terms=terms)
    instalments = _said(command.instalments, ())
    check_instalments(instalments, document.amount_minor, document.currency)
    said_terms = _said(command.terms, known.terms) or working.parties[document.party_id].terms
    due_on, due_from, terms, instalments = dues(
        document.issued_on, _said(command.due_on, None), said_terms, instalments
    )
    return replace(document, due_on=due_on, due_from=due_from, terms=terms, instalments=instalments, due_changes=())


def _raise_if_instalment_is_named(working: Working, charge: Document) -> None:
    """An instalment that an allocation names stays. Raises InstalmentNotFound."""
    for one in working.web.touching(charge.id):
        if (one.instalment or 1) > len(charge.schedule) and one.stands and working.web.documents[one.source_id].counts:
            raise errors.InstalmentNotFound(charge.id, one.instalment or 1, len(charge.schedule))


def _place_anew(working: Working, document: Document) -> None:
    """Give the allocations that state no day the first that fits now, in order of recording (T5).

    One that would begin only when it has ended takes no room; one of money that never came has no day to find.
    """
    documents = working.web.documents
    standing = [one for one in working.web.touching(document.id) if one.stands and documents[one.source_id].counts]
    for allocation in standing:
        if not allocation.stated:
            working.web.hang(replace(allocation, ended_on=allocation.effective_on))
    for allocation in standing:
        source, charge = documents[allocation.source_id], documents[allocation.charge_id]
        earliest = max(source.counts_on, charge.counts_on)
        if allocation.stated and allocation.effective_on < earliest:
            raise errors.AllocatedTooEarly(allocation.effective_on, earliest)
        if not allocation.stated:
            moved = replace(allocation, effective_on=earliest)
            over = any(day is not None and day <= earliest for day in (allocation.ended_on, source.returned_on))
            working.keep_allocation(moved if over else placed(working, moved))


def change_due_date(working: Working, command: ChangeDueDate) -> Recorded:
    """Move what is open from a day on; a change from the same day is replaced (T10)."""
    charge = _standing(working.document(command.side, Kind.CHARGE, command.charge))
    if not 1 <= command.instalment <= len(charge.schedule):
        raise errors.InstalmentNotFound(charge.id, command.instalment, len(charge.schedule))
    if command.from_on < charge.counts_on:
        raise errors.DueChangeTooEarly(command.from_on, charge.counts_on)
    change = DueChange(command.from_on, command.instalment, command.due_on)
    same = (change.from_on, change.instalment)
    others = (one for one in charge.due_changes if (one.from_on, one.instalment) != same)
    changed = replace(
        charge, due_changes=tuple(sorted([*others, change], key=lambda one: (one.from_on, one.instalment)))
    )
    if changed != charge:
        working.keep_document(changed)
        working.check([charge.id])
    return Recorded(charge.id, created=False)


def undo(working: Working, command: UndoDocument) -> Recorded:
    """As if the document had never been; refused while anything touches it (T9)."""
    document = working.document(command.side, command.kind, command.document)
    if document.state is not command.state:
        _raise_if_touched(working, document, command.state)
        working.keep_document(replace(document, state=command.state))
        working.check([document.id])
    return Recorded(document.id, created=False)


def _raise_if_touched(working: Working, document: Document, doing: str) -> None:
    unmoved = {Status.FAILED, Status.CANCELLED}
    documents = working.web.documents
    allocations = tuple(
        one.id
        for one in working.web.touching(document.id)
        if one.stands and documents[one.source_id].status not in unmoved
    )
    aimed = tuple(
        one.id for one in working.web.aimed(document.id) if one.state is State.ISSUED and one.status not in unmoved
    )
    if allocations or aimed:
        raise errors.InTheWay(document.id, doing, allocations, aimed)


def set_status(working: Working, command: SetStatus) -> Recorded:
    """Follow a payment or a refund on its way (T9)."""
    kinds = (Kind.PAYMENT, Kind.REFUND)
    if command.kind not in kinds:
        raise errors.NotThatKind("status", command.kind, kinds)
    document = _standing(working.document(command.side, command.kind, command.document))
    there = document.status or Status.COMPLETED
    if (there, document.returned_on) != (command.status, command.returned_on):
        if command.status not in _NEXT[there]:
            raise errors.BadTransition(document.id, there, command.status)
        check_return(command.status, command.returned_on, document.counts_on)
        working.keep_document(replace(document, status=command.status, returned_on=command.returned_on))
        working.check([document.id])
    return Recorded(document.id, created=False)


def merge(working: Working, command: MergeParties) -> Recorded:
    """Move all documents of one party to another, as one correction."""
    known, into = working.party(command.side, command.id), working.party(command.side, command.into)
    if known.id == into.id:
        raise errors.SameParty(known.id)
    if into.archived:
        raise errors.PartyIsArchived(into.id)
    for document in [one for one in working.web.documents.values() if one.party_id == known.id]:
        working.keep_document(replace(document, party_id=into.id))
    if not known.archived:
        working.keep_party(replace(known, archived=True))
    return Recorded(into.id, created=False)
