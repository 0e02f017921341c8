"""What facts do to a document: intervals of days on which something lowers what is open of it.

Units: minor units of the document's currency; days are calendar days, and amounts those at a day's end.
Holds: an effect that ends gives back exactly what it had taken; one that would end on the day it begins has never been.
Source: docs/rule.md, T5, T7, T9.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from duebook.ledger.facts import Allocation, AllocationId, Document, DocumentId, EntryKind, Kind

Days = dict[date, int]
"""What is open from each day on which that changes, in minor units."""


class Web:
    """Documents, the allocations that touch them, and the documents aimed at them, in order of recording."""

    def __init__(self) -> None:
        self.documents: dict[DocumentId, Document] = {}
        self._touching: dict[DocumentId, dict[AllocationId, Allocation]] = {}
        self._aimed: dict[DocumentId, dict[DocumentId, None]] = {}
        self._changes: dict[DocumentId, Days] = {}

    def put(self, document: Document) -> None:
        """Add a document, or replace what is known of it."""
        self.documents[document.id] = document
        if document.target_id is not None:
            self._aimed.setdefault(document.target_id, {})[document.id] = None
        for changed in self._borne_on(document):
            self._changes.pop(changed, None)

    def hang(self, allocation: Allocation) -> None:
        """Add an allocation between its two documents, or replace what is known of it in its place."""
        for end in (allocation.source_id, allocation.charge_id):
            hung = self._touching.setdefault(end, {})
            self._allocate(end, hung.get(allocation.id), -1)
            self._allocate(end, allocation, 1)
            hung[allocation.id] = allocation

    def hung(self, allocation: Allocation) -> Allocation | None:
        """What is known of this allocation."""
        return self._touching.get(allocation.charge_id, {}).get(allocation.id)

    def take_down(self, allocation: Allocation) -> None:
        """Remove an allocation that was only tried."""
        for end in (allocation.source_id, allocation.charge_id):
            self._allocate(end, self._touching[end].pop(allocation.id), -1)

    def _allocate(self, end: DocumentId, allocation: Allocation | None, times: int) -> None:
        """Carry an allocation into what is kept of the changes of one of its ends, or out of it."""
        if allocation is not None and end in self._changes:
            for effect in _real(_allocated(self.documents[end], allocation, self)):
                _lower(self._changes[end], effect, times)

    def _borne_on(self, document: Document) -> Iterator[DocumentId]:
        """The document, all that it is aimed at, and the other ends of its allocations."""
        yield document.id
        for one in self._touching.get(document.id, {}).values():
            yield one.charge_id if one.source_id == document.id else one.source_id
        target_id = document.target_id
        while target_id is not None:
            yield target_id
            target_id = self.documents[target_id].target_id if target_id in self.documents else None

    def changes(self, document: Document) -> Days:
        """By how much a document's open amount changes on which days; kept until something about it changes."""
        if document.id not in self._changes:
            changes = self._changes[document.id] = defaultdict(int)
            if document.counts:
                changes[document.counts_on] += document.amount_minor
                if document.returned_on is not None:
                    changes[document.returned_on] -= document.amount_minor
            for effect in effects(document, self):
                _lower(changes, effect)
        return self._changes[document.id]

    def touching(self, document_id: DocumentId) -> list[Allocation]:
        """The allocations that touch a document, those that were taken back included."""
        return list(self._touching.get(document_id, {}).values())

    def aimed(self, document_id: DocumentId) -> list[Document]:
        """The refunds, write-offs or recoveries aimed at a document, those that do not count included."""
        return [self.documents[one] for one in self._aimed.get(document_id, ())]

    def copy(self) -> "Web":
        """The same facts, apart from what is added from now on."""
        web = Web()
        web.documents = dict(self.documents)
        web._touching = {document_id: dict(hung) for document_id, hung in self._touching.items()}
        web._aimed = {document_id: dict(ids) for document_id, ids in self._aimed.items()}
        return web


@dataclass(frozen=True, slots=True)
class Effect:
    """What lowers the open amount of a document from `start` until the day before `end`."""

    start: date
    end: date | None
    amount_minor: int
    kind: EntryKind
    cause_id: DocumentId
    end_kind: EntryKind
    end_cause_id: DocumentId
    allocation: Allocation | None = None


