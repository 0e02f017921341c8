"""Keep what a write adds: one write, one transaction, one version.

Units: minor units; dates are calendar days.
Holds: open items are the sum of all entries, in the same transaction; the version's hash covers every row added.
Source: docs/reference/storage.md; docs/rule.md, T0.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC
from operator import itemgetter
from typing import Final

from duebook.canonical import canonical_json
from duebook.days import Terms
from duebook.db.bulk import Columns, insert, together
from duebook.db.queries import load
from duebook.ledger.book import Book
from duebook.ledger.chain import Row, version_hash
from duebook.ledger.checkpoints import DUE_AFTER_ENTRIES, refresh
from duebook.ledger.commands import Command, DefineTag
from duebook.ledger.errors import placed
from duebook.ledger.facts import Allocation, Document, Entry, Item, Tag
from duebook.ledger.loading import known
from duebook.ledger.tags import added
from duebook.ledger.working import Changes, Recorded
from duebook.tenancy.actors import actor_json
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
    "document": ("id", "side", "kind", "external_id", "target_id", "sequence"),
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
        "opening_on",
        "net_days",
        "end_of_month",
        "instalments",
        "due_changes",
        "status",
        "returned_on",
        "reason",
    ),
    "allocation": (
        "id",
        "sequence",
        "source_id",
        "charge_id",
        "effective_on",
        "stated",
        "amount_minor",
        "source_minor",
        "instalment",
        "ended_on",
    ),
    "rate": ("sequence", "currency", "quoted_on", "rate"),
    "book_fact": ("starts_on", "closed_through", "late"),
    "tag_fact": ("sequence", "key", "value", "display_name", "archived_version"),
    "entry": ("sequence", *_ITEM, "kind", "cause_id", "effective_on", "amount_minor", "base_minor"),
}
FORM: Final = 2
"""How the hash of a version that is recorded now covers its rows: all columns named above."""
FORM_1: Final = {"document": 4, "document_fact": 13, "allocation": 7}
"""Of these tables the hash of a version of form 1 covers so many columns only, the first ones."""


async def record(tx: WriteTx, commands: Sequence[Command], tags: Sequence[DefineTag] = ()) -> list[Recorded | None]:
    """Work the commands out in order and keep what they add as the next version; none if they add nothing.

    `tags` are defined along with them.

    A command about the books as a whole has no id to stand under, and None in its place. Raises LedgerError, and
    nothing is kept.
    """
    book = Book(tx.business.base_currency, await known(tx, commands))
    results = []
    for place, command in enumerate(commands):
        with placed(at=place):
            results.append(book.apply(command))
    parties, documents = book.changes.parties.values(), book.changes.documents.values()
    used = [tag for given in (*(one.tags for one in parties), *(one.tags for one in documents)) for tag in given]
    book.changes.tags += await added(tx, used, tags)
    if book.changes != Changes():
        await _keep(tx, book)
    return results


async def _keep(tx: WriteTx, book: Book) -> None:
    facts, entries = _fact_rows(book), _entry_rows(book.new_entries())
    version = tx.version + 1
    recorded_at = tx.now.astimezone(UTC)
    chained = ((table, row) for table, rows in facts.items() for row in sorted(rows, key=itemgetter(0)))
    actor = actor_json(tx.caller)
    head = {
        "business_id": tx.business.id,
        "version": version,
        "recorded_at": recorded_at,
        "operation": tx.operation,
        "unfolded": tx.unfolded + len(entries),
        "actor": actor,
        "form": FORM,
        "hash": version_hash(tx.hash, version, recorded_at, tx.operation, actor, chained, entries),
    }
    connection, key = tx.connection, (tx.business.id, version)
    tables, open_rows = facts | {"entry": entries}, _open_rows(book.open_entries())
    async with together(connection, [*tables.values(), open_rows]):
        await connection.execute(_QUERIES.add_version, head)
        for table, rows in tables.items():
            await insert(connection, table, ("business_id", "version", *COLUMNS[table]), key, rows)
        if touched := book.touched_before():
            await connection.execute(_QUERIES.forget_open_items, {"business_id": key[0], "documents": touched})
        open_columns = ("business_id", *_ITEM, "amount_minor", "base_minor")
        await insert(connection, "open_item", open_columns, key[:1], open_rows)
        await connection.execute(_QUERIES.move_head, head)
    tx.kept.append(len(entries))
    if tx.unfolded + len(entries) >= DUE_AFTER_ENTRIES:
        await refresh(tx, version)


def _fact_rows(book: Book) -> dict[str, list[Row]]:
    changes = book.changes
    new = [one for one in changes.documents.values() if book.is_new_document(one.id)]
    return {
        "party": [(one.id, one.side, one.external_id) for one in changes.parties.values() if book.is_new(one.id)],
        "party_fact": [
            (one.id, one.name, one.archived, *_terms(one.terms), _tags(one.tags), canonical_json(one.profile))
            for one in changes.parties.values()
        ],
        "document": [
            (one.id, one.side, one.kind, one.external_id, one.target_id, sequence) for sequence, one in enumerate(new)
        ],
        "document_fact": [_document_row(one) for one in changes.documents.values()],
        "allocation": [_allocation_row(*one) for one in enumerate(changes.allocations.values())],
        "rate": [(sequence, one.currency, one.quoted_on, one.rate) for sequence, one in enumerate(changes.rates)],
        "book_fact": [(one.starts_on, one.closed_through, one.late) for one in [changes.books] if one],
        "tag_fact": [
            (sequence, one.key, one.value, one.name, one.archived_version) for sequence, one in enumerate(changes.tags)
        ],
    }


def _document_row(document: Document) -> Row:
    return (
        document.id,
        document.state,
        document.party_id,
        document.number,
        document.issued_on,
        document.received_on,
        document.due_on,
        document.due_from,
        document.currency,
        document.amount_minor,
        document.base_minor,
        _tags(document.tags),
        canonical_json(document.body),
        document.opening_on,
        *_terms(document.terms),
        canonical_json([(str(one.due_on), one.amount_minor) for one in document.instalments]),
        canonical_json([(str(one.from_on), one.instalment, str(one.due_on)) for one in document.due_changes]),
        document.status,
        document.returned_on,
        document.reason,
    )


def _allocation_row(sequence: int, allocation: Allocation) -> Row:
    return (
        allocation.id,
        sequence,
        allocation.source_id,
        allocation.charge_id,
        allocation.effective_on,
        allocation.stated,
        allocation.amount_minor,
        allocation.source_minor,
        allocation.instalment,
        allocation.ended_on,
    )


def _terms(terms: Terms | None) -> tuple[int | None, bool | None]:
    return (terms.net_days, terms.end_of_month) if terms else (None, None)


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
    names = ("key", "value", "key_name", "value_name")
    return canonical_json([{name: getattr(tag, name) for name in names} for tag in tags])
