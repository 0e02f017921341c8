"""The books of one business while one write is worked out: known facts in, new facts and entries out.

Units: minor units; dates are calendar days.
Holds: nothing here touches a database or a clock; a refused command leaves no trace, because the book is thrown away.
Every document's open amount stays between 0 and its amount on every day (T7), and nothing that took effect in a closed
period changes (T16).
Source: docs/rule.md, T0, T7, T16.
"""

from collections import Counter
from datetime import date
from functools import cached_property
from typing import Final

from duebook.ledger import aimed, allocating, bookkeeping, correcting, errors, recording
from duebook.ledger.commands import (
    AddCharge,
    AddRecovery,
    AddRefund,
    AddSettlement,
    AddWriteOff,
    Allocate,
    ArchiveParty,
    ChangeDueDate,
    CloseBooks,
    Command,
    EditDocument,
    MergeParties,
    MoveAllocation,
    PutParty,
    PutRates,
    SetStatus,
    StartBooks,
    TakeBack,
    UnarchiveParty,
    UndoDocument,
)
from duebook.ledger.facts import Document, DocumentId, Entry, Kind, Late, PartyId
from duebook.ledger.replay import AGED, Replay, differences
from duebook.ledger.working import Changes, Known, Recorded, Working


class Book:
    """Facts known to one write, and what it adds to them."""

    def __init__(self, base_currency: str, known: Known) -> None:
        self._working: Final = Working(base_currency, known)
        self._was: Final = known.books
        self._before: Final = self._working.web.copy() if known.books.closed_through else None
        self._parties_before: Final = frozenset(party.id for party in known.parties)
        self._documents_before: Final = frozenset(document.id for document in known.documents)
        self._since_closing: Final = self._documents_before if known.since_closing is None else known.since_closing
        self._entries: Final[dict[DocumentId, list[Entry]]] = {}
        for entry in known.entries:
            self._entries.setdefault(entry.item.document_id, []).append(entry)

    @property
    def changes(self) -> Changes:
        """What the commands applied so far add."""
        return self._working.changes

    def apply(self, command: Command) -> Recorded | None:
        """Work one command out; None for one about the books as a whole.

        Raises LedgerError; the book is of no use after that.
        """
        recorded = self._applied(command)
        self._working.at += 1
        return recorded

    def _applied(self, command: Command) -> Recorded | None:
        working = self._working
        match command:
            case PutParty():
                return recording.put_party(working, command)
            case ArchiveParty() | UnarchiveParty():
                return recording.archive(working, command)
            case AddCharge():
                return recording.add_charge(working, command)
            case AddSettlement():
                return recording.add_settlement(working, command)
            case AddWriteOff():
                return aimed.write_off(working, command)
            case AddRecovery():
                return aimed.recovery(working, command)
            case AddRefund():
                return aimed.refund(working, command)
            case Allocate():
                return allocating.allocate(working, command)
            case TakeBack():
                return allocating.take_back(working, command)
            case MoveAllocation():
                return allocating.move(working, command)
            case EditDocument():
                return correcting.edit(working, command)
            case ChangeDueDate():
                return correcting.change_due_date(working, command)
            case UndoDocument():
                return correcting.undo(working, command)
            case SetStatus():
                return correcting.set_status(working, command)
            case MergeParties():
                return correcting.merge(working, command)
            case PutRates():
                bookkeeping.put_rates(working, command)
            case StartBooks():
                bookkeeping.start(working, command)
            case CloseBooks():
                bookkeeping.close(working, command)
        return None

    def new_entries(self) -> list[Entry]:
        """The entries to add, so that every touched document reads as its facts say (T0).

        Raises PeriodIsClosed where that would change a closed period.
        """
        entries = []
        for document_id, at in self._touched.items():
            canonical = self._canonical[document_id]
            with errors.placed(at=at):
                self._raise_if_closed(document_id, canonical)
            entries += differences(canonical, self._entries.get(document_id, ()), self._closed_through)
        return entries

    def open_entries(self) -> list[Entry]:
        """All canonical entries of the touched documents: what their open items are the sum of."""
        return [entry for entries in self._canonical.values() for entry in entries]

    def touched_before(self) -> list[DocumentId]:
        """The documents that had entries before this write and are touched by it."""
        return [document_id for document_id in self._touched if document_id in self._entries]

    def is_new(self, party_id: PartyId) -> bool:
        """Whether this write makes the party."""
        return party_id not in self._parties_before

    def is_new_document(self, document_id: DocumentId) -> bool:
        """Whether this write makes the document."""
        return document_id not in self._documents_before

    @property
    def _closed_through(self) -> date | None:
        """How far the books are closed for this write: a closing holds from the next one on, an opening at once."""
        was, now = self._was.closed_through, self._working.books.closed_through
        return min(was, now) if was and now else None

    @cached_property
    def _canonical(self) -> dict[DocumentId, list[Entry]]:
        replay, documents = Replay(self._working.web), self._working.web.documents
        return {document_id: replay.canonical(documents[document_id]) for document_id in self._touched}

    @cached_property
    def _touched(self) -> dict[DocumentId, int]:
        """The documents whose entries may change, with the place of the command that is behind it."""
        working, touched = self._working, dict[DocumentId, int]()
        for document_id in working.changes.documents:
            ends = [document_id] if self.is_new_document(document_id) else working.hanging_on(document_id)
            document = working.web.documents[document_id]
            aims = working.hanging_on(document.target_id) if document.target_id else []
            for end in (*ends, *aims):
                touched.setdefault(end, working.changed_at[document_id])
        for allocation in working.changes.allocations.values():
            for end in (allocation.source_id, allocation.charge_id):
                touched.setdefault(end, working.changed_at[allocation.id])
        if self._opens_again:
            for document_id in self._since_closing:
                for end in working.hanging_on(document_id):
                    touched.setdefault(end, working.at)
        for document_id, at in list(touched.items()):
            for charge_id in self._rebased_by(working.web.documents[document_id]):
                touched.setdefault(charge_id, at)
        documents = working.web.documents
        return {document_id: at for document_id, at in touched.items() if documents[document_id].kind in AGED}

    def _rebased_by(self, source: Document) -> list[DocumentId]:
        """The charges whose exchange differences follow the rounding of a foreign payment's own base balance."""
        if source.kind is Kind.CHARGE or source.base_minor == source.amount_minor:
            return []
        return [one.charge_id for one in self._working.web.touching(source.id)]

    @property
    def _opens_again(self) -> bool:
        was, now = self._was.closed_through, self._working.books.closed_through
        return was is not None and (now is None or now < was)

    def _raise_if_closed(self, document_id: DocumentId, canonical: list[Entry]) -> None:
        """Hold what stood on each closed day, and what each cause did on it; a due date that never stood may change."""
        closed_through = self._closed_through
        if self._before is None or closed_through is None or self._was.late is Late.SHIFT:
            return
        there = self._before.documents.get(document_id)
        before = Replay(self._before).canonical(there) if there else []
        sums = Counter[tuple[date, object]]()
        for one in differences(canonical, before):
            on, item = one.effective_on, one.item
            sums[on, item] += one.amount_minor
            sums[on, (item, "base")] += one.base_minor
            sums[on, (one.kind, one.cause_id, item.party_id, item.currency)] += one.amount_minor
        if days := [on for (on, _), total in sums.items() if total and on <= closed_through]:
            raise errors.PeriodIsClosed(document_id, min(days), closed_through)
