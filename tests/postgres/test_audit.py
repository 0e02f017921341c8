"""The audit against the facts themselves, read as plain rows: nothing here knows how an audit is made."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duebook.db.pool import Database
from duebook.ledger.audit import audited, page, pages
from duebook.ledger.audit_records import Record
from duebook.ledger.facts import DocumentId, PartyId
from duebook.tenancy.facts import OPERATOR
from tests.oracle.histories import histories
from tests.oracle.said import History
from tests.postgres.worlds import Books, books_of, invoice, payment, tagged

Known = dict[tuple[str, ...], dict[str, Any]]
"""What is known, by thing: each field as JSON says it."""

_BOOKS = ("books",)
_PARTIES = """
SELECT DISTINCT ON (party_id) party_id::text, name, archived, net_days, end_of_month, tags, profile
  FROM party_fact WHERE business_id = %s ORDER BY party_id, version DESC
"""
_DOCUMENTS = """
SELECT DISTINCT ON (document_id) document_id::text, state, party_id::text, number, issued_on::text, received_on::text,
       due_on::text, due_from, currency, amount_minor, base_minor, tags, body, opening_on::text, net_days, end_of_month,
       instalments, due_changes, status, returned_on::text, reason
  FROM document_fact WHERE business_id = %s ORDER BY document_id, version DESC
"""
_ALLOCATIONS = """
SELECT DISTINCT ON (id) id::text, effective_on::text, stated, amount_minor, source_minor, instalment, ended_on::text
  FROM allocation WHERE business_id = %s ORDER BY id, version DESC
"""
_RATES = """
SELECT DISTINCT ON (currency, quoted_on) currency, quoted_on::text, rate::text
  FROM rate WHERE business_id = %s ORDER BY currency, quoted_on, version DESC, sequence DESC
"""
_CLOSED = """
SELECT starts_on::text, closed_through::text, late
  FROM book_fact WHERE business_id = %s ORDER BY version DESC LIMIT 1
"""
_TAGS = """
SELECT DISTINCT ON (key, value) key, value, display_name, archived_version
  FROM tag_fact WHERE business_id = %s ORDER BY key, value, version DESC, sequence DESC
