"""Read what a write needs to know: all that its commands name, and all on whose entries that may bear.

Holds: a document comes with its allocations, their other ends, what is aimed at it and what it is aimed at. A foreign
one comes with what hangs on those too, because exchange differences follow the rounding of the other end.
Source: docs/reference/storage.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from duebook.db.pool import Connection
from duebook.db.queries import load
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
    DocumentRef,
    EditDocument,
    MergeParties,
    MoveAllocation,
    NewParty,
    PartyRef,
    PutParty,
    PutRates,
    SetStatus,
    StartBooks,
    TakeBack,
    UnarchiveParty,
    UndoDocument,
)
from duebook.ledger.facts import Allocation, AllocationId, Document, DocumentId, Kind, PartyId, Side
from duebook.ledger.rows import allocation_of, books_of, document_of, entry_of, party_of, rate_of
from duebook.ledger.working import Known
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import WriteTx

_QUERIES: Final = load("duebook.ledger", "loading.sql")

_NEAR: Final = 2
"""How many allocations away a document is read in any case: the payments of the charges of a payment."""

_FURTHEST: Final = 4
"""How many away where a foreign payment is among them: its rounding moves exchange differences on its charges."""


@dataclass(slots=True)
class _Names:
    """What commands name: parties and documents by id, or by external id."""

    parties: set[PartyId] = field(default_factory=set)
    party_externals: set[tuple[Side, str]] = field(default_factory=set)
    documents: set[DocumentId] = field(default_factory=set)
    document_externals: set[tuple[Side, Kind, str]] = field(default_factory=set)
    allocations: set[AllocationId] = field(default_factory=set)
    merged: set[PartyId] = field(default_factory=set)
    currencies: set[str] = field(default_factory=set)
    closings: list[CloseBooks] = field(default_factory=list)
    starts: bool = False

    def add(self, command: Command) -> None:
        """Note what a command names."""
        match command:
            case PutParty():
                if command.id:
                    self.parties.add(command.id)
                self._add_external_party(command.side, command.external_id)
            case ArchiveParty() | UnarchiveParty():
                self.parties.add(command.id)
            case MergeParties():
                self.parties |= {command.id, command.into}
                self.merged.add(command.id)
            case AddCharge():
                self._add_party(command.side, command.party)
                self._add_document(command.side, Kind.CHARGE, command.external_id)
                self.currencies.add(command.currency)
                for settlement in command.settlements:
                    self.add(settlement)
            case AddSettlement():
                if command.party:
                    self._add_party(command.side, command.party)
                self._add_document(command.side, command.kind, command.external_id)
                self.currencies.add(command.currency)
                for one in command.allocations:
                    self._add_document(command.side, Kind.CHARGE, one.charge)
            case AddWriteOff():
                self._add_document(command.side, Kind.WRITE_OFF, command.external_id)
                self._add_document(command.side, Kind.CHARGE, command.charge)
            case AddRecovery():
                self._add_document(command.side, Kind.RECOVERY, command.external_id)
                self._add_document(command.side, Kind.WRITE_OFF, command.write_off)
            case AddRefund():
                self._add_document(command.side, Kind.REFUND, command.external_id)
                self._add_document(command.side, command.of_kind, command.of)
            case Allocate():
                self._add_document(command.side, command.kind, command.source)
                for one in command.allocations:
                    self._add_document(command.side, Kind.CHARGE, one.charge)
            case TakeBack():
                self.allocations.add(command.id)
            case MoveAllocation():
                self.allocations.add(command.id)
                self._add_document(command.side, Kind.CHARGE, command.to.charge)
            case EditDocument():
                self._add_document(command.side, command.kind, command.document)
                if isinstance(command.party, (UUID, NewParty)):
                    self._add_party(command.side, command.party)
                if isinstance(command.currency, str):
                    self.currencies.add(command.currency)
            case ChangeDueDate():
                self._add_document(command.side, Kind.CHARGE, command.charge)
            case UndoDocument() | SetStatus():
                self._add_document(command.side, command.kind, command.document)
            case PutRates():
                self.currencies |= {rate.currency for rate in command.rates}
            case StartBooks():
                self.starts = True
            case CloseBooks():
                self.closings.append(command)

    def _add_party(self, side: Side, ref: PartyRef) -> None:
        if isinstance(ref, NewParty):
            self._add_external_party(side, ref.external_id)
        else:
            self.parties.add(ref)

    def _add_external_party(self, side: Side, external_id: str | None) -> None:
        if external_id is not None:
            self.party_externals.add((side, external_id))

    def _add_document(self, side: Side, kind: Kind, ref: DocumentRef | None) -> None:
        if isinstance(ref, str):
            self.document_externals.add((side, kind, ref))
        elif ref is not None:
            self.documents.add(ref)


async def known(tx: WriteTx, commands: Iterable[Command]) -> Known:
    """What the books hold of all that the commands name, and of what hangs on it."""
    names = _Names()
    for command in commands:
        names.add(command)
    business = {"business_id": tx.business.id}
    opened = [closing.through_on or date.min for closing in names.closings]
    async with tx.connection.pipeline():
        books = await tx.connection.execute(_QUERIES.books, business)
        named = await tx.connection.execute(
            _QUERIES.named_documents,
            business
            | {"ids": list(names.documents), "allocations": list(names.allocations), "merged": list(names.merged)}
            | {"closes": bool(opened), "through_on": min(opened, default=None)}
            | _columns(names.document_externals, "sides", "kinds", "external_ids"),
        )
    rows = await named.fetchall()
    documents, allocations = await neighbourhood(tx.connection, tx.business.id, [row.id for row in rows])
    found = Known(documents=documents, allocations=allocations, books=books_of(await books.fetchone()))
    found.since_closing = [row.id for row in rows if row.since]
    currencies = names.currencies | {one.currency for one in documents}
    parties = names.parties | {one.party_id for one in documents}
    async with tx.connection.pipeline():
        party_rows = await tx.connection.execute(
            _QUERIES.parties,
            business | {"ids": list(parties)} | _columns(names.party_externals, "sides", "external_ids"),
        )
        entry_rows = await tx.connection.execute(
            _QUERIES.entries, business | {"documents": [one.id for one in documents]}
        )
        rate_rows = await tx.connection.execute(
            _QUERIES.rates, business | {"currencies": list(currencies - {tx.business.base_currency})}
        )
        first = await tx.connection.execute(_QUERIES.first_day, business) if names.starts else None
    found.parties = [party_of(row) for row in await party_rows.fetchall()]
    found.entries = [entry_of(row) for row in await entry_rows.fetchall()]
    found.rates = [rate_of(row) for row in await rate_rows.fetchall()]
    if first is not None:
        row: Any = await first.fetchone()
        found.first_on = row.first_on
    return found


async def neighbourhood(
    connection: Connection, business_id: BusinessId, ids: Sequence[UUID]
) -> tuple[list[Document], list[Allocation]]:
    """These documents and all on which their entries depend or that depend on theirs, in order of recording."""
    documents: dict[UUID, tuple[tuple[int, int], Document]] = {}
    allocations: dict[UUID, tuple[tuple[int, int], Allocation]] = {}
    frontier = list(dict.fromkeys(ids))
    for distance in range(_FURTHEST + 1):
        if not frontier:
            break
        values = {"business_id": business_id, "documents": frontier}
        async with connection.pipeline():
            found = await connection.execute(_QUERIES.documents, values)
            touching = await connection.execute(_QUERIES.allocations, values)
            aimed = await connection.execute(_QUERIES.aimed_documents, values)
        for row in await found.fetchall():
            documents[row.id] = ((row.version, row.sequence), document_of(row))
        ends = {row.id for row in await aimed.fetchall()}
        touched = await touching.fetchall()
        for row in touched:
            allocations[row.id] = ((row.first_version, row.first_sequence), allocation_of(row))
        pairs = [(row.source_id, row.charge_id) for row in touched]
        if distance >= _NEAR:
            rounding = {end for pair in pairs for end in pair if end in documents and _is_foreign(documents[end][1])}
            reached = {end for pair in pairs if rounding & set(pair) for end in pair}
            pairs = [pair for pair in pairs if reached & set(pair)]
        ends |= {end for pair in pairs for end in pair}
        frontier = [one for one in ends if one not in documents]
    return (
        [document for _, document in sorted(documents.values(), key=itemgetter(0))],
        [
            allocation
            for _, allocation in sorted(allocations.values(), key=itemgetter(0))
            if allocation.source_id in documents and allocation.charge_id in documents
        ],
    )


def _is_foreign(document: Document) -> bool:
    return document.base_minor != document.amount_minor


def _columns(rows: Iterable[tuple[Any, ...]], *names: str) -> dict[str, list[Any]]:
    listed = list(rows)
    return {name: [str(row[place]) for row in listed] for place, name in enumerate(names)}
