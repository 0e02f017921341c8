"""Every table and every verb, tried by the role that serves on rows of another tenant: what the database refuses.

Tables are read from the catalogue, so a new one takes part by itself.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from duebook.db.embedded import Urls
from duebook.db.pool import connected
from duebook.tenancy.errors import BusinessNotFound
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx, write_tx
from tests.attacks.tally import Attack
from tests.postgres.test_tenancy import become, tenants

__all__ = ["tenants"]

Statement = LiteralString

READ: Final[dict[str, Statement]] = {
    "select": "SELECT * FROM {0} WHERE business_id = {theirs}",
    "select all others": "SELECT * FROM {0} WHERE business_id IS DISTINCT FROM {ours}",
    "select for update": "SELECT * FROM {0} WHERE business_id = {theirs} FOR UPDATE",
    "select for key share": "SELECT * FROM {0} WHERE business_id = {theirs} FOR KEY SHARE",
    "join": "SELECT b.* FROM business JOIN {0} AS b ON b.business_id = business.id WHERE business.id = {theirs}",
    "lateral": "SELECT t.* FROM business, LATERAL (SELECT * FROM {0} WHERE business_id = business.id) AS t"
    " WHERE business.id = {theirs}",
    "union": "SELECT business_id FROM {0} WHERE business_id = {theirs} UNION ALL SELECT business_id FROM {0}"
    " WHERE business_id = {theirs}",
    "copy": "COPY (SELECT * FROM {0} WHERE business_id = {theirs}) TO STDOUT",
    "sample": "SELECT * FROM {0} TABLESAMPLE SYSTEM (100) WHERE business_id = {theirs}",
    "by its place": "SELECT * FROM {0} WHERE ctid = ANY (ARRAY(SELECT format('(0,%%s)', n)::tid"
    " FROM generate_series(1, 50) AS n)) AND business_id = {theirs}",
    "by xml": "SELECT 1 WHERE query_to_xml('SELECT 1 FROM {name} WHERE business_id = ''' || {theirs} || '''',"
    " true, true, '')::text LIKE '%%row%%'",
    "by estimate": "SELECT 1 WHERE EXISTS (SELECT FROM pg_stats WHERE tablename = {text})",
    "in a block": "WITH found AS MATERIALIZED (SELECT * FROM {0}) SELECT * FROM found WHERE business_id = {theirs}",
    "a condition that tells": "SELECT 1 FROM {0} WHERE business_id = {theirs}"
    " AND 1 / (CASE WHEN business_id = {theirs} THEN 0 ELSE 1 END) = 1",
    "a text that tells": "SELECT 1 FROM {0} AS t WHERE t.business_id = {theirs} AND (t::text || 'x')::int = 1",
    "a view of one's own": "CREATE TEMP VIEW seen AS SELECT * FROM {0} WHERE business_id = {theirs};SELECT * FROM seen",
    "a prepared statement": "DEALLOCATE ALL; PREPARE asked AS SELECT * FROM {0} WHERE business_id = {theirs};"
    "EXECUTE asked",
    "a cursor": "DECLARE held CURSOR FOR SELECT * FROM {0} WHERE business_id = {theirs}; FETCH ALL FROM held",
    "a copy into a table of one's own": "CREATE TEMP TABLE taken AS SELECT * FROM {0} WHERE business_id = {theirs};"
    "SELECT * FROM taken",
    "a block of code": "DO $$ BEGIN IF EXISTS (SELECT FROM {0} WHERE business_id = {theirs}) THEN"
    " CREATE TEMP TABLE was_there (n int); END IF; END $$; SELECT 1 WHERE to_regclass('was_there') IS NOT NULL",
    "without row security": "SET LOCAL row_security = off; SELECT * FROM {0} WHERE business_id = {theirs}",
}
"""Ways to read; each is refused or finds nothing. `{{theirs}}` and `{{ours}}` are ids, `{{0}}` is the table."""

WRITE: Final[dict[str, Statement]] = {
    "insert": "INSERT INTO {0} SELECT * FROM jsonb_populate_record(NULL::{0}, {row})",
    "insert returning": "INSERT INTO {0} SELECT * FROM jsonb_populate_record(NULL::{0}, {row}) RETURNING *",
    "insert or nothing": "INSERT INTO {0} SELECT * FROM jsonb_populate_record(NULL::{0}, {row}) ON CONFLICT DO NOTHING",
    "insert or update": "INSERT INTO {0} SELECT * FROM jsonb_populate_record(NULL::{0}, {row})"
    " ON CONFLICT ({key}) DO UPDATE SET {column} = EXCLUDED.{column}",
    "update": "UPDATE {0} SET {column} = {column} WHERE business_id = {theirs} RETURNING *",
    "move over": "UPDATE {0} SET business_id = {ours} WHERE business_id = {theirs} RETURNING *",
    "give away": "UPDATE {0} SET business_id = {theirs} RETURNING *",
    "delete": "DELETE FROM {0} WHERE business_id = {theirs} RETURNING *",
    "delete using": "DELETE FROM {0} USING business WHERE {0}.business_id = business.id AND business.id = {theirs}"
    " RETURNING 1",
    "truncate": "TRUNCATE {0} CASCADE",
    "merge": "MERGE INTO {0} AS t USING (SELECT {theirs}::uuid AS id) AS s ON t.business_id = s.id"
    " WHEN MATCHED THEN DELETE",
    "merge update": "MERGE INTO {0} AS t USING (SELECT {theirs}::uuid AS id) AS s ON t.business_id = s.id"
    " WHEN MATCHED THEN UPDATE SET {column} = t.{column}",
    "copy from": "COPY {0} FROM STDIN",
    "lock": "LOCK TABLE {0} IN ACCESS EXCLUSIVE MODE; SELECT 1",
    "disable row security": "ALTER TABLE {0} DISABLE ROW LEVEL SECURITY",
    "force no more": "ALTER TABLE {0} NO FORCE ROW LEVEL SECURITY",
    "drop the policy": "DROP POLICY tenant ON {0}",
    "another policy": "CREATE POLICY open ON {0} USING (true)",
    "alter the policy": "ALTER POLICY tenant ON {0} USING (true)",
    "a trigger": "CREATE TRIGGER t BEFORE INSERT ON {0} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "a rule": "CREATE RULE r AS ON SELECT TO {0} DO INSTEAD SELECT 1",
    "an index": "CREATE INDEX ON {0} (business_id)",
    "a column": "ALTER TABLE {0} ADD COLUMN extra int",
    "drop": "DROP TABLE {0} CASCADE",
    "rename": "ALTER TABLE {0} RENAME TO other",
    "own": "ALTER TABLE {0} OWNER TO CURRENT_USER",
    "grant": "GRANT ALL ON {0} TO PUBLIC",
    "statistics": "CREATE STATISTICS s ON business_id, ctid FROM {0}",
    "cluster": "CLUSTER {0}",
    "child": "CREATE TABLE child () INHERITS ({0})",
    "replicate": "CREATE PUBLICATION p FOR TABLE {0}",
    "comment": "COMMENT ON TABLE {0} IS 'x'",
}
"""Ways to change rows or the table itself; each is refused or changes nothing."""

AROUND: Final[dict[str, Statement]] = {
    "become the owner": "SET ROLE duebook_owner",
    "become who reads all": "SET ROLE pg_read_all_data",
    "become who writes all": "SET ROLE pg_write_all_data",
    "another session user": "SET SESSION AUTHORIZATION duebook_owner",
    "join the owner": "GRANT duebook_owner TO CURRENT_USER",
    "bypass": "ALTER ROLE CURRENT_USER BYPASSRLS",
    "a superuser": "CREATE ROLE evil SUPERUSER LOGIN",
    "a role": "CREATE ROLE evil",
    "a database": "CREATE DATABASE evil",
    "a schema": "CREATE SCHEMA evil",
    "a table": "CREATE TABLE evil (n int)",
    "a function": "CREATE FUNCTION evil() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "a view": "CREATE VIEW evil AS SELECT 1",
    "an extension": "CREATE EXTENSION dblink",
    "a trusted extension": "CREATE EXTENSION pgcrypto",
    "a language": "CREATE LANGUAGE plpython3u",
    "no triggers": "SET session_replication_role = replica",
    "a setting of the server": "ALTER SYSTEM SET log_statement = 'all'",
    "a setting of the database": "ALTER DATABASE duebook SET row_security = off",
    "a file": "SELECT pg_read_file('PG_VERSION')",
    "a folder": "SELECT pg_ls_dir('.')",
    "a file into an object": "SELECT lo_import('/etc/passwd')",
    "copy a file in": "COPY (SELECT 1) TO '/tmp/evil'",
    "run a program": "COPY (SELECT 1) TO PROGRAM 'id'",
    "forget statistics": "SELECT pg_stat_reset()",
    "read digests": "SELECT * FROM pg_authid",
    "read passwords": "SELECT passwd FROM pg_shadow",
    "read statistics": "SELECT * FROM pg_statistic",
    "read the log": "SELECT pg_current_logfile()",
    "replicate": "SELECT pg_create_logical_replication_slot('evil', 'test_decoding')",
    "default privileges": "ALTER DEFAULT PRIVILEGES FOR ROLE duebook_owner GRANT ALL ON TABLES TO PUBLIC",
    "an event trigger": "CREATE EVENT TRIGGER t ON ddl_command_start EXECUTE FUNCTION evil()",
    "shadow the catalogue": "CREATE FUNCTION pg_catalog.current_setting(text, boolean) RETURNS text LANGUAGE sql AS ''",
    "shadow by public": "CREATE FUNCTION public.current_setting(text, boolean) RETURNS text LANGUAGE sql AS ''",
}
"""Ways around the tables altogether; every one is refused."""


REFUSALS: Final = (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)
"""With what a statement is refused that is good in itself."""

IDS: Final = {"party_id", "document_id", "source_id", "charge_id", "target_id", "cause_id"}
"""Columns that hold the id of something else in the same books."""

LOCKED: Final = {"open_item", "checkpoint", "checkpoint_sum"}
"""Whoever may delete from a table may lock it: no more than a long statement of one's own does to others."""


