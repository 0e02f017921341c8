"""The schema that the migrations add up to, and the file that shows it."""

from collections.abc import Iterator
from importlib.resources import files
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from duebook.db.embedded import Urls
from duebook.db.migrate import MigrationChanged, ServingRoleMissing, migrate

CATALOGUES = {
    "columns": (
        "SELECT table_name, ordinal_position, column_name, data_type, domain_name, is_nullable, column_default,"
        " numeric_precision, numeric_scale FROM information_schema.columns WHERE table_schema = 'public'"
    ),
    "constraints": (
        "SELECT conrelid::regclass::text, contypid::regtype::text, conname, pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    ),
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "policies": (
        "SELECT relname, relrowsecurity, relforcerowsecurity, polname, pg_get_expr(polqual, polrelid)"
        " FROM pg_class LEFT JOIN pg_policy ON polrelid = pg_class.oid"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    ),
    "functions and triggers": (
        "SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    ),
}


@pytest.fixture
def empty(cluster: Urls) -> Iterator[str]:
    """The owner's URL of a database with nothing in it."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(make_conninfo(cluster.superuser, dbname="postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 OWNER duebook_owner')
        yield make_conninfo(cluster.owner, dbname=name)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def catalogue(url: str) -> dict[str, list[tuple[object, ...]]]:
    """What the database says of its own schema; the list of applied migrations is not a part of it."""
    with psycopg.connect(url) as connection:
        return {
            name: sorted(
                (row for row in connection.execute(query).fetchall() if "schema_migration" not in str(row)), key=str
            )
            for name, query in CATALOGUES.items()
        }


def test_the_file_shows_what_the_migrations_make(empty: str, database_urls: Urls) -> None:
    """Given a migrated database and one made from schema.sql, when their catalogues are read, then they are equal."""
    with psycopg.connect(empty) as connection:
        connection.execute(files("duebook.db").joinpath("schema.sql").read_text(encoding="utf-8"))
    assert catalogue(empty) == catalogue(database_urls.owner)


def test_the_schema_needs_nothing_installed(database_urls: Urls) -> None:
    """Given a migrated database, when it is looked over, then it has no function, trigger or extension of its own."""
    assert catalogue(database_urls.owner)["functions and triggers"] == []
    with psycopg.connect(database_urls.owner) as connection:
        assert connection.execute("SELECT extname FROM pg_extension").fetchall() == [("plpgsql",)]


def test_migrating_again_changes_nothing(cluster: Urls) -> None:
    """Given a migrated database, when it is migrated, then nothing is applied."""
    assert migrate(cluster.owner) == []


def test_a_missing_serving_role_is_named_with_its_remedy(empty: str) -> None:
    """Given a database whose serving role was not made, when it is migrated, then the answer says how to make it."""
    name = psycopg.conninfo.conninfo_to_dict(empty)["dbname"]
    with pytest.raises(ServingRoleMissing, match=f"CREATE ROLE {name}_serve LOGIN"):
        migrate(empty)


def test_an_edited_migration_is_refused(empty: str) -> None:
    """Given a migration that was applied with another text, when the database is migrated, then it is named."""
    with pytest.raises(ServingRoleMissing):
        migrate(empty)
    with psycopg.connect(empty) as connection:
        connection.execute("UPDATE schema_migration SET digest = 'x' WHERE number = 1")
    with pytest.raises(MigrationChanged, match=r"0001_books\.sql"):
        migrate(empty)
