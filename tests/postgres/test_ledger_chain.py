"""The hash of a version, worked out from the stored rows by what docs/reference/storage.md says and nothing else."""

import hashlib
import json
from datetime import UTC, date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from psycopg.rows import dict_row

from duebook.db.embedded import Urls
from duebook.db.pool import Database
from duebook.ledger.commands import PutRates
from duebook.ledger.errors import LedgerError
from duebook.ledger.facts import Rate
from duebook.ledger.store import record
from duebook.ledger.verify import verify
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx, write_tx
from tests.oracle.histories import histories
from tests.oracle.kept import Kept
from tests.oracle.said import Charge, History, Who

TABLES = {
    "party": "id side external_id",
    "party_fact": "party_id name archived net_days end_of_month tags profile",
    "document": "id side kind external_id target_id sequence",
    "document_fact": (
        "document_id state party_id number issued_on received_on due_on due_from currency amount_minor base_minor"
        " tags body opening_on net_days end_of_month instalments due_changes status returned_on reason"
    ),
    "allocation": ("id sequence source_id charge_id effective_on stated amount_minor source_minor instalment ended_on"),
    "rate": "sequence currency quoted_on rate",
    "book_fact": "starts_on closed_through late",
    "tag_fact": "sequence key value display_name archived_version",
    "entry": (
        "sequence side party_id document_id instalment unapplied document_on received_on due_on currency kind cause_id"
        " effective_on amount_minor base_minor"
    ),
}
"""The columns of each table that enter the hash, in their order, the table's order first."""

FORM_1 = {"document": 4, "document_fact": 13, "allocation": 7}
"""How many of these columns entered the hash of a version of form 1."""

BOOLEANS = {"archived", "end_of_month", "stated", "unapplied"}


def texts(connection: psycopg.Connection[Any], table: str, business_id: object, version: int, form: int) -> list[str]:
    """The text of each row of a version, in the order of the first column."""
    columns = TABLES[table].split()[: FORM_1.get(table) if form == 1 else None]
    selected = ", ".join(name if name in BOOLEANS else f"{name}::text" for name in columns)
    query = f"SELECT {selected} FROM {table} WHERE business_id = %s AND version = %s ORDER BY {table}.{columns[0]}"
    rows = connection.execute(query, [business_id, version]).fetchall()
    return [json.dumps([row[name] for name in columns], ensure_ascii=False, separators=(",", ":")) for row in rows]


def recomputed(connection: psycopg.Connection[Any], business_id: object) -> list[tuple[int, bytes]]:
    """Number and hash of each version, from the rows alone."""
    query = (
        "SELECT version, recorded_at, operation, actor::text, form FROM ledger_version"
        " WHERE business_id = %s ORDER BY version"
    )
    chain, before = [], b"\0" * 32
    for row in connection.execute(query, [business_id]).fetchall():
        time = row["recorded_at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
        lines = [f"{row['version']}|{time}|{row['operation']}|{row['actor']}"]
        for table in TABLES:
            for text in texts(connection, table, business_id, row["version"], row["form"]):
                digested = text if table == "entry" else hashlib.sha256(text.encode()).hexdigest()
                lines.append(f"{table}|{digested}")
        before = hashlib.sha256(before + "".join(f"{line}\n" for line in lines).encode()).digest()
        chain.append((row["version"], before))
    return chain


@settings(
    max_examples=max(5, settings().max_examples // 5),
    # The pool outlives an example on purpose; each example keeps books of its own in it.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(histories())
async def test_the_chain_is_recomputed_from_the_rows(database: Database, database_urls: Urls, history: History) -> None:
    """For any history, versions have no gap, their times never go back, and each hash is the one of its rows."""
    kept, written = await Kept.new(database), 0
    for write in history:
        before = await kept.version()
        try:
            await kept.write(write)
        except LedgerError:
            assert await kept.version() == before
        written = await kept.version()
        assert written in (before, before + 1)
    with psycopg.connect(database_urls.superuser, row_factory=dict_row) as connection:
        stored = connection.execute(
            "SELECT version, hash, recorded_at FROM ledger_version WHERE business_id = %s ORDER BY 1",
            [kept.business_id],
        ).fetchall()
        assert [row["version"] for row in stored] == list(range(1, written + 1))
        assert recomputed(connection, kept.business_id) == [(row["version"], row["hash"]) for row in stored]
        times = [row["recorded_at"] for row in stored]
        assert times == sorted(times)
        head = connection.execute("SELECT version, hash FROM book WHERE business_id = %s", [kept.business_id])
        last = stored[-1] if stored else {"version": 0, "hash": b"\0" * 32}
        assert head.fetchall() == [{"version": last["version"], "hash": last["hash"]}]


async def test_a_tiny_rate_enters_the_hash_as_it_is_stored(
    database: Database, database_urls: Urls, business_id: BusinessId
) -> None:
    """Given a rate that Python would print with an exponent, when recorded, then its plain text enters the hash."""
    tiny = Rate("IRR", date(2025, 3, 1), Decimal("0.00000073"))
    async with write_tx(database, OPERATOR, business_id, "test") as tx:
        await record(tx, [PutRates((tiny,))])
    with psycopg.connect(database_urls.superuser, row_factory=dict_row) as connection:
        head = connection.execute("SELECT version, hash FROM book WHERE business_id = %s", [business_id]).fetchall()
        assert recomputed(connection, business_id) == [(row["version"], row["hash"]) for row in head]
    async with read_tx(database, OPERATOR, business_id) as tx:
        assert [str(one) async for one in verify(tx)] == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_version SET actor = '{\"operator\":false}' WHERE business_id = %s",
        "UPDATE ledger_version SET operation = 'other' WHERE business_id = %s",
        "UPDATE ledger_version SET recorded_at = recorded_at + interval '1 microsecond' WHERE business_id = %s",
        'UPDATE document_fact SET body = \'{"memo": ""}\' WHERE business_id = %s',
        "UPDATE party_fact SET name = 'Eve' WHERE business_id = %s",
        "UPDATE entry SET cause_id = business_id WHERE business_id = %s",
    ],
)
async def test_a_change_behind_the_ledgers_back_is_found(database: Database, database_urls: Urls, change: str) -> None:
    """Given one version, when any part of what it recorded is changed, then its hash is another, and verify says so."""
    kept = await Kept.new(database)
    who = Who(party="a", new_name="Ann")
    charge = Charge(side="receivable", document="i", who=who, on=date(2025, 3, 1), currency="USD", amount=5)
    await kept.write((charge,))
    with psycopg.connect(database_urls.superuser, row_factory=dict_row) as connection:
        before = recomputed(connection, kept.business_id)
        connection.execute(change, [kept.business_id])
        assert recomputed(connection, kept.business_id) != before
    async with read_tx(database, OPERATOR, kept.business_id) as tx:
        assert "version 1: does not have the hash of what it recorded" in [str(one) async for one in verify(tx)]