def effects(document: Document, web: Web) -> list[Effect]:
    """All that lowers a document on some day: allocations in order of recording, then write-offs or refunds."""
    if not document.counts:
        return []
    found = [one for allocation in web.touching(document.id) for one in _allocated(document, allocation, web)]
    for aimed in web.aimed(document.id):
        if not aimed.counts:
            continue
        start = max(aimed.issued_on, document.counts_on)
        if aimed.kind is Kind.WRITE_OFF:
            found += _written_off(aimed, start, web)
        elif document.kind is not Kind.CHARGE:
            ends = (EntryKind.RETURN, aimed.id)
            found.append(Effect(start, aimed.returned_on, aimed.amount_minor, EntryKind.REFUND, aimed.id, *ends))
    return list(_real(found))


def _real(found: Iterable[Effect]) -> Iterator[Effect]:
    """Those that last for a day and lower something."""
    return (one for one in found if one.amount_minor and (one.end is None or one.start < one.end))


def _lower(changes: Days, effect: Effect, times: int = 1) -> None:
    changes[effect.start] -= times * effect.amount_minor
    if effect.end is not None:
        changes[effect.end] += times * effect.amount_minor


def _allocated(document: Document, allocation: Allocation, web: Web) -> Iterator[Effect]:
    source, charge = web.documents[allocation.source_id], web.documents[allocation.charge_id]
    if not (source.counts and charge.counts):
        return
    other, amount_minor = (source, allocation.amount_minor)
    if document is source:
        other, amount_minor = charge, allocation.source_minor
    end, end_kind, end_cause_id = allocation.ended_on, EntryKind.ALLOCATION, other.id
    if source.returned_on is not None and (end is None or source.returned_on < end):
        end, end_kind, end_cause_id = source.returned_on, EntryKind.RETURN, source.id
    start = allocation.effective_on
    yield Effect(start, end, amount_minor, EntryKind.ALLOCATION, other.id, end_kind, end_cause_id, allocation)


def _written_off(write_off: Document, start: date, web: Web) -> Iterator[Effect]:
    """What was never recovered comes first, so that a recovery gives back what falls due last."""
    recoveries = [one for one in web.aimed(write_off.id) if one.counts]
    never_minor = write_off.amount_minor - sum(one.amount_minor for one in recoveries)
    begins = (EntryKind.WRITE_OFF, write_off.id)
    yield Effect(start, None, never_minor, *begins, *begins)
    for recovery in reversed(recoveries):
        end = max(recovery.issued_on, start)
        yield Effect(start, end, recovery.amount_minor, *begins, EntryKind.RECOVERY, recovery.id)


def open_by_day(document: Document, web: Web) -> Days:
    """How much of a document is open, or unapplied, from each day on which that changes; nothing before the first."""
    return _running(web.changes(document))


def paid_by_day(charge: Document, web: Web) -> Days:
    """How much of a charge was paid, less what was refunded of it, from each day on which that changes."""
    changes: Days = defaultdict(int)
    for effect in effects(charge, web):
        if effect.allocation and web.documents[effect.allocation.source_id].kind is Kind.PAYMENT:
            changes[effect.start] += effect.amount_minor
            if effect.end is not None:
                changes[effect.end] -= effect.amount_minor
    for refund in refunds_of_charge(charge, web):
        changes[max(refund.issued_on, charge.counts_on)] -= refund.amount_minor
        if refund.returned_on is not None:
            changes[max(refund.returned_on, charge.counts_on)] += refund.amount_minor
    return _running(changes)


def refunds_of_charge(charge: Document, web: Web) -> list[Document]:
    """The refunds of a charge that count: each a credit and a payout at once, so that they lower nothing."""
    return [one for one in web.aimed(charge.id) if one.kind is Kind.REFUND and one.counts]


def _running(changes: Days) -> Days:
    days = sorted(changes)
    return dict(zip(days, accumulate(changes[day] for day in days), strict=True))


def least_open(opens: Days, start: date, end: date | None = None) -> tuple[int, date]:
    """The smallest open amount from a day on, up to the day before `end`, and the first day it is reached."""
    before = [changed_on for changed_on in opens if changed_on <= start]
    candidates = {on: open_minor for on, open_minor in opens.items() if on > start and (end is None or on < end)}
    candidates[start] = opens[max(before)] if before else 0
    return min((open_minor, on) for on, open_minor in candidates.items())
