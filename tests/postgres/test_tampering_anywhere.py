"""For any history and any row of it, whatever is changed, added or taken away with plain SQL is found.

What is outside of that is said in tests/postgres/test_tampering.py.
"""

import re
from collections.abc import Collection
from random import Random
from typing import Final, NamedTuple

import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql

from duebook.db.embedded import Urls
from duebook.db.pool import Connection, Database
from duebook.ledger.heads import Heads, signed_heads
from duebook.tenancy.businesses import business
from duebook.tenancy.facts import Business, PartnerId
from duebook.tenancy.keys import create_key, rotate_key
from duebook.tenancy.verify import partners_named
from tests.oracle.histories import made_up
from tests.postgres.tampering import found_by_heads, found_in_books, found_of_partners, meddling
from tests.postgres.test_ledger_chain import TABLES
from tests.postgres.test_tampering import KEY, NOON
from tests.postgres.worlds import books_of

OF_A_BUSINESS: Final = (*TABLES, "ledger_version", "book", "open_item")
OF_A_PARTNER: Final = ("partner", "partner_key", "business", "partner_event")
OUTSIDE: Final = {("book", "unfolded"), ("partner_key", "last_used_at"), ("ledger_version", "form")}
AT_ONCE: Final = 12
"""How much is tried with each history."""


class Column(NamedTuple):
    """A column, its type, the texts that it may hold if these are fixed, and whether a unique key is made with it."""

    name: str
    type: str
    texts: list[str]
    nullable: bool
    unique: bool


_COLUMNS: Final = """
SELECT attname::text AS name,
       format_type(CASE typtype WHEN 'd' THEN typbasetype ELSE atttypid END, NULL) AS type,
       (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contypid = atttypid) AS domain,
       NOT attnotnull AS nullable,
       EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisunique AND attnum = ANY (indkey)) AS unique
  FROM pg_attribute
  JOIN pg_type ON pg_type.oid = atttypid
 WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
 ORDER BY attnum
"""


async def columns(connection: Connection, table: str) -> list[Column]:
    """The columns of a table that are covered."""
    rows = await (await connection.execute(_COLUMNS, [table])).fetchall()
    texts = {row.name: re.findall(r"'(\w+)'", row.domain or "") for row in rows}
    return [
        Column(row.name, row.type, texts[row.name], row.nullable, row.unique)
        for row in rows
        if (table, row.name) not in OUTSIDE
    ]


def other(rng: Random, column: Column) -> sql.Composable:
    """An expression for another value than the column has."""
    name = sql.Identifier(column.name)
    if column.nullable and rng.random() < 0.3:
        return sql.SQL("CASE WHEN {0} IS NULL THEN {1} END").format(name, another(rng, column))
    return another(rng, column)


def another(rng: Random, column: Column) -> sql.Composable:
    """An expression for another value than the column has, which is not null."""
    name = sql.Identifier(column.name)
    if column.texts:
        first, second = rng.sample(column.texts, 2)
        return sql.SQL("CASE {0} WHEN {1} THEN {2} ELSE {1} END").format(name, first, second)
    match column.type:
        case "uuid":
            return sql.SQL("gen_random_uuid()")
        case "text":
            return sql.SQL("coalesce({0}, '') || {1}").format(
                name, rng.choice(["x", " ", "\N{COMBINING ACUTE ACCENT}"])
            )
        case "bigint" | "integer" | "smallint" | "numeric":
            return sql.SQL("coalesce({0}, 0) + {1}").format(name, sql.Literal(rng.choice([1, -1, 100])))
        case "boolean":
            return sql.SQL("{0} IS NOT TRUE").format(name)
        case "date":
            return sql.SQL("coalesce({0}, '2025-01-01') + {1}").format(name, sql.Literal(rng.choice([1, -1, 400])))
        case "timestamp with time zone":
            seconds = rng.choice(["1 microsecond", "-1 microsecond", "1 year", "-1 year"])
            return sql.SQL("coalesce({0}, now()) + {1}::interval").format(name, seconds)
        case "bytea":
            return sql.SQL("{0} || '\\x00'").format(name)
        case "json":
            changed = ("({0}::text || ' ')::json", "json_build_array({0})", "json_build_object('x', {0})")
            return sql.SQL(rng.choice(changed)).format(name)
    raise AssertionError(column)


