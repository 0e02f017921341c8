"""Back a database up as it was at one moment, and bring it back into an empty one.

Holds: every write that was acknowledged before a backup began is in it; nothing in a backup signs a token.
Source: docs/howto/backup-and-restore.md; docs/decisions/0015-a-backup-is-a-dump-and-signed-heads.md.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection, IsolationLevel
from psycopg.rows import namedtuple_row

import duebook
from duebook.db.backup_file import DUMP, HEADS, MANIFEST, Backup, BackupError, Manifest, NewerBackup, new_backup
from duebook.db.dumps import LOCK_SECONDS, dumping, programs_for, restore_dump
from duebook.db.migrate import migrate, migrations
from duebook.db.pool import BACKUP_URL, Connection
from duebook.db.programs import Programs
from duebook.db.queries import load

_QUERIES: Final = load("duebook.db", "backups.sql")

NO_HEADS: Final = b"null\n"
"""Of books from before chains had partners."""

SignHeads = Callable[[Connection, datetime], Awaitable[bytes]]
"""Signs the heads of all chains, as a transaction that began at an instant sees them."""


class RoleIsBound(BackupError):
    """A backup is made as a role that sees every row of every business."""

    def __init__(self, role: str, database: str) -> None:
        self.role, self.database = role, database
        made = f"{database}_backup"
        super().__init__(
            f"the role {role} does not see every row, and a backup must: as an administrator run: "
            f"CREATE ROLE {made} LOGIN PASSWORD '...' BYPASSRLS; GRANT pg_read_all_data TO {made}; "
            f"GRANT CONNECT ON DATABASE {database} TO {made}; then give its URL in {BACKUP_URL}"
        )


class ServerHasNotes(BackupError):
    """What a server notes of columns for itself is left out by a pg_dump that knows of it, and restored by none."""

    def __init__(self, major: int, minor: int) -> None:
        super().__init__(
            f"this server must be backed up with a pg_dump of its own, PostgreSQL {major}.{minor} or a later {major}: "
            f"install it (Debian: apt-get install postgresql-client-{major})"
        )


class NothingThere(BackupError):
    """A database that was never migrated has nothing to back up."""

    def __init__(self, database: str) -> None:
        super().__init__(f"there are no books in the database {database}")


async def back_up(url: str, path: Path, sign_heads: SignHeads, *, overwrite: bool) -> Manifest:
    """Write a backup of the database to a file; `url` is of a role that reads all of it.

    Raises BackupError, DumpError, psycopg.Error.
    """
    with new_backup(path, overwrite=overwrite) as made:
        async with await AsyncConnection.connect(url, row_factory=namedtuple_row) as connection:
            await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
            await connection.set_read_only(True)
            reader = await _reader(connection)
            programs = _programs(connection, reader)
            held = await _row(connection, _QUERIES.contents)
            heads = await sign_heads(connection, held.taken_at) if reader.has_chains else NO_HEADS
            manifest = Manifest(
                release=duebook.__version__,
                schema=held.schema,
                server=connection.info.parameter_status("server_version") or "",
                programs=programs.major,
                taken_at=held.taken_at.astimezone(UTC),
                partners=held.partners,
                businesses=held.businesses,
                versions=held.versions,
            )
            snapshot = (await _row(connection, _QUERIES.export_snapshot))[0]
            # A restored server makes new keys to sign tokens with: whoever gets hold of a backup has none.
            options = ("--exclude-table-data=public.signing_key", f"--snapshot={snapshot}")
            with dumping(programs, url, *options) as chunks:
                made.add(DUMP, chunks)
        made.add(HEADS, [heads])
        made.add(MANIFEST, [msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"])
    return manifest


async def _reader(connection: Connection) -> Any:
    """Begin the transaction that is backed up, as long as it may take; returns who reads.

    Raises RoleIsBound, NothingThere.
    """
    await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    await connection.execute("SET LOCAL statement_timeout = 0")
    await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    reader = await _row(connection, _QUERIES.reader)
    if not (reader.unbound and reader.reads_all):
        raise RoleIsBound(reader.name, reader.database)
    if not reader.has_books:
        raise NothingThere(reader.database)
    return reader


def _programs(connection: Connection, reader: Any) -> Programs:
    """The pg_dump nearest to the server. Raises ProgramsMissing, ServerHasNotes."""
    major, minor = divmod(connection.info.server_version, 10_000)
    programs = programs_for("pg_dump", major)
    if reader.has_notes and not (programs.major == major and programs.minor >= minor):
        raise ServerHasNotes(major, minor)
    return programs


async def _row(connection: Connection, query: str) -> Any:
    return await (await connection.execute(query)).fetchone()


def raise_if_newer(backup: Backup) -> None:
    """Raises NewerBackup if this release lacks migrations that the backup's books have."""
    if backup.manifest.schema > migrations()[-1][0]:
        raise NewerBackup(backup.path, backup.manifest.release)


def bring_back(backup: Backup, owner_url: str) -> None:
    """Put a backup into an empty database, bring it to this release and grant the serving role what it needs.

    Raises DumpError, MigrationError, psycopg.Error.
    """
    restore_dump(owner_url, backup.chunks(), backup.manifest.programs)
    migrate(owner_url)
