"""A ledger on a shelf: the book's rules over plain lists, with no database.

Holds: it keeps what the store would keep, version by version, and counts a version as the store does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from duebook.aging.bands import THIRTIES, Sums, aged
from duebook.ledger.book import Book
from duebook.ledger.commands import Command
from duebook.ledger.facts import (
    Allocation,
    AllocationId,
    Books,
    Document,
    DocumentId,
    Entry,
    Party,
    PartyId,
    Rate,
    Side,
)
from duebook.ledger.replay import AGED
from duebook.ledger.working import Changes, Known, Recorded
from tests.oracle.said import BASE_CURRENCY


class Written(NamedTuple):
    """An entry and its version."""

    version: int
    entry: Entry


@dataclass
class Shelf:
    """All facts and entries, in order of recording."""

    version: int = 0
    parties: dict[PartyId, Party] = field(default_factory=dict)
    documents: dict[DocumentId, Document] = field(default_factory=dict)
    allocations: dict[AllocationId, Allocation] = field(default_factory=dict)
    rates: list[Rate] = field(default_factory=list)
    books: Books = field(default_factory=Books)
    first_on: date | None = None
    entries: list[Written] = field(default_factory=list)
    open_minor: dict[DocumentId, int] = field(default_factory=dict)

    def write(self, commands: Sequence[Command]) -> list[Recorded | None]:
        """One write. Raises LedgerError, and nothing is kept."""
        book = Book(BASE_CURRENCY, self._known())
        results = [book.apply(command) for command in commands]
        new_entries = book.new_entries()
        if book.changes == Changes():
            return results
        self.version += 1
        self.parties |= book.changes.parties
        self.documents |= book.changes.documents
        counting = [one for one in book.changes.documents.values() if one.counts and one.amount_minor]
        firsts = [one.counts_on for one in counting if one.kind in AGED]
        self.first_on = min([*firsts, *([self.first_on] if self.first_on else [])], default=None)
        self.allocations |= book.changes.allocations
        self.rates += book.changes.rates
        self.books = book.changes.books or self.books
        self.entries += [Written(self.version, entry) for entry in new_entries]
        for document_id in book.touched_before():
            self.open_minor.pop(document_id, None)
        for entry in book.open_entries():
            there = self.open_minor.get(entry.item.document_id, 0)
            self.open_minor[entry.item.document_id] = there + entry.amount_minor
        return results

    def _known(self) -> Known:
        entries = [written.entry for written in self.entries]
        return Known(
            [*self.parties.values()],
            [*self.documents.values()],
            [*self.allocations.values()],
            entries,
            self.rates,
            self.books,
            self.first_on,
        )

    def party_ids(self) -> dict[tuple[str, str], PartyId]:
        """The parties by side and external id."""
        return {(one.side.value, one.external_id): one.id for one in self.parties.values() if one.external_id}

    def known_at(self, version: int) -> list[Entry]:
        """The entries up to a version."""
        return [written.entry for written in self.entries if written.version <= version]

    def aged(self, side: str, as_of: date, version: int, *, in_base: bool) -> dict[tuple[PartyId, str], Sums]:
        """The pure report over this side's entries."""
        entries: Iterable[Entry] = (one for one in self.known_at(version) if one.item.side is Side(side))
        return aged(map(_in_base, entries) if in_base else entries, THIRTIES, as_of)


def _in_base(entry: Entry) -> Entry:
    return replace(entry, amount_minor=entry.base_minor, item=replace(entry.item, currency=BASE_CURRENCY))
