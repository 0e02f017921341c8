"""What the database itself refuses to the role that serves: other tenants' rows, and changes to what is recorded."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from duebook.db.embedded import Urls
from duebook.db.pool import connected
from duebook.http.kept_answers import answered_once, keyed
from duebook.ledger.checkpoints import refresh
from duebook.ledger.commands import AddCharge, AddSettlement, CloseBooks, NewAllocation, NewParty, PutRates
from duebook.ledger.facts import Kind, Rate, Side, Tag
from duebook.ledger.store import record
from duebook.tenancy.businesses import NewBusiness, create_business
from duebook.tenancy.facts import OPERATOR, BusinessId, WireProfile
from duebook.tenancy.gate import write_tx
from duebook.tenancy.partners import create_partner

TABLES = (
    "book",
    "ledger_version",
    "party",
    "party_fact",
    "document",
    "document_fact",
    "allocation",
    "rate",
    "book_fact",
    "tag_fact",
    "entry",
    "open_item",
    "checkpoint",
    "checkpoint_sum",
    "kept_answer",
)
NEVER_CHANGED = (
    "ledger_version",
    "party",
    "party_fact",
    "document",
    "document_fact",
    "allocation",
    "rate",
    "book_fact",
    "tag_fact",
    "entry",
    "kept_answer",
)


async def _answer() -> bytes:
    return b"{}"


@pytest.fixture(scope="module")
async def tenants(database_url: str) -> tuple[BusinessId, BusinessId]:
    """Two businesses of two partners, each with something in every table."""
    made = []
    async with connected(database_url, readers=1, writers=1) as database:
        for name in ("ours", "theirs"):
            partner, _ = await create_partner(database, name, WireProfile.PUBLISHED)
            new = NewBusiness(external_id=None, name=name, base_currency="USD")
            business_id = (await create_business(database, partner.id, new)).business.id
            charge = AddCharge(
                side=Side.RECEIVABLE,
                external_id="A-1",
                party=NewParty("ann", "Ann"),
                issued_on=date(2025, 1, 10),
                currency="USD",
                amount_minor=10_000,
                tags=(Tag("region", "north"),),
            )
            payment = AddSettlement(
                side=Side.RECEIVABLE,
                kind=Kind.PAYMENT,
                settled_on=date(2025, 2, 10),
                currency="USD",
                amount_minor=4_000,
                allocations=(NewAllocation(charge="A-1", amount_minor=4_000),),
            )
            async with write_tx(database, OPERATOR, business_id, "test") as tx:
                rate = PutRates((Rate("EUR", date(2025, 1, 1), Decimal("1.1")),))
                await record(tx, [charge, payment, rate, CloseBooks(date(2024, 12, 31))])
                await refresh(tx, 1)
                await answered_once(tx, keyed("once", "POST", "/", b""), _answer)
            made.append(business_id)
    return made[0], made[1]


@pytest.fixture
def serving(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection of the serving role, whose transaction is taken back at the end."""
    with psycopg.connect(database_url) as connection:
        yield connection
        connection.rollback()


def become(connection: psycopg.Connection, business_id: UUID) -> None:
    """Set the tenant, as the gate does."""
    connection.execute(f"SET LOCAL duebook.business_id = '{business_id}'")


def count(connection: psycopg.Connection, table: str) -> int:
    """How many rows the role sees."""
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return row[0] if row else 0


def test_every_table_of_a_business_is_named_here(database_urls: Urls) -> None:
    """Given the catalogue, when tables with a business id are listed, then these tests know them all."""
    with psycopg.connect(database_urls.superuser) as connection:
        found = connection.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'business_id'"
        ).fetchall()
    assert {name for (name,) in found} == set(TABLES)


def test_row_security_is_forced_with_one_plain_policy(database_urls: Urls) -> None:
    """Given the catalogue, when the policies are read, then each table has the one, forced, without a sub-select."""
    with psycopg.connect(database_urls.superuser) as connection:
        found = connection.execute(
            "SELECT relname, relforcerowsecurity, pg_get_expr(polqual, polrelid), polwithcheck IS NULL"
            " FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid WHERE relname = ANY (%s)",
            [list(TABLES)],
        ).fetchall()
    policy = "(business_id = (NULLIF(current_setting('duebook.business_id'::text, true), ''::text))::uuid)"
    assert sorted(found) == sorted((table, True, policy, True) for table in TABLES)


def test_every_key_leads_with_the_business(database_urls: Urls) -> None:
    """Given the catalogue, when keys and foreign keys are read, then each begins with the business's id."""
    with psycopg.connect(database_urls.superuser) as connection:
        found = connection.execute(
            "SELECT conname, pg_get_constraintdef(pg_constraint.oid) FROM pg_constraint"
            " JOIN pg_class ON pg_class.oid = conrelid WHERE contype IN ('p', 'u', 'f') AND relname = ANY (%s)",
            [list(TABLES)],
        ).fetchall()
    assert [
        name for name, definition in found if "KEY (business_id" not in definition.replace("UNIQUE (", "KEY (")
    ] == []


