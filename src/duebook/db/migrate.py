"""Bring a database to the schema of this release: numbered SQL files, forward only, each in a transaction of its own.

Runs as the owner of the database; afterwards the serving role holds exactly the grants of grants.sql. That role's
name carries the database's name, so that two databases of one server never share a role.
"""

import hashlib
from importlib.resources import files
from typing import Any, Final

import psycopg
from psycopg import sql

_LOCK: Final = 7_308_332_045_927_108_711
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS schema_migration (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    digest     bytea NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class MigrationError(Exception):
    """The schema cannot be brought to this release."""


class ServingRoleMissing(MigrationError):
    """The role that serves must exist before it can be granted anything."""

    def __init__(self, role: str) -> None:
        super().__init__(
            f"there is no role {role}, and this owner may not make one; as an administrator run: "
            f"CREATE ROLE {role} LOGIN PASSWORD '...' NOSUPERUSER NOBYPASSRLS; "
            f"ALTER ROLE {role} SET plan_cache_mode = force_custom_plan;"
        )


class MigrationChanged(MigrationError):
    """A migration that was applied is never edited."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was applied to this database with another text")


def migrations() -> list[tuple[int, str, str]]:
    """All migrations of this release in order: number, file name, text."""
    folder = files("duebook.db").joinpath("migrations")
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return sorted((int(one.name[:4]), one.name, one.read_text(encoding="utf-8")) for one in found)


def migrate(owner_url: str) -> list[str]:
    """Apply what is missing and grant; returns the names applied. Raises MigrationError or psycopg.Error."""
    applied = []
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '10s'")
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        connection.execute(_TABLE)
        there: dict[int, bytes] = dict(connection.execute("SELECT number, digest FROM schema_migration").fetchall())
        for number, name, text in migrations():
            digest = hashlib.sha256(text.encode()).digest()
            if number not in there:
                with connection.transaction():
                    connection.execute(text)
                    connection.execute(
                        "INSERT INTO schema_migration (number, name, digest) VALUES (%s, %s, %s)",
                        [number, name, digest],
                    )
                applied.append(name)
            elif there[number] != digest:
                raise MigrationChanged(name)
        _grant(connection)
    return applied


def serving_role(database: str) -> str:
    """The role that `serve` logs in as: it owns nothing."""
    return f"{database}_serve"


def raise_if_role_missing(connection: psycopg.Connection[Any]) -> None:
    """Raises ServingRoleMissing."""
    role = serving_role(connection.info.dbname)
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        raise ServingRoleMissing(role)


def _grant(connection: psycopg.Connection) -> None:
    raise_if_role_missing(connection)
    role = serving_role(connection.info.dbname)
    text = files("duebook.db").joinpath("grants.sql").read_text(encoding="utf-8")
    statements = sql.SQL(text).format(serve=sql.Identifier(role), database=sql.Identifier(connection.info.dbname))
    with connection.transaction():
        connection.execute(statements)
