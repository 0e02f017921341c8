"""Prove the books of a business from what is stored: nothing is believed that can be worked out again.

Holds: a report is empty only if versions have no gap, the hash chain is unbroken up to the head, every document's
entries are those its facts give, no document is over-allocated on any day, open items are the sums of entries, and
checkpoints equal their recomputation.
Source: docs/rule.md, T0 and T7; docs/reference/storage.md, "The hash of a version".
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any, Final
from uuid import UUID

from psycopg import sql

from duebook.db.queries import load
from duebook.ledger.chain import GENESIS, version_hash
from duebook.ledger.effects import Web, least_open, open_by_day
from duebook.ledger.facts import Document, Entry
from duebook.ledger.loading import neighbourhood
from duebook.ledger.replay import AGED, NoRoom, Replay, differences
from duebook.ledger.rows import books_of, entry_of
from duebook.ledger.store import COLUMNS, FORM_1
from duebook.tenancy.gate import ReadTx

_LOADING: Final = load("duebook.ledger", "loading.sql")
_QUERIES: Final = load("duebook.ledger", "verify.sql")
_FACTS: Final = ("party", "party_fact", "document", "document_fact", "allocation", "rate", "book_fact", "tag_fact")
_JSON: Final = frozenset({"tags", "profile", "body", "instalments", "due_changes"})

AT_ONCE: Final = 1_000
"""How many versions or documents are read together."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the books that cannot be. `where` is a version, a document or a checkpoint."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


async def verify(tx: ReadTx) -> AsyncIterator[Finding]:
    """All findings, as they are found."""
    async for finding in _chain(tx):
        yield finding
    async for finding in _documents(tx):
        yield finding
    async for finding in _open_items(tx):
        yield finding
    async for finding in _checkpoints(tx):
        yield finding


async def _chain(tx: ReadTx) -> AsyncIterator[Finding]:
    values: dict[str, Any] = {"business_id": tx.business.id, "limit": AT_ONCE, "after": 0}
    before, hashed, recorded_at = 0, GENESIS, None
    while versions := await _rows(tx, _QUERIES.versions, values):
        recorded = await _recorded(tx, versions[0].version, versions[-1].version)
        for row in versions:
            if row.version != before + 1:
                yield Finding(f"version {row.version}", f"follows version {before}: there is a gap")
            if recorded_at and row.recorded_at < recorded_at:
                yield Finding(f"version {row.version}", "was recorded before the version it follows")
            rows = recorded.get(row.version, {})
            facts = [(table, _covered(table, one, row.form)) for table in _FACTS for one in rows.get(table, ())]
            time = row.recorded_at.astimezone(UTC)
            expected = version_hash(hashed, row.version, time, row.operation, row.actor, facts, rows.get("entry", ()))
            if expected != row.hash:
                yield Finding(f"version {row.version}", "does not have the hash of what it recorded")
            before, hashed, recorded_at = row.version, row.hash, row.recorded_at
        values["after"] = before
    [head] = await _rows(tx, _QUERIES.head, values)
    if (head.version, head.hash) != (before, hashed):
        yield Finding("the head", f"is version {head.version}, and the last version recorded is {before}")


async def _recorded(tx: ReadTx, first: int, last: int) -> dict[int, dict[str, list[tuple[Any, ...]]]]:
    """Rows by version and table, as they enter the hash."""
    recorded: dict[int, dict[str, list[tuple[Any, ...]]]] = {}
    for table in (*_FACTS, "entry"):
        columns = COLUMNS[table]
        names = [sql.SQL("{}::text" if name in _JSON else "{}").format(sql.Identifier(name)) for name in columns]
        statement = sql.SQL(
            "SELECT version, {} FROM {} WHERE business_id = %s AND version BETWEEN %s AND %s ORDER BY version, {}"
        ).format(sql.SQL(", ").join(names), sql.Identifier(table), sql.Identifier(columns[0]))
        found = await tx.connection.execute(statement, (tx.business.id, first, last))
        for version, *row in await found.fetchall():
            recorded.setdefault(version, {}).setdefault(table, []).append(tuple(row))
    return recorded


def _covered(table: str, row: tuple[Any, ...], form: int) -> tuple[Any, ...]:
    return row[: FORM_1.get(table)] if form == 1 else row


async def _documents(tx: ReadTx) -> AsyncIterator[Finding]:
    business = {"business_id": tx.business.id}
    closed_through = books_of(next(iter(await _rows(tx, _LOADING.books, business)), None)).closed_through
    values: dict[str, Any] = business | {"limit": AT_ONCE, "after": UUID(int=0)}
    while ids := [row.id for row in await _rows(tx, _QUERIES.documents, values)]:
        web = Web()
        documents, allocations = await neighbourhood(tx.connection, tx.business.id, ids)
        for document in documents:
            web.put(document)
        for allocation in allocations:
            web.hang(allocation)
        rows = await _rows(tx, _LOADING.entries, business | {"documents": ids})
        entries = _by((one.item.document_id, one) for one in map(entry_of, rows))
        replay = Replay(web)
        for document_id in ids:
            for what in _wrong(web, replay, web.documents[document_id], entries.get(document_id, []), closed_through):
                yield Finding(f"document {document_id}", what)
        values["after"] = ids[-1]


def _wrong(
    web: Web, replay: Replay, document: Document, there: list[Entry], closed_through: date | None
) -> Iterator[str]:
    opens = open_by_day(document, web)
    least_minor, on = least_open(opens, document.counts_on)
    if least_minor < 0:
        yield f"is over-allocated by {-least_minor} on {on}"
    try:
        canonical = replay.canonical(document) if document.kind in AGED else []
    except NoRoom as short:
        yield f"has instalments that are over-allocated: {short}"
        return
    if wrong := differences(canonical, there, closed_through):
        days = ", ".join(sorted({str(one.effective_on) for one in wrong}))
        yield f"has other entries than its facts give, on {days}"


async def _open_items(tx: ReadTx) -> AsyncIterator[Finding]:
    for row in await _rows(tx, _QUERIES.items_that_differ, {"business_id": tx.business.id, "limit": AT_ONCE}):
        what = f"is kept as open by {row.kept_minor}, and its entries add up to {row.summed_minor}"
        yield Finding(f"document {row.document_id}", what)


async def _checkpoints(tx: ReadTx) -> AsyncIterator[Finding]:
    business = {"business_id": tx.business.id}
    for row in await _rows(tx, _QUERIES.checkpoints, business):
        values = business | {"side": row.side, "through_on": row.through_on, "version": row.version}
        [answer] = await _rows(tx, _QUERIES.checkpoint_differs, values)
        if answer.differs:
            yield Finding(f"checkpoint {row.side} {row.through_on}", "does not hold the sums of the entries")


async def _rows(tx: ReadTx, query: str, values: dict[str, Any]) -> Sequence[Any]:
    return await (await tx.connection.execute(query, values)).fetchall()


def _by(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    grouped: dict[Any, list[Any]] = {}
    for key, value in pairs:
        grouped.setdefault(key, []).append(value)
    return grouped