@dataclass(frozen=True)
class Table:
    """A table of a business's books: its name, its key, a row of theirs, and a column that we may update, if any."""

    name: str
    key: list[str]
    row: str
    column: str


@dataclass(frozen=True)
class Ground:
    """A connection of the serving role, whose tenant is ours or nobody, and the tables with rows of theirs."""

    connection: psycopg.Connection
    tables: list[Table]
    ours: str
    theirs: str

    def tried(self, statement: Statement, table: Table) -> list[str]:
        """What a statement gets, taken back afterwards; nothing if it is refused or finds nothing."""
        try:
            with self.connection.transaction(force_rollback=True):
                return self._rows(self._filled(statement, table))
        except psycopg.Error as error:
            refused = isinstance(error, REFUSALS) and self.theirs not in str(error.diag.message_detail)
            return [] if refused else [f"{type(error).__name__}: {error}"]

    def _rows(self, statement: sql.Composed) -> list[str]:
        with self.connection.cursor() as cursor:
            if "TO STDOUT" in statement.as_string():
                with cursor.copy(statement) as copy:
                    return [str(bytes(one)) for one in copy]
            if "FROM STDIN" in statement.as_string():
                with cursor.copy(statement):
                    return ["copying is let in"]
            cursor.execute(statement)
            while cursor.nextset():
                pass
            return [str(one) for one in cursor.fetchall()] if cursor.description else ["done"] * max(cursor.rowcount, 0)

    def _filled(self, statement: Statement, table: Table) -> sql.Composed:
        text = statement.replace("%%", "%")
        return sql.SQL(text).format(
            sql.Identifier(table.name),
            name=sql.Identifier(table.name),
            text=sql.Literal(table.name),
            ours=sql.Literal(self.ours),
            theirs=sql.Literal(self.theirs),
            row=sql.SQL("{}::jsonb").format(sql.Literal(table.row)),
            key=sql.SQL(", ").join(map(sql.Identifier, table.key)),
            column=sql.Identifier(table.column),
        )