def test_the_serving_role_is_bound(serving: psycopg.Connection) -> None:
    """Given the serving role, when its rights are read, then it owns nothing and bypasses nothing."""
    rights = serving.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
        " EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid) FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    assert rights == (False, False, False, False, False)


@pytest.mark.parametrize("table", TABLES)
def test_without_a_tenant_there_are_no_rows(
    tenants: tuple[BusinessId, BusinessId], serving: psycopg.Connection, table: str
) -> None:
    """Given rows of two tenants, when none is set, or an empty one, then nothing is seen."""
    assert count(serving, table) == 0
    serving.execute("SET LOCAL duebook.business_id = ''")
    assert count(serving, table) == 0


@pytest.mark.parametrize("table", TABLES)
def test_a_tenant_sees_its_own_rows(
    tenants: tuple[BusinessId, BusinessId], serving: psycopg.Connection, table: str
) -> None:
    """Given rows of two tenants, when one is set, then its rows are seen, and asked by name the other's are not."""
    ours, theirs = tenants
    become(serving, ours)
    assert count(serving, table) > 0
    query = sql.SQL("SELECT count(*) FROM {} WHERE business_id <> %s OR business_id = %s").format(sql.Identifier(table))
    assert serving.execute(query, [ours, theirs]).fetchone() == (0,)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("tenant", ["none", "other"])
def test_rows_of_another_tenant_cannot_be_added(
    tenants: tuple[BusinessId, BusinessId], serving: psycopg.Connection, database_urls: Urls, table: str, tenant: str
) -> None:
    """Given a row of ours, when it is added as theirs or with no tenant set, then the row policy refuses it."""
    ours, theirs = tenants
    with psycopg.connect(database_urls.superuser) as owner:
        query = sql.SQL("SELECT to_jsonb(t)::text FROM {} AS t WHERE business_id = %s LIMIT 1")
        row = owner.execute(query.format(sql.Identifier(table)), [ours]).fetchone()
    if tenant == "other":
        become(serving, theirs)
    copy = sql.SQL("INSERT INTO {} SELECT * FROM jsonb_populate_record(NULL::{}, %s::jsonb)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        serving.execute(copy.format(sql.Identifier(table), sql.Identifier(table)), row)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_rows_of_another_tenant_cannot_be_touched(
    tenants: tuple[BusinessId, BusinessId], serving: psycopg.Connection, table: str, verb: str
) -> None:
    """Given their rows, when we change or remove them, then it is refused or touches nothing."""
    ours, theirs = tenants
    become(serving, ours)
    column = {"book": "version", "checkpoint": "version", "checkpoint_sum": "base_minor"}.get(table, "business_id")
    statement = {
        "UPDATE": "UPDATE {0} SET {1} = {1} WHERE business_id = %s",
        "DELETE": "DELETE FROM {0} WHERE business_id = %s",
    }
    query = sql.SQL(statement[verb]).format(sql.Identifier(table), sql.Identifier(column))
    try:
        touched = serving.execute(query, [theirs]).rowcount
    except psycopg.errors.InsufficientPrivilege:
        touched = 0
    assert touched == 0


@pytest.mark.parametrize("table", NEVER_CHANGED)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE"])
def test_what_is_recorded_is_never_changed(
    tenants: tuple[BusinessId, BusinessId], serving: psycopg.Connection, table: str, verb: str
) -> None:
    """Given rows of our own, when the serving role changes or removes them, then it may not."""
    become(serving, tenants[0])
    statement = {
        "UPDATE": "UPDATE {} SET version = version",
        "DELETE": "DELETE FROM {}",
        "TRUNCATE": "TRUNCATE {} CASCADE",
    }
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
        serving.execute(sql.SQL(statement[verb]).format(sql.Identifier(table)))


@pytest.mark.parametrize("statement", ["CREATE TABLE mine (n int)", "ALTER TABLE entry DISABLE ROW LEVEL SECURITY"])
def test_the_serving_role_changes_no_schema(serving: psycopg.Connection, statement: str) -> None:
    """Given the serving role, when it makes or alters a table, then it may not."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        serving.execute(statement)


async def test_a_business_that_is_not_there_cannot_be_named(database_url: str) -> None:
    """Given an id that names no business, when books are opened under it, then they are not found."""
    async with connected(database_url, readers=1, writers=1) as database:
        with pytest.raises(Exception, match="no business"):
            async with write_tx(database, OPERATOR, BusinessId(uuid4()), "test"):
                pass
