"""The books as they were known at a version: documents, parties, rates, versions, and how far they were closed.

Units: minor units; dates are calendar days.
Holds: what is read here at a version never changes, whatever is recorded later (T13).
Source: docs/rule.md, T0, T12, T13.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from duebook.db.queries import load
from duebook.ledger.facts import (
    Allocation,
    Books,
    Document,
    DocumentId,
    Kind,
    Party,
    PartyId,
    Rate,
    Side,
    State,
    Status,
)
from duebook.ledger.rows import allocation_of, books_of, document_of, party_of, rate_of
from duebook.ledger.views import Place
from duebook.tenancy.gate import ReadTx, WriteTx

_QUERIES: Final = load("duebook.ledger", "history.sql")

START: Final = Place(0, UUID(int=0))


class Version(NamedTuple):
    """One write: when, what was done, and by whom."""

    version: int
    recorded_at: datetime
    operation: str
    actor: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stamps:
    """In which versions a thing was first and last recorded, and when."""

    place: Place
    created_at: datetime
    updated_in: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class KnownParty:
    """A party as known at a version."""

    party: Party
    stamps: Stamps


@dataclass(frozen=True, slots=True)
class Aimed:
    """A write-off, a recovery or a refund, in short."""

    id: DocumentId
    kind: Kind
    external_id: str | None
    state: State
    status: Status | None
    number: str | None
    issued_on: date
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document as known at a version. `open_minor` and `open_base_minor` hold, by instalment, what is open of it on
    a day: the signed sums of its entries. `allocations` are those that hold on any day; `aimed` is aimed at it.
    """

    document: Document
    stamps: Stamps
    open_minor: Mapping[int, int]
    open_base_minor: Mapping[int, int]
    allocations: tuple[Allocation, ...]
    aimed: tuple[Aimed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Which documents."""

    side: Side | None = None
    kind: Kind | None = None
    party_id: PartyId | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Which parties; archived ones only if asked for."""

    side: Side | None = None
    external_id: str | None = None
    name: str | None = None
    archived: bool = False


async def head(tx: WriteTx) -> tuple[int, datetime]:
    """The latest version and its time, with what this transaction has recorded."""
    row: Any = await _one(tx, _QUERIES.head)
    return row.version, row.recorded_at


async def version(tx: ReadTx, number: int) -> Version | None:
    """One version; none before the first write."""
    row = await _one(tx, _QUERIES.version, version=number)
    return None if row is None else Version(*row)


async def versions(tx: ReadTx, after: int, limit: int, *, back: bool = False) -> list[Version]:
    """A page of versions after one, or going back, before one."""
    query = _QUERIES.version_page_back if back else _QUERIES.version_page
    return [Version(*row) for row in await _rows(tx, query, after=after, limit=limit)]


async def books(tx: ReadTx, known_at: int) -> Books:
    """Where the books begin and how far they are closed."""
    return books_of(await _one(tx, _QUERIES.books_at, known_at=known_at))


async def rates(tx: ReadTx, known_at: int, currency: str | None, after: tuple[str, date], limit: int) -> list[Rate]:
    """A page of rates by currency and day, after one of them."""
    found = await _rows(
        tx,
        _QUERIES.rate_page,
        known_at=known_at,
        currency=currency,
        after_currency=after[0],
        after_on=after[1],
        limit=limit,
    )
    return [rate_of(row) for row in found]


async def parties(tx: ReadTx, known_at: int, which: Parties, after: Place, limit: int) -> list[KnownParty]:
    """A page of parties in order of recording."""
    found = await _rows(
        tx, _QUERIES.party_page_at, **asdict(which), known_at=known_at, place=after[0], place_id=after[1], limit=limit
    )
    return await parties_by_id(tx, known_at, [row.id for row in found])


async def parties_by_id(tx: ReadTx, known_at: int, ids: Sequence[UUID]) -> list[KnownParty]:
    """The parties with these ids, in this order; one that is not there is left out."""
    rows = await _rows(tx, _QUERIES.parties_at, known_at=known_at, ids=ids)
    found = {row.id: KnownParty(party_of(row), _stamps(row)) for row in rows}
    return [found[party_id] for party_id in ids if party_id in found]


async def documents(
    tx: ReadTx, known_at: int, as_of: date, which: Documents, after: Place, limit: int
) -> list[KnownDocument]:
    """A page of documents in order of recording, with what is open of each on a day."""
    found = await _rows(
        tx,
        _QUERIES.document_page_at,
        **asdict(which),
        known_at=known_at,
        place=after[0],
        place_id=after[1],
        limit=limit,
    )
    return await documents_by_id(tx, known_at, as_of, [row.id for row in found])


async def documents_by_id(tx: ReadTx, known_at: int, as_of: date, ids: Sequence[UUID]) -> list[KnownDocument]:
    """The documents with these ids, in this order; one that is not there is left out."""
    facts = await _rows(tx, _QUERIES.documents_at, known_at=known_at, ids=ids)
    sums: dict[UUID, list[Any]] = defaultdict(list)
    for row in await _rows(tx, _QUERIES.sums_at, known_at=known_at, as_of=as_of, ids=ids):
        sums[row.document_id].append(row)
    touching: dict[UUID, list[Allocation]] = defaultdict(list)
    for row in await _rows(tx, _QUERIES.allocations_at, known_at=known_at, ids=ids):
        one = allocation_of(row)
        if one.stands:
            touching[one.source_id].append(one)
            touching[one.charge_id].append(one)
    aimed: dict[UUID, list[Aimed]] = defaultdict(list)
    for row in await _rows(tx, _QUERIES.aimed_at, known_at=known_at, ids=ids):
        aimed[row.target_id].append(_aimed(row))
    found = {
        row.id: KnownDocument(
            document_of(row),
            _stamps(row),
            {one.instalment: one.amount_minor for one in sums[row.id]},
            {one.instalment: one.base_minor for one in sums[row.id]},
            tuple(touching[row.id]),
            tuple(aimed[row.id]),
        )
        for row in facts
    }
    return [found[document_id] for document_id in ids if document_id in found]


def _aimed(row: Any) -> Aimed:
    return Aimed(
        row.id,
        Kind(row.kind),
        row.external_id,
        State(row.state),
        None if row.status is None else Status(row.status),
        row.number,
        row.issued_on,
        row.currency,
        row.amount_minor,
    )


def _stamps(row: Any) -> Stamps:
    return Stamps(Place(row.place, row.id), row.created_at, row.updated_in, row.updated_at)


async def _rows(tx: ReadTx, query: str, **values: Any) -> Sequence[Any]:
    found = await tx.connection.execute(query, values | {"business_id": tx.business.id})
    return await found.fetchall()


async def _one(tx: ReadTx | WriteTx, query: str, **values: Any) -> Any:
    return await (await tx.connection.execute(query, values | {"business_id": tx.business.id})).fetchone()
