"""What a reader sees of parties and documents: their latest facts, and how they stand today.

Units: minor units of the document's currency; today is the day where the business is.
Holds: what is open here is the same figure as in the aging report of the same day and version.
Source: docs/rule.md, T1, T3, "How a document stands"; docs/reference/storage.md.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from duebook.db.queries import load
from duebook.ledger.errors import DocumentNotFound, PartyNotFound, SumTooLarge
from duebook.ledger.facts import Allocation, Document, DocumentId, Kind, Party, PartyId, Side, TagDefinition
from duebook.ledger.rows import allocation_of, document_of, party_of
from duebook.ledger.tags import TagName, as_defined, definitions
from duebook.money import MAX_MINOR, MIN_MINOR
from duebook.tenancy.gate import ReadTx, WriteTx

_QUERIES: Final = load("duebook.ledger", "lists.sql")
_LOADING: Final = load("duebook.ledger", "loading.sql")

T = TypeVar("T", Party, Document)

Tx = ReadTx | WriteTx
"""What can be read through: a write sees what it has recorded itself."""


class Place(NamedTuple):
    """Where a thing stands in the order of recording; a page begins after one."""

    version: int
    id: UUID


class Standing(StrEnum):
    """How a document stands on a day, in one word.

    Nothing is left of one that is settled, written off (in part at least) or refunded (all that was paid).
    """

    DRAFT = "draft"
    VOID = "void"
    OPEN = "open"
    PARTLY_SETTLED = "partly_settled"
    PARTLY_WRITTEN_OFF = "partly_written_off"
    SETTLED = "settled"
    WRITTEN_OFF = "written_off"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class PartyView:
    """A party, and when it was first and last recorded."""

    party: Party
    place: Place
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """A document and how it stands today.

    `settled_minor` is what is no longer open of it, `written_off_minor` a part of that; `refunded_minor` was paid back
    of it. `settled_on` is the day of the latest allocation up to today; `overdue` says whether something that is open
    is late, `open_due_on` when the oldest of it falls due. `allocations` touch it, today or on a later day. `aimed` are
    the write-offs, refunds and recoveries that are aimed at it, whatever their day and status.
    """

    document: Document
    place: Place
    created_at: datetime
    updated_at: datetime
    standing: Standing
    open_minor: int
    settled_minor: int
    written_off_minor: int
    refunded_minor: int
    settled_on: date | None
    overdue: bool
    open_due_on: date | None
    allocations: tuple[Allocation, ...]
    aimed: tuple[Document, ...]

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left of it today."""
        return self.settled_minor == self.document.amount_minor

    @property
    def due_on(self) -> date:
        """When the oldest of what is open falls due, as that stands today; the date it has, if nothing is open."""
        return self.open_due_on or self.document.due_on


async def party(tx: Tx, side: Side, party_id: PartyId) -> PartyView:
    """One party, archived or not. Raises PartyNotFound."""
    found = await parties_by_id(tx, side, [party_id])
    if not found:
        raise PartyNotFound(side, party_id)
    return found[0]


async def parties_by_id(tx: Tx, side: Side, ids: Sequence[UUID]) -> list[PartyView]:
    """The parties with these ids, in this order; an id of no party of the side is left out."""
    values = {"business_id": tx.business.id, "side": side, "ids": ids}
    rows = await (await tx.connection.execute(_QUERIES.party_views, values)).fetchall()
    known = await definitions(tx, {(tag["key"], tag["value"]) for row in rows for tag in row.tags})
    views = {
        row.id: PartyView(_as_defined(party_of(row), known), Place(row.place, row.id), row.created_at, row.updated_at)
        for row in rows
    }
    return [views[party_id] for party_id in ids if party_id in views]


async def open_by_party(tx: Tx, side: Side, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """What each of these parties owes or is owed today in base currency, unapplied money left out; zero if missing.

    Raises SumTooLarge.
    """
    values = {"business_id": tx.business.id, "side": side, "ids": ids, "today": tx.business.today(tx.now)}
    rows = await (await tx.connection.execute(_QUERIES.open_by_party, values)).fetchall()
    sums = {row.party_id: int(row.open_minor) for row in rows}
    if any(not MIN_MINOR <= open_minor <= MAX_MINOR for open_minor in sums.values()):
        raise SumTooLarge
    return defaultdict(int, sums)


async def document(tx: Tx, side: Side, kind: Kind, document_id: DocumentId) -> DocumentView:
    """One document. Raises DocumentNotFound."""
    found = await documents_by_id(tx, side, kind, [document_id])
    if not found:
        raise DocumentNotFound(side, kind, document_id)
    return found[0]


async def documents_by_id(tx: Tx, side: Side, kind: Kind, ids: Sequence[UUID]) -> list[DocumentView]:
    """The documents with these ids, in this order; an id of no such document is left out."""
    business, today = {"business_id": tx.business.id}, tx.business.today(tx.now)
    async with tx.connection.pipeline():
        found = await tx.connection.execute(
            _QUERIES.document_views, business | {"side": side, "kind": kind, "ids": ids, "today": today}
        )
        touching = await tx.connection.execute(_LOADING.allocations, business | {"documents": ids})
        aiming = await tx.connection.execute(_QUERIES.aimed_documents, business | {"ids": ids})
    allocations: dict[UUID, list[Allocation]] = defaultdict(list)
    for allocation in map(allocation_of, await touching.fetchall()):
        if allocation.stands and (allocation.ended_on is None or allocation.ended_on > today):
            for end in (allocation.source_id, allocation.charge_id):
                allocations[end].append(allocation)
    aimed: dict[UUID, list[Document]] = defaultdict(list)
    rows, aimed_rows = await found.fetchall(), await aiming.fetchall()
    known = await definitions(tx, {(tag["key"], tag["value"]) for row in (*rows, *aimed_rows) for tag in row.tags})
    for row in aimed_rows:
        aimed[row.target_id].append(_as_defined(document_of(row), known))
    views = {
        row.id: _view(row, _as_defined(document_of(row), known), allocations[row.id], aimed[row.id]) for row in rows
    }
    return [views[document_id] for document_id in ids if document_id in views]


def _as_defined(tagged: T, known: Mapping[TagName, TagDefinition]) -> T:
    return replace(tagged, tags=as_defined(tagged.tags, known)) if tagged.tags else tagged


def _view(row: Any, document: Document, allocations: Sequence[Allocation], aimed: Sequence[Document]) -> DocumentView:
    return DocumentView(
        document=document,
        place=Place(row.place, row.id),
        created_at=row.created_at,
        updated_at=row.updated_at,
        standing=Standing(row.standing),
        open_minor=row.open_minor,
        settled_minor=row.settled_minor,
        written_off_minor=row.written_off_minor,
        refunded_minor=row.refunded_minor,
        settled_on=row.settled_on,
        overdue=row.overdue,
        open_due_on=row.open_due_on,
        allocations=tuple(allocations),
        aimed=tuple(aimed),
    )