"""


def _without_nulls(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _terms(fields: dict[str, Any]) -> dict[str, Any]:
    days, month_end = fields.pop("net_days"), fields.pop("end_of_month")
    return fields | {"terms": None if days is None else {"net_days": days, "end_of_month": month_end}}


async def known(books: Books) -> Known:
    """What the books hold now."""

    async def rows(query: str) -> list[dict[str, Any]]:
        found = await books.read(lambda tx: _fetched(tx, query))
        return [row._asdict() for row in found]

    async def _fetched(tx: Any, query: str) -> Any:
        return await (await tx.connection.execute(query, [books.business_id])).fetchall()

    facts: Known = {_BOOKS: {"late": "refuse"}}
    for row in await rows(_PARTIES):
        party_id = row.pop("party_id")
        facts["party", party_id] = _terms(row)
    for row in await rows(_DOCUMENTS):
        row["instalments"] = [{"due_on": due_on, "amount_minor": minor} for due_on, minor in row["instalments"]]
        row["due_changes"] = [
            {"from_on": from_on, "instalment": instalment, "due_on": due_on}
            for from_on, instalment, due_on in row["due_changes"]
        ]
        document_id = row.pop("document_id")
        facts["document", document_id] = _terms(row)
    for row in await rows(_ALLOCATIONS):
        facts["allocation", row.pop("id")] = row
    for row in await rows(_RATES):
        facts["rate", row.pop("currency"), row.pop("quoted_on")] = row
    for row in await rows(_CLOSED):
        facts[_BOOKS] = row
    for row in await rows(_TAGS):
        facts["tag", row.pop("key"), row.pop("value")] = {
            "name": row["display_name"],
            "archived_version": row["archived_version"],
        }
    return {thing: _without_nulls(fields) for thing, fields in facts.items()}


def _thing(change: Mapping[str, Any]) -> tuple[str, ...]:
    """What a change is about."""
    names = {"rate": ("currency", "quoted_on"), "books": (), "tag": ("key", "value")}.get(change["thing"], ("id",))
    return (change["thing"], *(change[name] for name in names))


def replay(facts: Known, records: Iterable[Any]) -> Known:
    """What is known after these records; each field was before what the one before left."""
    for record in msgspec.json.decode(msgspec.json.encode(list(records))):
        for change in record["changes"]:
            thing = _thing(change)
            assert change["created"] is (thing not in facts)
            before = facts.get(thing, {})
            said = {one["field"]: one for one in change["fields"]}
            assert {name: one["before"] for name, one in said.items()} == {name: before.get(name) for name in said}
            assert all(one["before"] != one["after"] for one in said.values())
            facts[thing] = _without_nulls(before | {name: one["after"] for name, one in said.items()})
    return facts


async def told(books: Books, since: int, known_at: int, at_once: int) -> list[Record]:
    """The records from one version to another, read in parts of so many changes."""
    which = await books.read(lambda tx: audited(tx, since, known_at))
    found: list[Record] = []
    after = None
    while True:
        records, after = await books.read(lambda tx, after=after: page(tx, which, after, at_once))  # type: ignore[misc]
        assert sum(len(one.changes) for one in records) <= at_once
        for one in records:
            if one.continued:
                assert found[-1].version == one.version
                found[-1].changes.extend(one.changes)
            else:
                found.append(one)
        if after is None:
            return found


@settings(
    max_examples=max(5, settings().max_examples // 10),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories(12), at_once=st.integers(1, 7), cut=st.integers(0, 12))
async def test_all_changes_give_what_is_known(database: Database, history: History, at_once: int, cut: int) -> None:
    """For any history, in parts of any size and cut at any version, each write is told once, each field before a change
    is that after the one before, and all of them together are what the books hold."""
    books, latest = await books_of(database, history)
    middle = min(cut, latest)
    records = [*await told(books, 0, middle, at_once), *await told(books, middle, latest, at_once)]
    assert [one.version for one in records] == list(range(1, latest + 1))
    expected = await known(books)
    assert replay({_BOOKS: {"late": "refuse"}}, records) == expected
    whole = [one async for part in pages(database, OPERATOR, books.business_id, await _all(books)) for one in part]
    assert msgspec.json.encode(whole) == msgspec.json.encode(records)


async def _all(books: Books) -> Any:
    return await books.read(lambda tx: audited(tx, 0, tx.version))


@settings(
    max_examples=max(5, settings().max_examples // 20),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories(12), data=st.data())
async def test_a_part_is_what_all_says_of_it(database: Database, history: History, data: st.DataObject) -> None:
    """For any history and any document or party of it, asked about alone, the changes are those of all that name it."""
    books, latest = await books_of(database, history)
    everything = [one for record in await told(books, 0, latest, 500) for one in _plain(record)]
    documents = {one["id"]: one for _, one in everything if one["thing"] == "document" and one["created"]}
    owners: dict[str, set[str]] = {}
    for _, one in everything:
        if one["thing"] == "document":
            owned = {field["after"] for field in one["fields"] if field["field"] == "party_id"}
            owners.setdefault(one["id"], set()).update(owned)
    asked = data.draw(st.sampled_from(sorted(documents)))
    aimed = {asked} | {id for id, one in documents.items() if one["target_id"] == asked}
    aimed |= {id for id, one in documents.items() if one["target_id"] in aimed}
    assert await _of(books, None, [DocumentId(UUID(asked))]) == _about(everything, aimed, None)
    party = data.draw(st.sampled_from(sorted(set.union(*owners.values()))))
    its = {id for id, parties in owners.items() if party in parties}
    assert await _of(books, [PartyId(UUID(party))], None) == _about(everything, its, party)
    assert await _of(books, [PartyId(UUID(party))], [DocumentId(UUID(asked))]) == _about(everything, its & aimed, None)


def _plain(record: Any) -> list[tuple[int, dict[str, Any]]]:
    return [(record.version, one) for one in msgspec.json.decode(msgspec.json.encode(record))["changes"]]


def _about(everything: Any, documents: set[str], party: str | None) -> list[Any]:
    named: dict[str, set[str | None]] = {
        "party": {party} - {None},
        "document": {*documents},
        "allocation": {*documents},
    }
    return [
        (version, one)
        for version, one in everything
        if {one.get("source_id"), one.get("charge_id"), one.get("id")} & named.get(one["thing"], set())
    ]


async def _of(books: Books, parties: list[PartyId] | None, documents: list[DocumentId] | None) -> list[Any]:
    which = await books.read(lambda tx: audited(tx, 0, tx.version, parties, documents))
    records, _ = await books.read(lambda tx: page(tx, which, None, 10_000))
    return [one for record in records for one in _plain(record)]


async def test_tags_are_told_with_what_they_are_given_to(database: Database) -> None:
    """Given a tagged invoice and another of the same tag, when told, then the tag is new with the first alone."""
    books, _ = await books_of(database, ())
    await books.write(invoice("A-1", 100, "2025-01-10", tags=tagged(store="7")))
    await books.write(invoice("A-2", 100, "2025-01-10", tags=tagged(store="7")), payment("P-1", 50, "2025-01-11"))
    records = await told(books, 0, 2, 3)
    things = [[one["thing"] for _, one in _plain(record)] for record in records]
    assert things == [["party", "document", "tag", "tag"], ["document", "document"]]
    assert replay({_BOOKS: {"late": "refuse"}}, records) == await known(books)
