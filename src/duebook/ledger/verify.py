"""Prove the books of a business from what is stored: nothing is believed that can be worked out again.

Holds: a report is empty only if versions have no gap, the hash chain is unbroken up to the head and covers every fact
and entry there is, every document's entries are those its facts give, no document is over-allocated on any day, open
items are the sums of entries, and checkpoints equal their recomputation.
Source: docs/rule.md, T0 and T7; docs/reference/storage.md, "The hash of a version".
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

from duebook.canonical import GENESIS
from duebook.db.queries import load
from duebook.ledger.chain import version_hash
from duebook.ledger.effects import Web, least_open, open_by_day
from duebook.ledger.facts import Document, Entry
from duebook.ledger.loading import neighbourhood
from duebook.ledger.replay import AGED, NoRoom, Replay, differences
from duebook.ledger.rows import books_of, entry_of
from duebook.ledger.store import COLUMNS, FORM, FORM_1
from duebook.tenancy.gate import ReadTx
from duebook.tenancy.verify import Finding

_LOADING: Final = load("duebook.ledger", "loading.sql")
_QUERIES: Final = load("duebook.ledger", "verify.sql")
_FACTS: Final = ("party", "party_fact", "document", "document_fact", "allocation", "rate", "book_fact", "tag_fact")
_JSON: Final = frozenset({"tags", "profile", "body", "instalments", "due_changes"})

_FIRST: Final = -(2**63)
_LAST: Final = 2**63 - 1
_UNREADABLE: Final = (ArithmeticError, LookupError, TypeError, ValueError, psycopg.DataError)
"""What becomes of values that no write ever made."""

AT_ONCE: Final = 1_000
"""How many versions or documents are read together."""


async def verify(tx: ReadTx) -> AsyncIterator[Finding]:
    """All findings, as they are found."""
    for part in (_chain, _documents, _open_items, _checkpoints):
        try:
            async for finding in part(tx):
                yield finding
        except _UNREADABLE as unreadable:
            yield Finding("the books", f"hold something that nothing can be worked out from: {unreadable!r}")


async def _chain(tx: ReadTx) -> AsyncIterator[Finding]:
    values: dict[str, Any] = {"business_id": tx.business.id, "limit": AT_ONCE, "after": 0}
    before, hashed, recorded_at, form, covered_through = 0, GENESIS, None, 0, _FIRST
    while versions := await _rows(tx, _QUERIES.versions, values):
        recorded = await _recorded(tx, covered_through + 1, versions[-1].version)
        covered_through = versions[-1].version
        for row in versions:
            if row.version != before + 1:
                yield Finding(f"version {row.version}", f"follows version {before}: there is a gap")
            if recorded_at and row.recorded_at < recorded_at:
                yield Finding(f"version {row.version}", "was recorded before the version it follows")
            if not form <= row.form <= FORM:
                yield Finding(f"version {row.version}", f"is hashed in form {row.form}, after one of form {form}")
            rows = recorded.pop(row.version, {})
            facts = [(table, _covered(table, one, row.form)) for table in _FACTS for one in rows.get(table, ())]
            time = row.recorded_at.astimezone(UTC)
            expected = version_hash(hashed, row.version, time, row.operation, row.actor, facts, rows.get("entry", ()))
            if expected != row.hash:
                yield Finding(f"version {row.version}", "does not have the hash of what it recorded")
            before, hashed, recorded_at, form = row.version, row.hash, row.recorded_at, row.form
        for finding in _of_no_version(recorded):
            yield finding
        values["after"] = before
    for finding in _of_no_version(await _recorded(tx, covered_through + 1, _LAST)):
        yield finding
    [head] = await _rows(tx, _QUERIES.head, values)
    if (head.version, head.hash) != (before, hashed):
        yield Finding("the head", f"is version {head.version}, and the last version recorded is {before}")
    elif recorded_at and head.recorded_at != recorded_at:
        yield Finding("the head", "has another time than the last version")


def _of_no_version(recorded: Mapping[int, Iterable[str]]) -> Iterator[Finding]:
    for version, tables in recorded.items():
        yield Finding(f"version {version}", f"was never recorded, and there are rows of it in {', '.join(tables)}")


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
        if row.kept_minor == row.summed_minor:
            what = "is kept as open with other days, side, currency or base amount than its entries have"
        yield Finding(f"document {row.document_id}", what)


async def _checkpoints(tx: ReadTx) -> AsyncIterator[Finding]:
    business = {"business_id": tx.business.id}
    for row in await _rows(tx, _QUERIES.checkpoints, business):
        values = business | {"side": row.side, "through_on": row.through_on, "version": row.version}
        [answer] = await _rows(tx, _QUERIES.checkpoint_differs, values)
        if row.version > tx.version:
            yield Finding(f"checkpoint {row.side} {row.through_on}", f"is of version {row.version}, which is to come")
        elif answer.differs:
            yield Finding(f"checkpoint {row.side} {row.through_on}", "does not hold the sums of the entries")


async def _rows(tx: ReadTx, query: str, values: dict[str, Any]) -> Sequence[Any]:
    return await (await tx.connection.execute(query, values)).fetchall()


def _by(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    grouped: dict[Any, list[Any]] = {}
    for key, value in pairs:
        grouped.setdefault(key, []).append(value)
    return grouped
