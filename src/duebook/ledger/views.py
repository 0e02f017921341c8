"""What a reader sees of parties and documents: their latest facts, and what is open of them today.

Units: minor units of the document's currency; today is the day where the business is.
Holds: what is open here is the same figure as in the aging report of the same day and version.
Source: docs/rule.md, T1, T3; docs/reference/storage.md.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from duebook.db.queries import load
from duebook.ledger.errors import DocumentNotFound, PartyNotFound
from duebook.ledger.facts import Allocation, Document, DocumentId, Kind, Party, PartyId, Side
from duebook.ledger.rows import allocation_of, document_of, party_of
from duebook.tenancy.gate import ReadTx

_QUERIES: Final = load("duebook.ledger")
_LOADING: Final = load("duebook.ledger", "loading.sql")


class Place(NamedTuple):
    """Where a thing stands in the order of recording; a page begins after one."""

    version: int
    id: UUID


_START: Final = Place(0, UUID(int=0))
_END: Final = Place(2**63 - 1, UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: so many after a place (before it, going back), from the start without one."""

    limit: int
    after: Place | None = None
    back: bool = False


@dataclass(frozen=True, slots=True)
class PartyView:
    """A party, and when it was first and last recorded."""

    party: Party
    place: Place
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document with what is open and what is settled of it today; `allocations` touch it, today or on a later day.

    `settled_on` is the day of the latest allocation up to today.
    """

    document: Document
    place: Place
    created_at: datetime
    updated_at: datetime
    open_minor: int
    settled_minor: int
    settled_on: date | None
    allocations: tuple[Allocation, ...]

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left of it today."""
        return self.settled_minor == self.document.amount_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyFilter:
    """Which parties of a side. Texts that contain are matched without case."""

    side: Side
    archived: bool = False
    external_id: str | None = None
    external_id_contains: str | None = None
    name: str | None = None
    name_contains: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """Which documents of a side and a kind."""

    side: Side
    kind: Kind
    party_id: PartyId | None = None
    external_id: str | None = None


async def party(tx: ReadTx, side: Side, party_id: PartyId) -> PartyView:
    """One party, archived or not. Raises PartyNotFound."""
    found = await parties_by_id(tx, side, [party_id])
    if not found:
        raise PartyNotFound(side, party_id)
    return found[0]


async def parties(tx: ReadTx, which: PartyFilter, page: Page) -> list[PartyView]:
    """A page of parties in order of recording."""
    ids = await _page(tx, _QUERIES.party_page, _QUERIES.party_page_back, which, page)
    return await parties_by_id(tx, which.side, ids)


async def count_parties(tx: ReadTx, which: PartyFilter) -> int:
    """How many parties there are on all pages."""
    return await _count(tx, _QUERIES.count_parties, which)


async def document(tx: ReadTx, side: Side, kind: Kind, document_id: DocumentId) -> DocumentView:
    """One document. Raises DocumentNotFound."""
    found = await documents_by_id(tx, side, kind, [document_id])
    if not found:
        raise DocumentNotFound(side, kind, document_id)
    return found[0]


async def documents(tx: ReadTx, which: DocumentFilter, page: Page) -> list[DocumentView]:
    """A page of documents in order of recording."""
    ids = await _page(tx, _QUERIES.document_page, _QUERIES.document_page_back, which, page)
    return await documents_by_id(tx, which.side, which.kind, ids)


async def count_documents(tx: ReadTx, which: DocumentFilter) -> int:
    """How many documents there are on all pages."""
    return await _count(tx, _QUERIES.count_documents, which)


async def parties_by_id(tx: ReadTx, side: Side, ids: Sequence[UUID]) -> list[PartyView]:
    """The parties with these ids, in this order; an id of no party of the side is left out."""
    values = {"business_id": tx.business.id, "side": side, "ids": ids}
    rows = await (await tx.connection.execute(_QUERIES.party_views, values)).fetchall()
    views = {row.id: PartyView(party_of(row), Place(row.place, row.id), row.created_at, row.updated_at) for row in rows}
    return [views[party_id] for party_id in ids if party_id in views]


async def documents_by_id(tx: ReadTx, side: Side, kind: Kind, ids: Sequence[UUID]) -> list[DocumentView]:
    """The documents with these ids, in this order; an id of no such document is left out."""
    business, today = {"business_id": tx.business.id}, tx.business.today(tx.now)
    async with tx.connection.pipeline():
        found = await tx.connection.execute(
            _QUERIES.document_views, business | {"side": side, "kind": kind, "ids": ids, "today": today}
        )
        touching = await tx.connection.execute(_LOADING.allocations, business | {"documents": ids})
    allocations: dict[UUID, list[Allocation]] = {}
    for allocation in map(allocation_of, await touching.fetchall()):
        if allocation.stands and (allocation.ended_on is None or allocation.ended_on > today):
            for end in (allocation.source_id, allocation.charge_id):
                allocations.setdefault(end, []).append(allocation)
    views = {row.id: _view(row, allocations.get(row.id, ())) for row in await found.fetchall()}
    return [views[document_id] for document_id in ids if document_id in views]


async def _page(tx: ReadTx, forward: str, back: str, which: PartyFilter | DocumentFilter, page: Page) -> list[UUID]:
    version, place_id = page.after or (_END if page.back else _START)
    values = {"business_id": tx.business.id, "limit": page.limit, "place": version, "place_id": place_id}
    found = await tx.connection.execute(back if page.back else forward, asdict(which) | values)
    return [row.id for row in await found.fetchall()]


def _view(row: Any, allocations: Sequence[Allocation]) -> DocumentView:
    return DocumentView(
        document_of(row),
        Place(row.place, row.id),
        row.created_at,
        row.updated_at,
        row.open_minor,
        row.settled_minor,
        row.settled_on,
        tuple(allocations),
    )


async def _count(tx: ReadTx, query: str, which: PartyFilter | DocumentFilter) -> int:
    row: Any = await (await tx.connection.execute(query, asdict(which) | {"business_id": tx.business.id})).fetchone()
    return int(row.total)