@pytest.fixture(params=["nobody", "ours"])
def ground(
    request: pytest.FixtureRequest, tenants: tuple[BusinessId, BusinessId], database_urls: Urls
) -> Iterator[Ground]:
    """The ground to fight on, once without a tenant and once as ours."""
    ours, theirs = tenants
    with psycopg.connect(database_urls.superuser, autocommit=True) as owner:
        owner.execute("ANALYZE")
        tables = [table_of(owner, name, theirs) for name in tenant_tables(owner)]
    with psycopg.connect(database_urls.serve) as connection:
        if request.param == "ours":
            become(connection, ours)
        yield Ground(connection, tables, str(ours), str(theirs))
        connection.rollback()


def tenant_tables(owner: psycopg.Connection) -> list[str]:
    """All tables with a business's id, by the catalogue."""
    found = owner.execute(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'business_id' ORDER BY table_name"
    )
    return [name for (name,) in found]


def table_of(owner: psycopg.Connection, name: str, theirs: BusinessId) -> Table:
    """A table, and a row of theirs in it; each has one."""
    key = owner.execute(
        "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)"
        " WHERE indrelid = %s::regclass AND indisprimary",
        [name],
    ).fetchall()
    row = owner.execute(
        sql.SQL("SELECT to_jsonb(t)::text FROM {} AS t WHERE business_id = %s LIMIT 1").format(sql.Identifier(name)),
        [theirs],
    ).fetchone()
    assert row is not None, f"{name}: say in the fixture `tenants` how a row of it comes about"
    updated = owner.execute(
        "SELECT column_name FROM information_schema.column_privileges WHERE table_name = %s"
        " AND privilege_type = 'UPDATE' AND grantee LIKE '%%serve' ORDER BY column_name LIMIT 1",
        [name],
    ).fetchone()
    return Table(name, [column for (column,) in key], row[0], updated[0] if updated else "business_id")


