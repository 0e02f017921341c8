"""Read what a write needs to know, and keep what it adds: one write, one transaction, one version.

Units: minor units; dates are calendar days.
Holds: open items are the sum of all entries, in the same transaction; the version's hash covers every row added.
Source: docs/reference/storage.md; docs/rule.md, T0.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC
from operator import itemgetter
from typing import Any, Final

from duebook.days import Terms
from duebook.db.bulk import Columns, insert, together
from duebook.db.queries import load
from duebook.ledger.book import Book, Changes, Known, Recorded
from duebook.ledger.chain import Row, canonical_json, version_hash
from duebook.ledger.checkpoints import DUE_AFTER_ENTRIES, refresh
from duebook.ledger.commands import AddCharge, AddSettlement, ArchiveParty, Command, NewParty, PartyRef, PutParty
from duebook.ledger.errors import placed
from duebook.ledger.facts import (
    Allocation,
    AllocationId,
    Document,
    DocumentId,
    DueFrom,
    Entry,
    EntryKind,
    Item,
    Kind,
    Party,
    PartyId,
    Side,
    State,
    Tag,
)
from duebook.tenancy.facts import Caller
from duebook.tenancy.gate import WriteTx

_QUERIES: Final = load("duebook.ledger")

_ITEM: Final = (
    "side",
    "party_id",
    "document_id",
    "instalment",
    "unapplied",
    "document_on",
    "received_on",
    "due_on",
    "currency",
)
COLUMNS: Final[dict[str, Columns]] = {
    "party": ("id", "side", "external_id"),
    "party_fact": ("party_id", "name", "archived", "net_days", "end_of_month", "tags", "profile"),
    "document": ("id", "side", "kind", "external_id"),
    "document_fact": (
        "document_id",
        "state",
        "party_id",
        "number",
        "issued_on",
        "received_on",
        "due_on",
        "due_from",
        "currency",
        "amount_minor",
        "base_minor",
        "tags",
        "body",
    ),
    "allocation": ("id", "sequence", "source_id", "charge_id", "effective_on", "stated", "amount_minor"),
    "entry": ("sequence", *_ITEM, "kind", "cause_id", "effective_on", "amount_minor", "base_minor"),
}


async def record(tx: WriteTx, commands: Sequence[Command]) -> list[Recorded]:
    """Work the commands out in order and keep what they add as the next version; none if they add nothing.

    Raises LedgerError, and nothing is kept.
    """
    book = Book(tx.business.base_currency, await known(tx, commands))
    results = []
    for place, command in enumerate(commands):
        with placed(at=place):
            results.append(book.apply(command))
    if book.changes != Changes():
        await _keep(tx, book)
    return results


@dataclass(slots=True)
class _Names:
    """What commands name: parties and documents by id, or by external id."""

    parties: set[PartyId] = field(default_factory=set)
    party_externals: set[tuple[Side, str]] = field(default_factory=set)
    documents: set[DocumentId] = field(default_factory=set)
    document_externals: set[tuple[Side, Kind, str]] = field(default_factory=set)

    def add(self, command: Command) -> None:
        match command:
            case PutParty():
                if command.id:
                    self.parties.add(command.id)
                elif command.external_id is not None:
                    self.party_externals.add((command.side, command.external_id))
            case ArchiveParty():
                self.parties.add(command.id)
            case AddCharge():
                self._add_party(command.side, command.party)
                if command.external_id is not None:
                    self.document_externals.add((command.side, Kind.CHARGE, command.external_id))
                for settlement in command.settlements:
                    self.add(settlement)
            case AddSettlement():
                if command.party:
                    self._add_party(command.side, command.party)
                if command.external_id is not None:
                    self.document_externals.add((command.side, command.kind, command.external_id))
                for one in command.allocations:
                    if isinstance(one.charge, str):
                        self.document_externals.add((command.side, Kind.CHARGE, one.charge))
                    else:
                        self.documents.add(one.charge)

    def _add_party(self, side: Side, ref: PartyRef) -> None:
        if isinstance(ref, NewParty):
            self.party_externals.add((side, ref.external_id))
        else:
            self.parties.add(ref)


async def known(tx: WriteTx, commands: Iterable[Command]) -> Known:
    """What the books hold of all that the commands name."""
    names = _Names()
    for command in commands:
        names.add(command)
    business = {"business_id": tx.business.id}
    async with tx.connection.pipeline():
        party_rows = await tx.connection.execute(
            _QUERIES.parties,
            business | {"ids": list(names.parties)} | _columns(names.party_externals, "sides", "external_ids"),
        )
        document_rows = await tx.connection.execute(
            _QUERIES.documents,
            business
            | {"ids": list(names.documents)}
            | _columns(names.document_externals, "sides", "kinds", "external_ids"),
        )
    found = Known(
        [party_of(row) for row in await party_rows.fetchall()],
        [document_of(row) for row in await document_rows.fetchall()],
    )
    if found.documents:
        values = business | {"documents": [document.id for document in found.documents]}
        async with tx.connection.pipeline():
            allocation_rows = await tx.connection.execute(_QUERIES.allocations, values)
            entry_rows = await tx.connection.execute(_QUERIES.entries, values)
        found.allocations = [allocation_of(row) for row in await allocation_rows.fetchall()]
        found.entries = [entry_of(row) for row in await entry_rows.fetchall()]
    return found


async def _keep(tx: WriteTx, book: Book) -> None:
    facts, entries = _fact_rows(book), _entry_rows(book.new_entries())
    version = tx.version + 1
    recorded_at = tx.now.astimezone(UTC)
    chained = ((table, row) for table, rows in facts.items() for row in sorted(rows, key=itemgetter(0)))
    actor = _actor(tx)
    head = {
        "business_id": tx.business.id,
        "version": version,
        "recorded_at": recorded_at,
        "operation": tx.operation,
        "unfolded": tx.unfolded + len(entries),
        "actor": actor,
        "hash": version_hash(tx.hash, version, recorded_at, tx.operation, actor, chained, entries),
    }
    connection, key = tx.connection, (tx.business.id, version)
    tables = facts | {"entry": entries}
    async with together(connection, tables.values()):
        await connection.execute(_QUERIES.add_version, head)
        for table, rows in tables.items():
            await insert(connection, table, ("business_id", "version", *COLUMNS[table]), key, rows)
        if touched := book.touched_before():
            await connection.execute(_QUERIES.forget_open_items, {"business_id": key[0], "documents": touched})
        open_columns = ("business_id", *_ITEM, "amount_minor", "base_minor")
        await insert(connection, "open_item", open_columns, key[:1], _open_rows(book.open_entries()))
        await connection.execute(_QUERIES.move_head, head)
    if tx.unfolded + len(entries) >= DUE_AFTER_ENTRIES:
        await refresh(tx, version)


def _actor(tx: WriteTx) -> str:
    if isinstance(tx.caller, Caller):
        return canonical_json({"partner_id": str(tx.caller.partner_id), "key_id": str(tx.caller.key_id)})
    return canonical_json({"operator": True})


def _fact_rows(book: Book) -> dict[str, list[Row]]:
    changes = book.changes
    return {
        "party": [(one.id, one.side, one.external_id) for one in changes.parties.values() if book.is_new(one.id)],
        "party_fact": [
            (
                one.id,
                one.name,
                one.archived,
                one.terms.net_days if one.terms else None,
                one.terms.end_of_month if one.terms else None,
                _tags(one.tags),
                canonical_json(one.profile),
            )
            for one in changes.parties.values()
        ],
        "document": [(one.id, one.side, one.kind, one.external_id) for one in changes.documents.values()],
        "document_fact": [
            (
                one.id,
                one.state,
                one.party_id,
                one.number,
                one.issued_on,
                one.received_on,
                one.due_on,
                one.due_from,
                one.currency,
                one.amount_minor,
                one.base_minor,
                _tags(one.tags),
                canonical_json(one.body),
            )
            for one in changes.documents.values()
        ],
        "allocation": [
            (one.id, sequence, one.source_id, one.charge_id, one.effective_on, one.stated, one.amount_minor)
            for sequence, one in enumerate(changes.allocations)
        ],
    }


def _entry_rows(entries: Iterable[Entry]) -> list[Row]:
    return [
        (sequence, *_item_row(one.item), one.kind, one.cause_id, one.effective_on, one.amount_minor, one.base_minor)
        for sequence, one in enumerate(entries)
    ]


def _open_rows(entries: Iterable[Entry]) -> list[Row]:
    sums: dict[Item, tuple[int, int]] = {}
    for entry in entries:
        amount_minor, base_minor = sums.get(entry.item, (0, 0))
        sums[entry.item] = (amount_minor + entry.amount_minor, base_minor + entry.base_minor)
    return [(*_item_row(item), *amounts) for item, amounts in sums.items() if amounts[0]]


def _item_row(item: Item) -> Row:
    return (
        item.side,
        item.party_id,
        item.document_id,
        item.instalment,
        item.unapplied,
        item.document_on,
        item.received_on,
        item.due_on,
        item.currency,
    )


def _tags(tags: Sequence[Tag]) -> str:
    return canonical_json([asdict(tag) for tag in tags])


def _columns(rows: Iterable[tuple[Any, ...]], *names: str) -> dict[str, list[Any]]:
    listed = list(rows)
    return {name: [str(row[place]) for row in listed] for place, name in enumerate(names)}


def party_of(row: Any) -> Party:
    """A party from a row of the query that finds it."""
    return Party(
        id=PartyId(row.id),
        side=Side(row.side),
        external_id=row.external_id,
        name=row.name,
        archived=row.archived,
        terms=None if row.net_days is None else Terms(row.net_days, row.end_of_month),
        tags=tuple(Tag(**tag) for tag in row.tags),
        profile=row.profile,
    )


def document_of(row: Any) -> Document:
    """A document from a row of the query that finds it."""
    return Document(
        id=DocumentId(row.id),
        side=Side(row.side),
        kind=Kind(row.kind),
        external_id=row.external_id,
        state=State(row.state),
        party_id=PartyId(row.party_id),
        number=row.number,
        issued_on=row.issued_on,
        received_on=row.received_on,
        due_on=row.due_on,
        due_from=DueFrom(row.due_from),
        currency=row.currency,
        amount_minor=row.amount_minor,
        base_minor=row.base_minor,
        tags=tuple(Tag(**tag) for tag in row.tags),
        body=row.body,
    )


def allocation_of(row: Any) -> Allocation:
    """An allocation from a row of the query that finds it."""
    return Allocation(
        id=AllocationId(row.id),
        source_id=DocumentId(row.source_id),
        charge_id=DocumentId(row.charge_id),
        effective_on=row.effective_on,
        stated=row.stated,
        amount_minor=row.amount_minor,
    )


def entry_of(row: Any) -> Entry:
    """An entry from a row of the query that finds it."""
    item = Item(
        side=Side(row.side),
        party_id=PartyId(row.party_id),
        document_id=DocumentId(row.document_id),
        instalment=row.instalment,
        unapplied=row.unapplied,
        document_on=row.document_on,
        received_on=row.received_on,
        due_on=row.due_on,
        currency=row.currency,
    )
    return Entry(
        item=item,
        kind=EntryKind(row.kind),
        cause_id=DocumentId(row.cause_id),
        effective_on=row.effective_on,
        amount_minor=row.amount_minor,
        base_minor=row.base_minor,
    )
