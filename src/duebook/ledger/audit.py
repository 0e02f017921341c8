"""Who changed what, when, and from where: every write, with each field before and after it.

Units: minor units; dates are calendar days; instants are in UTC.
Holds: what was recorded by a version is told the same for ever; the fields before a change are those after the change
before it, so that all changes together, one after the other, give what is known.
Source: docs/reference/api.md, "Audit"; docs/reference/storage.md, "Who wrote".
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC
from typing import Any, Final, NamedTuple
from uuid import UUID

from duebook.db.pool import Database
from duebook.db.queries import load
from duebook.ledger.audit_records import (
    AllocationChange,
    BooksChange,
    Change,
    DocumentChange,
    Field,
    PartyChange,
    RateChange,
    Record,
    TagChange,
)
from duebook.ledger.facts import Books, DocumentId, PartyId, TagDefinition
from duebook.ledger.rows import allocation_of, books_of, document_of, party_of, rate_of
from duebook.tenancy.facts import BusinessId, Caller, Operator
from duebook.tenancy.gate import ReadTx, read_tx

_QUERIES: Final = load("duebook.ledger", "audit.sql")

AT_ONCE: Final = 500
"""How many changes are read together."""


class Place(NamedTuple):
    """A place in the order in which changes are told: the version, the kind of thing, its id or its sequence there."""

    version: int
    kind: int
    id: UUID | None
    sequence: int

    @property
    def is_one(self) -> bool:
        """Whether a change can stand there: there is such a kind, and it has an id, or has none."""
        return self.kind < len(_THINGS) and (self.id is not None) == _THINGS[self.kind].has_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """Which changes: those recorded after one version and by another; of some parties and documents, or of all."""

    since: int
    known_at: int
    parties: tuple[PartyId, ...] | None = None
    documents: tuple[DocumentId, ...] | None = None


async def audited(
    tx: ReadTx,
    since: int,
    known_at: int,
    parties: Sequence[PartyId] | None = None,
    documents: Sequence[DocumentId] | None = None,
) -> Audited:
    """What is asked about if parties are named, or documents, or both: then the documents that are the parties'."""
    if parties is None and documents is None:
        return Audited(since=since, known_at=known_at)
    values = {"parties": parties, "documents": documents, "known_at": known_at}
    found = [
        {DocumentId(row.document_id) for row in await _rows(tx, query, values)}
        for named, query in ((parties, _QUERIES.of_party), (documents, _QUERIES.of_document))
        if named is not None
    ]
    return Audited(
        since=since,
        known_at=known_at,
        parties=tuple(parties or ()) if documents is None else (),
        documents=tuple(set.intersection(*found)),
    )


async def parties_called(tx: ReadTx, given: str) -> list[PartyId]:
    """The parties, of either side, with this id or external id."""
    return [PartyId(row.id) for row in await _rows(tx, _QUERIES.parties_called, {"given": given})]


async def documents_called(tx: ReadTx, given: str) -> list[DocumentId]:
    """The documents, of any kind, with this id, external id or number."""
    return [DocumentId(row.id) for row in await _rows(tx, _QUERIES.documents_called, {"given": given})]


async def page(tx: ReadTx, which: Audited, after: Place | None, limit: int) -> tuple[list[Record], Place | None]:
    """Up to so many changes after a place, by version, and the place to go on from if there are more."""
    start = after or Place(which.since, len(_THINGS), None, 0)
    values = {
        "known_at": which.known_at,
        "version": start.version,
        "parties": None if which.parties is None else list(which.parties),
        "documents": None if which.documents is None else list(which.documents),
        "limit": limit + 1,
    }
    rows = await _rows(tx, _QUERIES.recorded, values | _each_after(start))
    places = [Place(*row) for row in rows[:limit]]
    changes = await _changes(tx, places)
    heads = await _rows(tx, _QUERIES.versions, {"versions": sorted({one.version for one in places})})
    records = [
        Record(
            version=head.version,
            recorded_at=head.recorded_at.astimezone(UTC),
            operation=head.operation,
            actor=head.actor,
            hash=head.hash.hex(),
            continued=head.version == start.version,
            changes=[changes[one] for one in places if one.version == head.version],
        )
        for head in heads
    ]
    return records, places[-1] if len(rows) > limit else None