def test_nothing_of_theirs_is_read(ground: Ground, attack: Attack) -> None:
    """Given rows of another tenant in every table, when they are read in any way, then nothing is found."""
    for table in ground.tables:
        for name, statement in READ.items():
            attack.tried(f"{name}: {table.name}", *ground.tried(statement, table))
    attack.failed(at_least=15 * len(READ))


def test_nothing_of_theirs_is_changed(ground: Ground, attack: Attack) -> None:
    """Given the same, when rows or tables are changed in any way, then it is refused or changes nothing."""
    for table in ground.tables:
        for name, statement in WRITE.items():
            if name != "lock" or table.name not in LOCKED:
                attack.tried(f"{name}: {table.name}", *ground.tried(statement, table))
    attack.failed(at_least=14 * len(WRITE))


def test_there_is_no_way_around(tenants: tuple[BusinessId, BusinessId], database_url: str, attack: Attack) -> None:
    """Given the serving role, when it would be another, make something, or reach the machine, then it may not."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for name, statement in AROUND.items():
            try:
                attack.tried(name, str(connection.execute(statement).statusmessage))
            except psycopg.Error as error:
                attack.tried(name, *([] if isinstance(error, REFUSALS) else [str(error)]))
    attack.failed(at_least=len(AROUND))


def test_a_key_of_theirs_is_one_that_never_was(ground: Ground, attack: Attack) -> None:
    """Given rows that point at others, when ours would point at theirs, then it fails as for what is not there at all.

    A foreign key is checked past row-level security, but every one of them holds the business's id.
    """
    for table in ground.tables:
        row: dict[str, Any] = json.loads(table.row)
        pointing = [name for name, value in row.items() if name in IDS and value]
        for column in pointing:
            told = set()
            for value in (row[column], str(uuid4())):
                ours = json.dumps(row | {"business_id": ground.ours, column: value})
                statement = "INSERT INTO {0} SELECT * FROM jsonb_populate_record(NULL::{0}, {row})"
                got = ground.tried(statement, replace(table, row=ours))
                told.add(" ".join(got).replace(value, "ID"))
            attack.tried(f"{table.name}.{column}", *(told if len(told) > 1 else []))
    attack.failed(at_least=9)


def test_what_is_prepared_as_one_tenant_is_run_as_the_other(
    tenants: tuple[BusinessId, BusinessId], database_url: str
) -> None:
    """Given statements prepared as theirs, when run again on the same connection, then they see what is set."""
    ours, theirs = tenants
    query = "SELECT DISTINCT business_id FROM entry"
    with psycopg.connect(database_url, prepare_threshold=0) as connection:
        for tenant, seen in ((theirs, {theirs}), (ours, {ours}), (None, set()), (theirs, {theirs}), (None, set())):
            with connection.transaction():
                if tenant is not None:
                    become(connection, tenant)
                for _ in range(6):  # a plan for any parameters is made after five
                    assert {one for (one,) in connection.execute(query, prepare=True)} == seen


async def test_a_connection_forgets_whose_it_was(tenants: tuple[BusinessId, BusinessId], database_url: str) -> None:
    """Given pools of one connection, when books were read, refused or broken off, then no tenant is left set."""
    ours, _ = tenants
    asked = "SELECT coalesce(current_setting('duebook.business_id', true), '')"
    async with connected(database_url, readers=1, writers=1) as database:
        async with read_tx(database, OPERATOR, ours):
            pass
        with pytest.raises(RuntimeError):
            async with write_tx(database, OPERATOR, ours, "test"):
                raise RuntimeError
        with pytest.raises(BusinessNotFound):
            async with write_tx(database, OPERATOR, BusinessId(uuid4()), "test"):
                pass
        for pool in (database.readers, database.writers):
            async with pool.connection() as connection:
                assert await (await connection.execute(asked)).fetchone() == ("",)


def test_statistics_tell_no_values(ground: Ground, attack: Attack) -> None:
    """Given tables that are analysed, when their statistics are read, then they hold no values of anybody's.

    How many rows a table has in all, the role can see: in pg_class and in the estimates of plans.
    """
    for view in ("pg_stats", "pg_stats_ext", "pg_stats_ext_exprs"):
        for table in ground.tables:
            attack.tried(view, *ground.tried(f"SELECT * FROM {view} WHERE tablename = {{text}}", table))
    attack.failed(at_least=45)


SHARED: Final = {
    "business": {"INSERT", "SELECT"},
    "partner": {"INSERT", "SELECT"},
    "partner_event": {"INSERT", "SELECT"},
    "partner_key": {"INSERT", "SELECT", "UPDATE (last_used_at)", "UPDATE (revoked_at)"},
    "signing_key": {"INSERT", "SELECT", "UPDATE (private_pem)", "UPDATE (retired_at)"},
    "schema_migration": {"SELECT"},
}
"""What the serving role may do to the tables that all businesses share, which have no row-level security.

It finds out whose a key or a token is, so it reads partners, digests of keys, signing keys and businesses; the
command line makes them as the same role. It takes back and retires, and notes when a key was used. It deletes nothing,
and changes neither a name nor a digest nor whose a business is.
"""


def test_what_may_be_done_to_shared_tables_is_listed(database_urls: Urls) -> None:
    """Given the catalogue, when the role's rights to tables without a business's id are read, then they are those."""
    with psycopg.connect(database_urls.superuser) as connection:
        books = set(tenant_tables(connection))
        whole = connection.execute(
            "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
            " WHERE table_schema = 'public' AND grantee LIKE '%serve'"
        ).fetchall()
        parts = connection.execute(
            "SELECT table_name, privilege_type, column_name FROM information_schema.column_privileges"
            " WHERE table_schema = 'public' AND grantee LIKE '%serve'"
        ).fetchall()
        sequences = connection.execute("SELECT count(*) FROM pg_sequences").fetchone()
    found: dict[str, set[str]] = defaultdict(set)
    for table, right in whole:
        found[table].add(right)
    for table, right, column in parts:
        if right not in found[table]:
            found[table].add(f"{right} ({column})")
    assert {table: rights for table, rights in found.items() if table not in books} == SHARED
    assert sequences == (0,)