async def meddle(rng: Random, connection: Connection, of: Business) -> str:
    """Change, add or take away one row of a business or of its partner; what was done, empty if it cannot be."""
    table = rng.choice(OF_A_BUSINESS + OF_A_PARTNER)
    whose = "id" if table == "partner" else "partner_id" if table in OF_A_PARTNER else "business_id"
    owner = of.partner_id if table in OF_A_PARTNER else of.id
    names: dict[str, sql.Composable] = {"table": sql.Identifier(table), "whose": sql.Identifier(whose)}
    query = sql.SQL("SELECT ctid::text FROM {table} WHERE {whose} = %s ORDER BY ctid").format(**names)
    rows = await (await connection.execute(query, [owner])).fetchall()
    if not rows:
        return ""
    place = rng.choice(rows).ctid
    covered = await columns(connection, table)
    match rng.choice(["change"] * 4 + ["add", "take away"]):
        case "change":
            column = rng.choice(covered)
            names |= {"column": sql.Identifier(column.name), "value": other(rng, column)}
            done = "UPDATE {table} AS one SET {column} = {value}"
        case "add":
            keys = [one for one in covered if one.unique and one.name not in (whose, "side", "kind")]
            pairs = [item for one in keys for item in (sql.Literal(one.name), another(rng, one))]
            names["keys"] = sql.SQL(", ").join(pairs)
            record = "jsonb_populate_record(one, jsonb_build_object({keys}))"
            done = f"INSERT INTO {{table}} SELECT ({record}).* FROM {{table}} AS one"
            if not keys:
                return ""
        case _:
            done = "DELETE FROM {table} AS one"
    statement = sql.SQL(done + " WHERE one.ctid = %s::tid").format(**names)
    try:
        async with connection.transaction():
            await connection.execute(statement, [place])
    except (psycopg.IntegrityError, psycopg.DataError):
        return ""
    return str(statement.as_string(connection))


@settings(
    max_examples=max(5, settings().max_examples // 12),
    phases=[Phase.generate],  # what comes of a smaller seed is not smaller
    # The pool outlives an example on purpose; each example keeps books of its own in it.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.binary(min_size=8, max_size=8))
async def test_whatever_is_changed_is_found(database: Database, database_urls: Urls, seed: bytes) -> None:
    """For any history, when any one row is changed in any column, added or taken away, then it is found."""
    rng = Random(seed)
    books, _ = await books_of(database, made_up(rng, longest=6))
    of = await business(database, None, books.business_id)
    await create_key(database, of.partner_id, name="one more")
    await rotate_key(database, of.partner_id)
    async with database.readers.connection() as reading:
        heads = await signed_heads(reading, KEY, NOON)
        others = set(await partners_named(reading)) - {of.partner_id}
    async with meddling(database_urls) as connection:
        async with connection.transaction(force_rollback=True):
            assert await found(connection, database_urls, of, heads, others) == []
        for _ in range(AT_ONCE):
            async with connection.transaction(force_rollback=True):
                if done := await meddle(rng, connection, of):
                    assert await found(connection, database_urls, of, heads, others), done


async def found(
    connection: Connection, urls: Urls, of: Business, heads: Heads, others: Collection[PartnerId]
) -> list[str]:
    """What is found by verifying, or else by heads; of the other partners there are, nothing is asked."""
    return (
        await found_in_books(connection, urls, of)
        or await found_of_partners(connection, urls, others)
        or await found_by_heads(connection, urls, heads)
    )
