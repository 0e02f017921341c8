"""Books that were kept before a migration, and after it."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from duebook.aging.report import AgingQuery, Credits, aging
from duebook.db.embedded import Urls
from duebook.db.migrate import migrate, migrations, serving_role
from duebook.db.pool import connected
from duebook.ledger.commands import Allocate, EditDocument, NewAllocation
from duebook.ledger.facts import Kind, Side
from duebook.ledger.store import record
from duebook.ledger.verify import verify
from duebook.tenancy.events import last_of
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx, write_tx
from duebook.tenancy.verify import verify_partner
from tests.postgres.test_ledger_chain import recomputed

FIRST_RELEASE = """
INSERT INTO partner (id, name, wire_profile) VALUES (%(id)s, 'Example "Größer" & Söhne', 'published');
INSERT INTO partner_key (id, partner_id, secret_hash) VALUES (%(id)s, %(id)s, 'x'), (%(invoice)s, %(id)s, 'y');
UPDATE partner_key SET revoked_at = now() WHERE secret_hash = 'y';
INSERT INTO business (id, partner_id, name, base_currency, profile)
VALUES (%(id)s, %(id)s, E'Example\n1', 'USD', '{"phone": "é"}');
INSERT INTO book (business_id) VALUES (%(id)s);
INSERT INTO ledger_version (business_id, version, recorded_at, operation, actor, hash)
VALUES (%(id)s, 1, now(), 'test', '{}', '');
INSERT INTO party VALUES (%(id)s, %(id)s, 'receivable', 'ann', 1);
INSERT INTO party_fact VALUES (%(id)s, %(id)s, 1, 'Ann', false, NULL, NULL, '[]', '{}');
INSERT INTO document VALUES (%(id)s, %(invoice)s, 'receivable', 'charge', 'A-1', 1),
                            (%(id)s, %(payment)s, 'receivable', 'payment', 'P-1', 1);
INSERT INTO document_fact
VALUES (%(id)s, %(invoice)s, 1, 'issued', %(id)s, NULL, '2025-01-10', NULL, '2025-02-09', 'given', 'USD', 100, 100,
        '[]', '{}'),
       (%(id)s, %(payment)s, 1, 'issued', %(id)s, NULL, '2025-01-20', NULL, '2025-01-20', 'issue_date', 'USD', 60, 60,
        '[]', '{}');
INSERT INTO allocation VALUES (%(id)s, %(allocation)s, 1, 0, %(payment)s, %(invoice)s, '2025-01-20', false, 40);
INSERT INTO entry
VALUES (%(id)s, 1, 0, 'receivable', 'charge', %(id)s, %(invoice)s, 1, false, %(invoice)s, '2025-01-10', NULL,
        '2025-02-09', '2025-01-10', 'USD', 100, 100),
       (%(id)s, 1, 1, 'receivable', 'allocation', %(id)s, %(invoice)s, 1, false, %(payment)s, '2025-01-10', NULL,
        '2025-02-09', '2025-01-20', 'USD', -40, -40),
       (%(id)s, 1, 2, 'receivable', 'payment', %(id)s, %(payment)s, 1, true, %(payment)s, '2025-01-20', NULL,
        '2025-01-20', '2025-01-20', 'USD', -60, -60),
       (%(id)s, 1, 3, 'receivable', 'allocation', %(id)s, %(payment)s, 1, true, %(invoice)s, '2025-01-20', NULL,
        '2025-01-20', '2025-01-20', 'USD', 40, 40);
INSERT INTO open_item
VALUES (%(id)s, %(invoice)s, 1, %(id)s, '2025-02-09', 'receivable', false, '2025-01-10', NULL, 'USD', 60, 60),
       (%(id)s, %(payment)s, 1, %(id)s, '2025-01-20', 'receivable', true, '2025-01-20', NULL, 'USD', -20, -20);
"""


@pytest.fixture
def first_release(cluster: Urls) -> Iterator[tuple[Urls, dict[str, UUID]]]:
    """A database of the first release with one write in it, its hash not filled in yet."""
    name = f"test_{uuid4().hex}"
    ids = {key: uuid4() for key in ("id", "invoice", "payment", "allocation")}
    role = serving_role(name)
    with psycopg.connect(make_conninfo(cluster.superuser, dbname="postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 OWNER duebook_owner')
        connection.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD 'serve'")
        urls = Urls(
            make_conninfo(cluster.owner, dbname=name),
            make_conninfo(cluster.serve, dbname=name, user=role, password="serve"),
            make_conninfo(cluster.superuser, dbname=name),
        )
        with psycopg.connect(urls.owner) as owner:
            owner.execute(migrations()[0][2])
        with psycopg.connect(urls.superuser) as superuser:
            for statement in FIRST_RELEASE.split(";\n"):
                superuser.execute(statement, ids)
        yield urls, ids
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        connection.execute(f'DROP ROLE "{role}"')


async def test_books_of_the_first_release_stand_and_can_be_corrected(
    first_release: tuple[Urls, dict[str, UUID]],
) -> None:
    """Given a write of the first release, when its database is migrated, then its hash still holds, and the write can
    be added to and corrected."""
    urls, ids = first_release
    with psycopg.connect(urls.owner) as owner:
        owner.execute(
            "CREATE TABLE schema_migration (number integer PRIMARY KEY, name text NOT NULL, digest bytea NOT"
            " NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        owner.execute(
            "INSERT INTO schema_migration VALUES (1, %s, sha256(%s))", [migrations()[0][1], migrations()[0][2].encode()]
        )
    assert migrate(urls.owner) == [name for _, name, _ in migrations()[1:]]
    business_id = BusinessId(ids["id"])
    with psycopg.connect(urls.superuser, row_factory=dict_row) as superuser:
        [(_, hashed)] = recomputed(superuser, business_id)
        superuser.execute("UPDATE ledger_version SET hash = %s", [hashed])
        superuser.execute("UPDATE book SET hash = %s, version = 1", [hashed])
    async with connected(urls.serve, readers=1, writers=1) as database:
        async with read_tx(database, OPERATOR, business_id) as tx:
            assert [finding async for finding in verify(tx)] == []
            found = [one async for one in verify_partner(tx.connection, tx.business.partner_id)]
            last = await last_of(tx.connection, tx.business.partner_id)
        assert (found, last.sequence) == ([], 1)
        more = Allocate(
            side=Side.RECEIVABLE,
            kind=Kind.PAYMENT,
            source="P-1",
            allocations=(NewAllocation(charge="A-1", amount_minor=20),),
        )
        later = EditDocument(side=Side.RECEIVABLE, kind=Kind.CHARGE, document="A-1", due_on=date(2025, 3, 1))
        async with write_tx(database, OPERATOR, business_id, "test") as write:
            await record(write, [more, later])
        async with read_tx(database, OPERATOR, business_id) as tx:
            assert [finding async for finding in verify(tx)] == []
            query = AgingQuery(side=Side.RECEIVABLE, as_of=date(2025, 2, 20), credits=Credits.COLUMN)
            [row] = (await aging(tx, query)).rows
    assert (row.bands, row.unapplied_minor) == ((40, 0, 0, 0, 0), 0)