async def pages(
    database: Database, caller: Caller | Operator, business_id: BusinessId, which: Audited
) -> AsyncIterator[list[Record]]:
    """All that is asked about, part after part. Raises TenancyError.

    Each part is read by itself, so that no connection waits for a slow reader: what is known at a version stays.
    """
    after = None
    while True:
        async with read_tx(database, caller, business_id) as tx:
            records, after = await page(tx, which, after, AT_ONCE)
        yield records
        if after is None:
            return


class _Thing(NamedTuple):
    """A kind of thing: its name among the parameters, whether it has ids or else is told by its sequence in a version,
    what finds its facts, what a row of them is, and as what a change of it is told."""

    name: str
    has_ids: bool
    query: str
    fact: Callable[[Any], Any]
    told: type[Any]


def _definition(row: Any) -> TagDefinition:
    return TagDefinition(row.key, row.value, row.display_name, row.archived_version)


_THINGS: Final = (
    _Thing("party", True, _QUERIES.parties, party_of, PartyChange),
    _Thing("document", True, _QUERIES.documents, document_of, DocumentChange),
    _Thing("allocation", True, _QUERIES.allocations, allocation_of, AllocationChange),
    _Thing("rate", False, _QUERIES.rates, rate_of, RateChange),
    _Thing("books", False, _QUERIES.books, books_of, BooksChange),
    _Thing("tag", False, _QUERIES.tags, _definition, TagChange),
)
"""In the order in which those of one version are told."""

_FIRST_ID, _LAST_ID = UUID(int=0), UUID(int=2**128 - 1)
_LAST_SEQUENCE: Final = 2**31 - 1
_CALLED: Final = ("name", "number")
"""What is told of a thing itself, and can change all the same."""


def _each_after(start: Place) -> dict[str, Any]:
    """Where each kind of thing goes on in the version that was told of last: its kinds are told one after the other."""
    places: dict[str, Any] = {}
    for kind, thing in enumerate(_THINGS):
        first, here, last = (_FIRST_ID, start.id, _LAST_ID) if thing.has_ids else (-1, start.sequence, _LAST_SEQUENCE)
        places[thing.name] = here if kind == start.kind else first if kind > start.kind else last
    return places


async def _changes(tx: ReadTx, places: Sequence[Place]) -> dict[Place, Change]:
    changes: dict[Place, Change] = {}
    for kind, thing in enumerate(_THINGS):
        told = {(one.version, one.id if thing.has_ids else one.sequence): one for one in places if one.kind == kind}
        if told:
            versions, keys = zip(*told, strict=True)
            known: dict[Place, list[Any]] = {}
            for row in await _rows(tx, thing.query, {"versions": list(versions), "keys": list(keys)}):
                known.setdefault(told[row.told_in, row.told], []).append(thing.fact(row))
            changes |= {place: _change(thing, *found) for place, found in known.items()}
    return changes


def _change(thing: _Thing, first: Any, second: Any = None) -> Change:
    """A change to a fact from the one before it, if there is one."""
    before, now = (None, first) if second is None else (first, second)
    if isinstance(now, Books):
        before = before or Books()
    itself = {name: getattr(now, name) for name in thing.told.__struct_fields__ if hasattr(now, name)}
    names = [one.name for one in fields(now) if one.name not in itself or one.name in _CALLED]
    said = [(name, _said(before, name), _said(now, name)) for name in names]
    changed = [Field(name, was, became) for name, was, became in said if was != became]
    change: Change = thing.told(created=before is None, fields=changed, **itself)
    return change


def _said(fact: Any, name: str) -> Any:
    value = getattr(fact, name, None)
    if name == "tags" and value is not None:
        return [{part: getattr(tag, part) for part in ("key", "value", "key_name", "value_name")} for tag in value]
    return value


async def _rows(tx: ReadTx, query: str, values: Mapping[str, Any]) -> Sequence[Any]:
    return await (await tx.connection.execute(query, {**values, "business_id": tx.business.id})).fetchall()
