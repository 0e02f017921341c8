"""Prove the books of a business from what is stored: nothing is believed that can be worked out again.

Holds: a report is empty only if versions have no gap, the hash chain is unbroken up to the head, every document's
entries are those its facts give, no document is over-allocated on any day, open items are the sums of entries, and
checkpoints equal their recomputation.
Source: docs/rule.md, T0 and T7; docs/reference/storage.md, "The hash of a version".
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final
from uuid import UUID

from psycopg import sql

from duebook.db.queries import load
from duebook.ledger.chain import GENESIS, version_hash
from duebook.ledger.replay import canonical, differences, least_open_from, open_by_day
from duebook.ledger.store import COLUMNS, allocation_of, document_of, entry_of
from duebook.tenancy.gate import ReadTx

_LEDGER: Final = load("duebook.ledger")
_QUERIES: Final = load("duebook.ledger", "verify.sql")
_FACTS: Final = ("party", "party_fact", "document", "document_fact", "allocation")
_JSON: Final = frozenset({"tags", "profile", "body"})

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
            facts = [(table, one) for table in _FACTS for one in rows.get(table, ())]
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


async def _documents(tx: ReadTx) -> AsyncIterator[Finding]:
    values: dict[str, Any] = {"business_id": tx.business.id, "limit": AT_ONCE, "after": UUID(int=0)}
    while ids := [row.id for row in await _rows(tx, _QUERIES.documents, values)]:
        named = {"business_id": tx.business.id, "ids": ids, "documents": ids}
        named |= {"sides": [], "kinds": [], "external_ids": []}
        documents = [document_of(row) for row in await _rows(tx, _LEDGER.documents, named)]
        allocations = [allocation_of(row) for row in await _rows(tx, _LEDGER.allocations, named)]
        touching = _by((end, one) for one in allocations for end in (one.source_id, one.charge_id))
        entries = _by(
            (one.item.document_id, one) for one in [entry_of(row) for row in await _rows(tx, _LEDGER.entries, named)]
        )
        for document in documents:
            hanging = touching.get(document.id, [])
            if wrong := differences(canonical(document, hanging), entries.get(document.id, ())):
                days = ", ".join(sorted({str(one.effective_on) for one in wrong}))
                yield Finding(f"document {document.id}", f"has other entries than its facts give, on {days}")
            least, on = least_open_from(document.issued_on, open_by_day(document, hanging))
            if least < 0:
                yield Finding(f"document {document.id}", f"is over-allocated by {-least} on {on}")
        values["after"] = ids[-1]


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
