"""What changed in an aging report between two versions: each party before and after, and the entries between.

Units: minor units of the currency each row and entry names.
Holds: in base and document currency, a party's sums before and the entries between add up to its sums after, band by
band. A revalued report changes with its rates too; the entries between are then told in document currency.
Source: docs/rule.md, T0, T12.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from duebook.aging.items import party_names, tags_json
from duebook.aging.question import AgingQuery, Basis, Credits, Moment, moment_before, moment_of
from duebook.aging.report import AgingReport, AgingRow, aging_at
from duebook.days import days_late
from duebook.db.queries import load
from duebook.ledger.facts import DocumentId, EntryKind, Kind, PartyId
from duebook.tenancy.gate import ReadTx

_QUERIES: Final = load("duebook.aging", "changes.sql")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a party's row says."""

    bands: tuple[int, ...]
    unapplied_minor: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A party in one currency, before and after; nothing where it had no row."""

    party_id: PartyId
    external_id: str | None
    name: str
    currency: str
    before: Standing
    after: Standing


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """A document as it was called at the later version."""

    id: DocumentId
    kind: Kind
    number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEntry:
    """An entry that was recorded between, of an item of `document`, made by `cause`.

    `band` is that of the item's days late; an entry of unapplied money stands in the unapplied column instead, unless
    it is netted.
    """

    version: int
    recorded_at: datetime
    operation: str
    party_id: PartyId
    document: NamedDocument
    cause: NamedDocument
    kind: EntryKind
    effective_on: date
    due_on: date
    band: int
    unapplied: bool
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Both reports, the parties whose row changed or that have entries between, and those entries as recorded.

    Rows are in order of name. Documents are those whose tags match at the later version, in both reports.
    """

    before: AgingReport
    after: AgingReport
    rows: tuple[ChangedRow, ...]
    entries: tuple[ChangeEntry, ...]


async def changes(tx: ReadTx, query: AgingQuery, since: int | datetime) -> Changes:
    """What changed in a report since an earlier version or instant. Raises AgingError, SumTooLarge."""
    later = await moment_of(tx, query.as_of, query.known_at)
    earlier = await moment_before(tx, later, since)
    before = await aging_at(tx, query, earlier, tags_at=later.known_at)
    after = await aging_at(tx, query, later, tags_at=later.known_at)
    entries = await _between(tx, query, earlier, later)
    base_currency = tx.business.base_currency
    touched = {(one.party_id, one.currency if query.basis is Basis.DOCUMENT else base_currency) for one in entries}
    return Changes(before, after, tuple(await _rows(tx, before, after, touched)), tuple(entries))


async def _rows(
    tx: ReadTx, before: AgingReport, after: AgingReport, touched: set[tuple[PartyId, str]]
) -> list[ChangedRow]:
    nothing = Standing((0,) * (len(after.edges) + 1), 0, 0)
    was, now = ({(row.party_id, row.currency): _standing(row) for row in report.rows} for report in (before, after))
    changed = {key for key in was | now if was.get(key) != now.get(key)} | touched
    names = await party_names(tx, {party_id for party_id, _ in changed}, after.known_at)
    rows = [ChangedRow(key[0], *names[key[0]], key[1], was.get(key, nothing), now.get(key, nothing)) for key in changed]
    return sorted(rows, key=lambda row: (row.name, row.party_id, row.currency))


def _standing(row: AgingRow) -> Standing:
    return Standing(row.bands, row.unapplied_minor, row.total_minor)


async def _between(tx: ReadTx, query: AgingQuery, earlier: Moment, later: Moment) -> list[ChangeEntry]:
    values = {
        "business_id": tx.business.id,
        "side": query.side,
        "since": earlier.known_at,
        "known_at": later.known_at,
        "as_of": later.as_of,
        "party_id": query.party_id,
        "unapplied_too": query.credits is not Credits.EXCLUDE,
        "in_base": query.basis is Basis.BASE,
        "tags": tags_json(query.tags),
    }
    currency = tx.business.base_currency if query.basis is Basis.BASE else None
    found = await tx.connection.execute(_QUERIES.entries_between, values)
    return [_entry(row, query, later.as_of, currency) for row in await found.fetchall()]


def _entry(row: Any, query: AgingQuery, as_of: date, currency: str | None) -> ChangeEntry:
    return ChangeEntry(
        version=row.version,
        recorded_at=row.recorded_at,
        operation=row.operation,
        party_id=PartyId(row.party_id),
        document=NamedDocument(DocumentId(row.document_id), Kind(row.document_kind), row.document_number),
        cause=NamedDocument(DocumentId(row.cause_id), Kind(row.cause_kind), row.cause_number),
        kind=EntryKind(row.kind),
        effective_on=row.effective_on,
        due_on=row.due_on,
        band=query.bands.of(days_late(row.due_on, as_of)),
        unapplied=row.unapplied,
        currency=currency or row.currency,
        amount_minor=row.amount_minor,
    )
