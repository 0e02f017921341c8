"""The facts that one write works on: what is known, what changes, and the checks that every change must pass.

Units: minor units; dates are calendar days.
Holds: nothing here touches a database or a clock; after a refusal the whole is thrown away. What changes is kept by
document and allocation, so that a write states each of them once.
Source: docs/rule.md, T7, T11, T16, T18.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from duebook.ids import new_id
from duebook.ledger import errors
from duebook.ledger.commands import DocumentRef, NewParty, PartyRef
from duebook.ledger.effects import Web, least_open, open_by_day, paid_by_day, refunds_of_charge
from duebook.ledger.facts import (
    Allocation,
    AllocationId,
    Books,
    Document,
    DocumentId,
    Entry,
    Kind,
    Party,
    PartyId,
    Rate,
    Side,
    State,
    TagDefinition,
)
from duebook.ledger.rates import Rates
from duebook.ledger.replay import AGED, NoRoom, check_room
from duebook.money import MAX_MINOR

WORDS: Final = {kind: kind.replace("_", "-") for kind in Kind}
"""What a sentence calls a document."""


def check_amounts(*amounts: tuple[int, str]) -> None:
    """Each amount, with its currency, is zero or more and fits 64 bits. Raises NegativeAmount, TooLarge."""
    for minor, currency in amounts:
        if minor < 0:
            raise errors.NegativeAmount(minor, currency)
        if minor > MAX_MINOR:
            raise errors.TooLarge(minor)


def check_open(document: Document) -> None:
    """The document is issued, and its money moves: something may be done with it. Raises NotOpen."""
    if not document.counts:
        is_issued = document.state is State.ISSUED
        raise errors.NotOpen(document.id, document.status if is_issued and document.status else document.state)


class Recorded(NamedTuple):
    """What became of a command: the id it stands under, and whether that was made by it."""

    id: PartyId | DocumentId | AllocationId
    created: bool


@dataclass(slots=True)
class Known:
    """What the books hold of all that a write names, each list in order of recording.

    `first_on` is the first day from which a document ever counted; it is read only for a write that starts the books.
    `since_closing` names the documents of which anything was recorded since a closing that the write undoes, None all.
    """

    parties: Sequence[Party] = ()
    documents: Sequence[Document] = ()
    allocations: Sequence[Allocation] = ()
    entries: Sequence[Entry] = ()
    rates: Sequence[Rate] = ()
    books: Books = field(default_factory=Books)
    first_on: date | None = None
    since_closing: Sequence[DocumentId] | None = None


@dataclass(slots=True)
class Changes:
    """What a write adds, in order of recording."""

    parties: dict[PartyId, Party] = field(default_factory=dict)
    documents: dict[DocumentId, Document] = field(default_factory=dict)
    allocations: dict[AllocationId, Allocation] = field(default_factory=dict)
    rates: list[Rate] = field(default_factory=list)
    books: Books | None = None
    tags: list[TagDefinition] = field(default_factory=list)


class Working:
    """Facts known to one write, and what it adds to them. `at` is the place of the command being worked out."""

    def __init__(self, base_currency: str, known: Known) -> None:
        self.base_currency: Final = base_currency
        self.books = known.books
        self.first_on: Final = known.first_on
        self.rates: Final = Rates(base_currency, known.rates)
        self.web: Final = Web()
        self.changes: Final = Changes()
        self.at = 0
        self.changed_at: Final[dict[UUID, int]] = {}
        self.parties: Final = {party.id: party for party in known.parties}
        self._party_ids = {(one.side, one.external_id): one.id for one in known.parties if one.external_id is not None}
        self._document_ids: dict[tuple[Side, Kind, str], DocumentId] = {}
        self._allocations: dict[AllocationId, Allocation] = {}
        for document in known.documents:
            self._put(document)
        for allocation in known.allocations:
            self._hang(allocation)

    def party(self, side: Side, party_id: PartyId) -> Party:
        """A party of this side. Raises PartyNotFound."""
        party = self.parties.get(party_id)
        if party is None or party.side is not side:
            raise errors.PartyNotFound(side, party_id)
        return party

    def party_by_external_id(self, side: Side, external_id: str | None) -> Party | None:
        """The party under an external id, if there is one."""
        found = self._party_ids.get((side, external_id)) if external_id is not None else None
        return self.parties[found] if found else None

    def document(self, side: Side, kind: Kind, ref: DocumentRef) -> Document:
        """A document that was not deleted, by its id or external id. Raises DocumentNotFound."""
        document_id = self._document_ids.get((side, kind, ref)) if isinstance(ref, str) else ref
        document = self.web.documents.get(document_id) if document_id else None
        if document is None or (document.side, document.kind) != (side, kind) or document.state is State.DELETED:
            raise errors.DocumentNotFound(side, WORDS[kind], ref)
        return document

    def document_by_external_id(self, side: Side, kind: Kind, external_id: str | None) -> Document | None:
        """The document under an external id, if there is one; a deleted one keeps its own."""
        found = self._document_ids.get((side, kind, external_id)) if external_id is not None else None
        return self.web.documents[found] if found else None

    def allocation(self, side: Side, allocation_id: AllocationId) -> Allocation:
        """An allocation of this side that was not taken back. Raises AllocationNotFound."""
        found = self._allocations.get(allocation_id)
        if found is None or not found.stands or self.web.documents[found.charge_id].side is not side:
            raise errors.AllocationNotFound(allocation_id)
        return found

    def keep_party(self, party: Party) -> None:
        """Add a party, or what is now known of it."""
        self.changes.parties[party.id] = self.parties[party.id] = party
        if party.external_id is not None:
            self._party_ids[party.side, party.external_id] = party.id

    def keep_document(self, document: Document) -> None:
        """Add a document, or what is now known of it."""
        self.changes.documents[document.id] = document
        self.changed_at.setdefault(document.id, self.at)
        self._put(document)

    def keep_allocation(self, allocation: Allocation) -> None:
        """Add an allocation, or what is now known of it."""
        self.changes.allocations[allocation.id] = allocation
        self.changed_at.setdefault(allocation.id, self.at)
        self._hang(allocation)

    def keep_books(self, books: Books) -> None:
        """Say where the books begin and how far they are closed."""
        self.changes.books = self.books = books

    def first_counting(self) -> date | None:
        """The first day from which a document counts or ever counted, those of this write included."""
        new = (one for one in self.changes.documents.values() if one.counts and one.amount_minor and one.kind in AGED)
        return min((on for on in (self.first_on, *(one.counts_on for one in new)) if on), default=None)

    def counts_from(self, dated_on: date, opening: bool) -> date | None:
        """The cut-over day for an opening item (T18). Raises BooksHaveNoStart, BooksStartLater."""
        starts_on = self.books.starts_on
        if opening and (starts_on is None or dated_on > starts_on):
            raise errors.BooksHaveNoStart(dated_on, starts_on)
        if not opening and starts_on is not None and dated_on < starts_on:
            raise errors.BooksStartLater(dated_on, starts_on)
        return starts_on if opening else None

    def booked(self, amount_minor: int, currency: str, base_minor: int | None, on: date) -> int:
        """The base amount given, else that at the rate of the day. Raises NoRate, NegativeAmount, TooLarge."""
        if currency == self.base_currency:
            base_minor = amount_minor
        elif base_minor is None:
            base_minor = self.rates.converted(amount_minor, currency, self.base_currency, on)
        if base_minor is None:
            raise errors.NoRate(currency, self.base_currency, on)
        check_amounts((amount_minor, currency), (base_minor, self.base_currency))
        return base_minor

    def room(self, document: Document, start: date, end: date | None = None) -> tuple[int, date]:
        """How much of a document is open on all days from one on, and the first day on which it is no more."""
        return least_open(open_by_day(document, self.web), start, end)

    def in_the_way(self, document: Document) -> tuple[DocumentId, ...]:
        """The documents that lower what is open of this one, on any day."""
        hung = (
            one.charge_id if one.source_id == document.id else one.source_id
            for one in self.web.touching(document.id)
            if one.stands
        )
        aimed = (one.id for one in self.web.aimed(document.id) if one.counts)
        return tuple(dict.fromkeys([*hung, *aimed]))

    def check(self, document_ids: Iterable[DocumentId]) -> None:
        """Hold these documents, and those whose entries hang on them, to T7. Raises Overdrawn, OverRefunded."""
        self.check_only(one for given in document_ids for one in self.hanging_on(given))

    def check_only(self, document_ids: Iterable[DocumentId]) -> None:
        """Hold these documents, and no others, to T7. Raises Overdrawn, OverRefunded."""
        for document_id in dict.fromkeys(document_ids):
            self._check(self.web.documents[document_id])

    def hanging_on(self, document_id: DocumentId) -> list[DocumentId]:
        """The document, what it is aimed at, and the other ends of its allocations."""
        document = self.web.documents[document_id]
        targets = self.hanging_on(document.target_id) if document.target_id is not None else []
        ends = (end for one in self.web.touching(document_id) for end in (one.source_id, one.charge_id))
        return list(dict.fromkeys([*targets, document_id, *ends]))

    def _check(self, document: Document) -> None:
        opens = open_by_day(document, self.web)
        for on, open_minor in opens.items():
            if open_minor < 0:
                way = self.in_the_way(document)
                what = WORDS[document.kind]
                raise errors.Overdrawn(document.id, what, open_minor, on, document.currency, way)
        if document.kind is Kind.CHARGE:
            for on, paid_minor in paid_by_day(document, self.web).items():
                if paid_minor < 0:
                    refunds = tuple(one.id for one in refunds_of_charge(document, self.web))
                    raise errors.OverRefunded(document.id, paid_minor, on, document.currency, refunds)
            self.check_instalments(document)

    def check_instalments(self, charge: Document) -> None:
        """Hold each instalment that an allocation names to T7. Raises Overdrawn."""
        if not any(one.instalment for one in self.web.touching(charge.id)):
            return
        try:
            check_room(charge, self.web)
        except NoRoom as short:
            what = f"instalment {short.instalment} of charge"
            way = self.in_the_way(charge)
            raise errors.Overdrawn(charge.id, what, -short.left_minor, short.on, charge.currency, way) from None

    def party_for(self, side: Side, ref: PartyRef) -> Party:
        """The party that a command names, made if it is new. Raises PartyNotFound."""
        if not isinstance(ref, NewParty):
            return self.party(side, ref)
        party = self.party_by_external_id(side, ref.external_id)
        if party is None:
            party = Party(id=PartyId(new_id()), side=side, external_id=ref.external_id, name=ref.name, profile={})
            self.keep_party(party)
        return party

    def _put(self, document: Document) -> None:
        self.web.put(document)
        if document.external_id is not None:
            self._document_ids[document.side, document.kind, document.external_id] = document.id

    def _hang(self, allocation: Allocation) -> None:
        self._allocations[allocation.id] = allocation
        self.web.hang(allocation)
