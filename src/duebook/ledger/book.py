"""The books of one business while one write is worked out: known facts in, new facts and entries out.

Units: minor units; dates are calendar days.
Holds: nothing here touches a database or a clock; a refused command leaves no trace, because the book is thrown away.
Every document's open amount stays between 0 and its amount on every day (T7).
Source: docs/rule.md, T0, T4, T5, T7.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from duebook.days import Terms
from duebook.ids import new_id
from duebook.ledger import errors
from duebook.ledger.chain import canonical_json
from duebook.ledger.commands import (
    AddCharge,
    AddSettlement,
    ArchiveParty,
    Command,
    DocumentRef,
    NewAllocation,
    NewParty,
    PartyRef,
    PutParty,
)
from duebook.ledger.facts import Allocation, Document, DocumentId, DueFrom, Entry, Kind, Party, PartyId, Side, State
from duebook.ledger.replay import Days, canonical, differences, least_open_from, open_by_day
from duebook.money import MAX_MINOR


class Recorded(NamedTuple):
    """What became of a command: the id it stands under, and whether it was there before."""

    id: PartyId | DocumentId
    created: bool


@dataclass(slots=True)
class Known:
    """What the books hold of the parties and documents that a write names."""

    parties: Sequence[Party] = ()
    documents: Sequence[Document] = ()
    allocations: Sequence[Allocation] = ()
    entries: Sequence[Entry] = ()


@dataclass(slots=True)
class Changes:
    """What a write adds, in order of recording."""

    parties: dict[PartyId, Party] = field(default_factory=dict)
    documents: dict[DocumentId, Document] = field(default_factory=dict)
    allocations: list[Allocation] = field(default_factory=list)


class Book:
    """Facts known to one write, and what it adds to them."""

    def __init__(self, base_currency: str, known: Known) -> None:
        self._base_currency = base_currency
        self._parties = {party.id: party for party in known.parties}
        self._known_before = frozenset(self._parties)
        self._party_ids: dict[tuple[Side, str | None], PartyId] = {
            (party.side, party.external_id): party.id for party in known.parties if party.external_id is not None
        }
        self._documents = {document.id: document for document in known.documents}
        self._document_ids: dict[tuple[Side, Kind, str | None], DocumentId] = {
            (document.side, document.kind, document.external_id): document.id
            for document in known.documents
            if document.external_id is not None
        }
        self._allocations: dict[DocumentId, list[Allocation]] = {}
        for allocation in known.allocations:
            self._hang(allocation)
        self._entries: dict[DocumentId, list[Entry]] = {}
        for entry in known.entries:
            self._entries.setdefault(entry.item.document_id, []).append(entry)
        self.changes = Changes()

    def apply(self, command: Command) -> Recorded:
        """Work one command out. Raises LedgerError; the book is of no use after that."""
        match command:
            case PutParty():
                return self._put_party(command)
            case ArchiveParty():
                return self._archive(command)
            case AddCharge():
                return self._add_charge(command)
            case AddSettlement():
                return self._add_settlement(command)

    def new_entries(self) -> list[Entry]:
        """The entries to add, so that every touched document reads as its facts say (T0)."""
        return [
            entry
            for document in self._touched()
            for entry in differences(
                canonical(document, self._allocations.get(document.id, ())), self._entries.get(document.id, ())
            )
        ]

    def open_entries(self) -> list[Entry]:
        """All canonical entries of the touched documents: what their open items are the sum of."""
        return [
            entry
            for document in self._touched()
            for entry in canonical(document, self._allocations.get(document.id, ()))
        ]

    def touched_before(self) -> list[DocumentId]:
        """The documents that had entries before this write and are touched by it."""
        return [document.id for document in self._touched() if document.id in self._entries]

    def is_new(self, party_id: PartyId) -> bool:
        """Whether this write makes the party."""
        return party_id not in self._known_before

    def _touched(self) -> Iterable[Document]:
        ends = (end for one in self.changes.allocations for end in (one.source_id, one.charge_id))
        return (self._documents[document_id] for document_id in dict.fromkeys([*self.changes.documents, *ends]))

    def _put_party(self, command: PutParty) -> Recorded:
        known_id = command.id or self._party_ids.get((command.side, command.external_id))
        known = self._party(command.side, known_id) if known_id else None
        party = Party(
            id=known.id if known else PartyId(new_id()),
            side=command.side,
            external_id=command.external_id or (known.external_id if known else None),
            name=command.name,
            archived=known.archived if known else False,
            terms=command.terms,
            tags=command.tags,
            profile=command.profile,
        )
        if party != known:
            self._keep_party(party)
        return Recorded(party.id, created=known is None)

    def _archive(self, command: ArchiveParty) -> Recorded:
        party = self._party(command.side, command.id)
        if not party.archived:
            self._keep_party(replace(party, archived=True))
        return Recorded(party.id, created=False)

    def _add_charge(self, command: AddCharge) -> Recorded:
        known = self._known_document(command.side, Kind.CHARGE, command.external_id)
        party = self._party_for(command.side, command.party)
        if known:
            self._raise_if_other_content(command, known, party.id)
            return Recorded(known.id, created=False)
        if party.archived:
            raise errors.PartyIsArchived(party.id)
        due_on, due_from = due_date(command, party.terms)
        document = Document(
            id=command.id,
            side=command.side,
            kind=Kind.CHARGE,
            external_id=command.external_id,
            state=command.state,
            party_id=party.id,
            number=command.number,
            issued_on=command.issued_on,
            received_on=command.received_on,
            due_on=due_on,
            due_from=due_from,
            currency=command.currency,
            amount_minor=command.amount_minor,
            base_minor=self._base_minor(command),
            tags=command.tags,
            body=command.body,
        )
        self._keep_document(document)
        for place, settlement in enumerate(command.settlements):
            with errors.placed(settlement=place):
                if not self._add_settlement(settlement).created:
                    raise errors.ExternalIdConflict(str(settlement.external_id), "charge")
        return Recorded(document.id, created=True)

    def _add_settlement(self, command: AddSettlement) -> Recorded:
        known = self._known_document(command.side, command.kind, command.external_id)
        charges = self._charges(command)
        if command.party is None and not charges:
            raise errors.NoParty
        party_id = self._party_for(command.side, command.party).id if command.party else charges[0].party_id
        if known:
            self._raise_if_other_content(command, known, party_id)
            self._raise_if_other_allocations(command, known, charges)
            return Recorded(known.id, created=False)
        document = Document(
            id=command.id,
            side=command.side,
            kind=command.kind,
            external_id=command.external_id,
            state=State.ISSUED,
            party_id=party_id,
            number=command.number,
            issued_on=command.settled_on,
            received_on=None,
            due_on=command.settled_on,
            due_from=DueFrom.ISSUE_DATE,
            currency=command.currency,
            amount_minor=command.amount_minor,
            base_minor=self._base_minor(command),
            tags=command.tags,
            body=command.body,
        )
        self._keep_document(document)
        for place, (charge, allocation) in enumerate(zip(charges, command.allocations, strict=True)):
            with errors.placed(allocation=place):
                self._allocate(document, charge, allocation)
        return Recorded(document.id, created=True)

    def _allocate(self, source: Document, charge: Document, new: NewAllocation) -> None:
        if charge.party_id != source.party_id:
            raise errors.OtherParty(charge.id, charge.party_id, source.party_id)
        if charge.currency != source.currency:
            raise errors.OtherCurrency(charge.id, charge.currency, source.currency)
        if charge.state is not State.ISSUED:
            raise errors.NotOpen(charge.id, charge.state)
        if new.amount_minor < 0:
            raise errors.NegativeAmount(new.amount_minor, source.currency)
        if new.amount_minor == 0:
            return
        effective_on = self._fitting_day(source, charge, new)
        self._hang(
            allocation := Allocation(
                id=new.id,
                source_id=source.id,
                charge_id=charge.id,
                effective_on=effective_on,
                stated=new.effective_on is not None,
                amount_minor=new.amount_minor,
            )
        )
        self.changes.allocations.append(allocation)

    def _fitting_day(self, source: Document, charge: Document, new: NewAllocation) -> date:
        """The day stated, else the first from which the amount fits both ends on all later days (T5, T7)."""
        earliest = max(source.issued_on, charge.issued_on)
        if new.effective_on is not None and new.effective_on < earliest:
            raise errors.AllocatedTooEarly(new.effective_on, earliest)
        ends = [(document, self._open_by_day(document)) for document in (charge, source)]
        start = new.effective_on or earliest
        later = {day for _, opens in ends for day in opens if day > start} if new.effective_on is None else set()
        for day in sorted({start, *later}):
            if all(least_open_from(day, opens)[0] >= new.amount_minor for _, opens in ends):
                return day
        document, least = next(
            (document, least)
            for document, opens in ends
            if (least := least_open_from(start, opens))[0] < new.amount_minor
        )
        raise errors.OverAllocated(
            document.id,
            "charge" if document is charge else document.kind,
            *least,
            new.amount_minor,
            document.currency,
            self._others(document),
        )

    def _others(self, document: Document) -> tuple[DocumentId, ...]:
        ends = ((one.source_id, one.charge_id) for one in self._allocations.get(document.id, ()))
        return tuple(source if charge == document.id else charge for source, charge in ends)

    def _open_by_day(self, document: Document) -> Days:
        return open_by_day(document, self._allocations.get(document.id, ()))

    def _raise_if_other_allocations(self, command: AddSettlement, known: Document, charges: list[Document]) -> None:
        offered = Counter(
            (charge.id, one.amount_minor, one.effective_on)
            for charge, one in zip(charges, command.allocations, strict=True)
            if one.amount_minor != 0
        )
        there = Counter(
            (one.charge_id, one.amount_minor, one.effective_on if one.stated else None)
            for one in self._allocations.get(known.id, ())
        )
        if offered != there:
            raise errors.ExternalIdConflict(str(command.external_id), "allocations")

    def _party_for(self, side: Side, ref: PartyRef) -> Party:
        if not isinstance(ref, NewParty):
            return self._party(side, ref)
        known_id = self._party_ids.get((side, ref.external_id))
        if known_id:
            return self._parties[known_id]
        party = Party(id=PartyId(new_id()), side=side, external_id=ref.external_id, name=ref.name, profile={})
        self._keep_party(party)
        return party

    def _party(self, side: Side, party_id: PartyId) -> Party:
        party = self._parties.get(party_id)
        if party is None or party.side is not side:
            raise errors.PartyNotFound(side, party_id)
        return party

    def _known_document(self, side: Side, kind: Kind, external_id: str | None) -> Document | None:
        document_id = self._document_ids.get((side, kind, external_id))
        return self._documents[document_id] if document_id else None

    def _raise_if_other_content(self, command: AddCharge | AddSettlement, known: Document, party_id: PartyId) -> None:
        base_minor = command.amount_minor if command.currency == self._base_currency else command.base_minor
        for name, there, offered in content(known, command, party_id, base_minor):
            if there != offered:
                raise errors.ExternalIdConflict(str(command.external_id), name)

    def _charges(self, command: AddSettlement) -> list[Document]:
        found = []
        for place, one in enumerate(command.allocations):
            with errors.placed(allocation=place):
                found.append(self._charge(command.side, one.charge))
        return found

    def _charge(self, side: Side, ref: DocumentRef) -> Document:
        document_id = self._document_ids.get((side, Kind.CHARGE, ref)) if isinstance(ref, str) else ref
        document = self._documents.get(document_id) if document_id else None
        if document is None or document.side is not side or document.kind is not Kind.CHARGE:
            raise errors.DocumentNotFound(side, "charge", ref)
        return document

    def _base_minor(self, command: AddCharge | AddSettlement) -> int:
        base_minor = command.amount_minor if command.currency == self._base_currency else command.base_minor
        if base_minor is None:
            raise errors.NoRate(command.currency, self._base_currency)
        if command.amount_minor < 0:
            raise errors.NegativeAmount(command.amount_minor, command.currency)
        if base_minor < 0:
            raise errors.NegativeAmount(base_minor, self._base_currency)
        if max(command.amount_minor, base_minor) > MAX_MINOR:
            raise errors.TooLarge(max(command.amount_minor, base_minor))
        return base_minor

    def _keep_party(self, party: Party) -> None:
        self.changes.parties[party.id] = self._parties[party.id] = party
        if party.external_id is not None:
            self._party_ids[party.side, party.external_id] = party.id

    def _keep_document(self, document: Document) -> None:
        self.changes.documents[document.id] = self._documents[document.id] = document
        if document.external_id is not None:
            self._document_ids[document.side, document.kind, document.external_id] = document.id

    def _hang(self, allocation: Allocation) -> None:
        for end in (allocation.source_id, allocation.charge_id):
            self._allocations.setdefault(end, []).append(allocation)


def due_date(command: AddCharge, party_terms: Terms | None) -> tuple[date, DueFrom]:
    """When a charge falls due and how that was found (T4). Raises DueDateOutOfRange."""
    if command.due_on is not None:
        return command.due_on, DueFrom.GIVEN
    terms = command.terms or party_terms
    if terms is None:
        return command.issued_on, DueFrom.ISSUE_DATE
    try:
        return terms.due_on(command.issued_on), DueFrom.TERMS
    except OverflowError:
        raise errors.DueDateOutOfRange(command.issued_on, terms.net_days) from None


def content(
    known: Document, command: AddCharge | AddSettlement, party_id: PartyId, base_minor: int | None
) -> Iterable[tuple[str, object, object]]:
    """What a repeated external id must repeat: the name of each part, what is there, what is offered."""
    yield "party", known.party_id, party_id
    yield "number", known.number, command.number
    yield "currency", known.currency, command.currency
    yield "amount", known.amount_minor, command.amount_minor
    yield "base_amount", known.base_minor, base_minor
    yield "tags", known.tags, command.tags
    if isinstance(command, AddCharge):
        yield "state", known.state, command.state
        yield "issued_on", known.issued_on, command.issued_on
        yield "received_on", known.received_on, command.received_on
        yield "due_on", known.due_on if known.due_from is DueFrom.GIVEN else None, command.due_on
        if command.due_on is None and command.terms:
            yield "terms", known.due_on, due_date(command, None)[0]
    else:
        yield "settled_on", known.issued_on, command.settled_on
    for name in sorted(known.body.keys() | command.body.keys()):
        yield name, canonical_json(known.body.get(name)), canonical_json(command.body.get(name))
