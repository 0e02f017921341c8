"""The canonical entries of a document: what its facts give when replayed in order of effective date (T0).

Units: minor units; positive raises what is owed.
Holds: entries depend on the facts alone, so what must be written after a change is the canonical entries less those
already there; the base balance on any day is base amount x open / amount, rounded half to even (T11).
Source: docs/rule.md, T0, T4, T5, T11.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate

from duebook.ledger.facts import Allocation, Document, DocumentId, Entry, EntryKind, Item, Kind, State
from duebook.money import portion

Days = dict[date, int]
"""What changes on which day, in minor units."""


def canonical(document: Document, allocations: Sequence[Allocation]) -> list[Entry]:
    """The entries of one document's own item; allocations are those that touch it, in order of recording."""
    if document.state is not State.ISSUED or document.amount_minor == 0:
        return []
    item = item_of(document)
    sign = -1 if item.unapplied else 1
    opening = Entry(
        item=item,
        kind=EntryKind(document.kind),
        cause_id=document.id,
        effective_on=document.issued_on,
        amount_minor=sign * document.amount_minor,
        base_minor=sign * document.base_minor,
    )
    entries = [opening]
    open_minor = document.amount_minor
    for allocation in sorted(allocations, key=lambda one: one.effective_on):
        left_minor = open_minor - allocation.amount_minor
        entries.append(
            Entry(
                item=item,
                kind=EntryKind.ALLOCATION,
                cause_id=_other_end(document, allocation),
                effective_on=allocation.effective_on,
                amount_minor=-sign * allocation.amount_minor,
                base_minor=sign * (_base_of(document, left_minor) - _base_of(document, open_minor)),
            )
        )
        open_minor = left_minor
    return entries


def item_of(document: Document) -> Item:
    """The item that a document is aged as: unapplied money ages from its own date."""
    return Item(
        side=document.side,
        party_id=document.party_id,
        document_id=document.id,
        instalment=1,
        unapplied=document.kind is not Kind.CHARGE,
        document_on=document.issued_on,
        received_on=document.received_on,
        due_on=document.due_on,
        currency=document.currency,
    )


def differences(wanted: Iterable[Entry], there: Iterable[Entry]) -> list[Entry]:
    """What must be added to the entries that are there, so that each item adds up as wanted on each day."""
    sums: dict[Entry, list[int]] = defaultdict(lambda: [0, 0])
    for sign, entries in ((1, wanted), (-1, there)):
        for entry in entries:
            amounts = sums[_without_amounts(entry)]
            amounts[0] += sign * entry.amount_minor
            amounts[1] += sign * entry.base_minor
    return [_with_amounts(key, *amounts) for key, amounts in sums.items() if amounts != [0, 0]]


def open_by_day(document: Document, allocations: Iterable[Allocation]) -> Days:
    """How much of a document is open, or unapplied, from each day on which that changes; nothing before the first."""
    changes: Days = defaultdict(int)
    changes[document.issued_on] += document.amount_minor
    for allocation in allocations:
        changes[allocation.effective_on] -= allocation.amount_minor
    days = sorted(changes)
    return dict(zip(days, accumulate(changes[day] for day in days), strict=True))


def least_open_from(day: date, opens: Days) -> tuple[int, date]:
    """The smallest open amount on that day and all later ones, and the first day it is reached."""
    before = [changed_on for changed_on in opens if changed_on <= day]
    candidates = {changed_on: open_minor for changed_on, open_minor in opens.items() if changed_on > day}
    candidates[day] = opens[max(before)] if before else 0
    return min((open_minor, on) for on, open_minor in candidates.items())


def _base_of(document: Document, open_minor: int) -> int:
    return portion(document.base_minor, open_minor, document.amount_minor)


def _other_end(document: Document, allocation: Allocation) -> DocumentId:
    return allocation.charge_id if allocation.source_id == document.id else allocation.source_id


def _without_amounts(entry: Entry) -> Entry:
    return _with_amounts(entry, 0, 0)


def _with_amounts(entry: Entry, amount_minor: int, base_minor: int) -> Entry:
    return Entry(
        item=entry.item,
        kind=entry.kind,
        cause_id=entry.cause_id,
        effective_on=entry.effective_on,
        amount_minor=amount_minor,
        base_minor=base_minor,
    )
