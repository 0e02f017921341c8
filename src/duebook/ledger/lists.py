"""Pages of parties and documents: filtered, sorted, by a place to begin after or by how many to pass over.

Units: minor units of the document's currency; dates are calendar days; today is the day where the business is.
Holds: the order is total: what sorts alike stands in order of recording.
Source: docs/reference/storage.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar
from uuid import UUID

from duebook.db.queries import load
from duebook.ledger.facts import DocumentId, Kind, PartyId, Side, Status
from duebook.ledger.views import DocumentView, PartyView, Standing, Tx, documents_by_id, parties_by_id

_QUERIES: Final = load("duebook.ledger", "lists.sql")

PartySort = Literal["recorded", "updated", "name"]
DocumentSort = Literal["recorded", "updated", "issued_on", "due_on", "amount", "open", "number", "party", "standing"]

T = TypeVar("T")


class SortedPlace(NamedTuple):
    """Where a thing stands in a list: by what it is sorted by, then by the version it was recorded in and its id."""

    number: int
    text: str
    version: int
    id: UUID


_START: Final = SortedPlace(-(2**63), "", 0, UUID(int=0))
_END: Final = SortedPlace(2**63 - 1, "", 2**63 - 1, UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list: so many after a place (before it, going back), or after passing over some."""

    limit: int
    after: SortedPlace | None = None
    offset: int = 0
    back: bool = False


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A thing in a list, and its place there."""

    view: T
    place: SortedPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyFilter:
    """Which parties of a side; archived ones too when `archived` is None. Texts that contain are matched without case.

    `search` looks at the name, the external id and the e-mail address.
    """

    side: Side
    archived: bool | None = False
    external_id: str | None = None
    external_id_contains: str | None = None
    name: str | None = None
    name_contains: str | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """Which documents of a side and a kind.

    Days and amounts are inclusive; what does not say when it was received was so when issued. `charge_id` finds
    payments and credits of which something is allocated to a charge, `target_id` what is aimed at a document. `settled`
    and `standings` are as of today; of the latter "overdue" is one beside the others. `search` looks at the number, the
    external id, the memo and the party's name, without case. `body_without` leaves out those whose
    body has this field; `progress` is how far refunds have come: pending, processing, paid or cancelled.
    """

    side: Side
    kind: Kind
    party_ids: Sequence[PartyId] | None = None
    external_id: str | None = None
    target_id: DocumentId | None = None
    charge_id: DocumentId | None = None
    numbers: Sequence[str] | None = None
    standings: Sequence[Standing | Literal["overdue"]] | None = None
    statuses: Sequence[Status] | None = None
    settled: bool | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    received_from: date | None = None
    received_to: date | None = None
    due_from: date | None = None
    due_to: date | None = None
    min_minor: int | None = None
    max_minor: int | None = None
    memo: str | None = None
    memo_contains: str | None = None
    methods: Sequence[str] | None = None
    processors: Sequence[str] | None = None
    body_without: str | None = None
    currency: str | None = None
    progress: Sequence[str] | None = None
    search: str | None = None


async def parties(tx: Tx, which: PartyFilter, page: Page, sort: PartySort = "recorded") -> list[Listed[PartyView]]:
    """A page of parties."""
    places = await _page(tx, "party", which, page, sort)
    return _listed(places, {one.party.id: one for one in await parties_by_id(tx, which.side, list(places))})


async def count_parties(tx: Tx, which: PartyFilter) -> int:
    """How many parties there are on all pages."""
    return await _count(tx, _QUERIES.count_parties, which)


async def documents(
    tx: Tx, which: DocumentFilter, page: Page, sort: DocumentSort = "recorded"
) -> list[Listed[DocumentView]]:
    """A page of documents."""
    places = await _page(tx, "document", which, page, sort)
    found = await documents_by_id(tx, which.side, which.kind, list(places))
    return _listed(places, {one.document.id: one for one in found})


async def document_named(tx: Tx, side: Side, kind: Kind, external_id: str | None) -> DocumentView | None:
    """The document of a side and a kind with this external id."""
    if external_id is None:
        return None
    which = DocumentFilter(side=side, kind=kind, external_id=external_id)
    return next((one.view for one in await documents(tx, which, Page(limit=1))), None)


async def count_documents(tx: Tx, which: DocumentFilter) -> int:
    """How many documents there are on all pages."""
    return await _count(tx, _QUERIES.count_documents, which)


class Stood(NamedTuple):
    """How many documents stand in one way, and of how many of them something is open or late."""

    documents: int
    open: int
    overdue: int


async def standings(tx: Tx, side: Side) -> Mapping[tuple[Kind, Standing], Stood]:
    """How many charges and credits of a side stand in each way today; none where a way is missing."""
    values = {"business_id": tx.business.id, "side": side, "today": tx.business.today(tx.now)}
    rows = await (await tx.connection.execute(_QUERIES.count_standings, values)).fetchall()
    return {(Kind(row.kind), Standing(row.standing)): Stood(row.documents, row.open, row.overdue) for row in rows}


def _listed(places: dict[UUID, SortedPlace], found: dict[Any, T]) -> list[Listed[T]]:
    return [Listed(found[one], place) for one, place in places.items()]


async def _page(
    tx: Tx, what: str, which: PartyFilter | DocumentFilter, page: Page, sort: str
) -> dict[UUID, SortedPlace]:
    query = f"{what}_page{'' if sort == 'recorded' else '_sorted'}{'_back' if page.back else ''}"
    after = page.after or (_END if page.back else _START)
    begins = page.after is None and page.back and sort != "recorded"
    values = {
        "sort": sort,
        "sort_number": after.number,
        "sort_text": after.text,
        "place": None if begins else after.version,
        "place_id": after.id,
        "limit": page.limit,
        "offset": page.offset,
    }
    found = await tx.connection.execute(getattr(_QUERIES, query), _values(tx, which) | values)
    rows = await found.fetchall()
    return {row.id: SortedPlace(row.sort_number, row.sort_text, row.place, row.id) for row in rows}


async def _count(tx: Tx, query: str, which: PartyFilter | DocumentFilter) -> int:
    row: Any = await (await tx.connection.execute(query, _values(tx, which))).fetchone()
    return int(row.total)


def _values(tx: Tx, which: PartyFilter | DocumentFilter) -> dict[str, Any]:
    return asdict(which) | {"business_id": tx.business.id, "today": tx.business.today(tx.now)}
