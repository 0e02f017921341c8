"""pg_dump and pg_restore, as processes: bytes out of one database, bytes into another.

Holds: no password is among their arguments; they end with the process that needs them; what is restored is all there or
nothing of it.
Source: docs/howto/backup-and-restore.md, "Which programs".

    DumpError
    ├── ProgramsMissing     no pg_dump or pg_restore of a version that will do
    ├── ProgramsTooNew
    ├── DumpFailed
    ├── NotEmpty            what is there would be mixed with what is restored
    └── RestoreFailed
"""

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Any, Final, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import namedtuple_row

from duebook.db.migrate import raise_if_role_missing
from duebook.db.programs import Programs, environment, programs_with
from duebook.db.queries import load

LOCK_SECONDS: Final = 60
"""How long a dump waits for a migration to end."""

CHUNK: Final = 1 << 20
"""How many bytes are passed on at once."""

_NOT_FOR_OLDER: Final = 17
"""pg_restore of this version and later says things that no older server understands."""
_NAMED: Final = 3
_QUERIES: Final = load("duebook.db", "dumps.sql")


class DumpError(Exception):
    """A database cannot be dumped or restored."""


class ProgramsMissing(DumpError):
    """The programs of PostgreSQL must know the server and the dump."""

    def __init__(self, program: str, at_least: int, found: list[int]) -> None:
        there = f", and there is version {found[-1]}" if found else ""
        super().__init__(
            f"{program} of PostgreSQL {at_least} or newer is needed{there}: install `duebook[embedded]`, "
            f"or PostgreSQL's client programs (Debian: apt-get install postgresql-client-{at_least})"
        )


class ProgramsTooNew(DumpError):
    """The programs of PostgreSQL must say only what the server understands."""

    def __init__(self, server: int, programs: int) -> None:
        super().__init__(
            f"pg_restore of PostgreSQL {programs} cannot restore into a server of version {server}: "
            f"restore into version {_NOT_FOR_OLDER} or newer, or install version {server}'s client programs where "
            "backups are made and restored"
        )


class DumpFailed(DumpError):
    """pg_dump must come to its end."""

    def __init__(self, report: str) -> None:
        super().__init__(f"the database was not dumped, and nothing was written; PostgreSQL says:\n{report}")


class NotEmpty(DumpError):
    """A dump is restored into a database that holds nothing."""

    def __init__(self, database: str, things: list[str]) -> None:
        self.database, self.things = database, things
        more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
        super().__init__(
            f"the database {database} is not empty, it holds {', '.join(things[:_NAMED])}{more}: restore into a new one"
        )


class RestoreFailed(DumpError):
    """pg_restore must come to its end."""

    def __init__(self, report: str) -> None:
        super().__init__(f"nothing was restored; PostgreSQL says:\n{report}")


@contextmanager
def dumping(programs: Programs, url: str, *options: str) -> Iterator[Iterator[bytes]]:
    """The dump, as pg_dump writes it. Raises DumpFailed at the end of the block if pg_dump did not end well."""
    command = [str(programs.folder / "pg_dump"), "--format=custom", f"--lock-wait-timeout={LOCK_SECONDS}s", *options]
    with TemporaryFile() as said:
        with subprocess.Popen(
            command, env=environment(url), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        ) as process:
            try:
                yield iter(partial(cast(IO[bytes], process.stdout).read, CHUNK), b"")
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            raise DumpFailed(_text(said))


def restore_dump(owner_url: str, chunks: Iterable[bytes], dumped_by: int) -> None:
    """Put a dump that pg_dump of this major version made into an empty database, as its owner.

    Raises DumpError, ServingRoleMissing, psycopg.Error.
    """
    with psycopg.connect(owner_url, autocommit=True, row_factory=namedtuple_row) as connection:
        there: Any = connection.execute(_QUERIES.things_there)
        if things := [row.name for row in there]:
            raise NotEmpty(connection.info.dbname, things)
        raise_if_role_missing(connection)
        server = connection.info.server_version // 10_000
        programs = programs_for("pg_restore", max(server, dumped_by))
        if programs.major >= _NOT_FOR_OLDER > server:
            raise ProgramsTooNew(server, programs.major)
        _pg_restore(programs, owner_url, chunks)
        connection.execute("ANALYZE")


def programs_for(program: str, at_least: int) -> Programs:
    """The oldest programs that will do: what they write is read by the most. Raises ProgramsMissing."""
    found = programs_with(program)
    for programs in found:
        if programs.major >= at_least:
            return programs
    raise ProgramsMissing(program, at_least, [one.major for one in found])


def _pg_restore(programs: Programs, url: str, chunks: Iterable[bytes]) -> None:
    """Raises RestoreFailed."""
    database = make_conninfo(dbname=conninfo_to_dict(url)["dbname"])
    # What is not in the schema of the books, such as an extension, is the server's own affair.
    options = ["--schema=public", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    command = [str(programs.folder / "pg_restore"), f"--dbname={database}", *options]
    with TemporaryFile() as said:
        with subprocess.Popen(command, env=environment(url), stdin=subprocess.PIPE, stderr=said) as process:
            put = cast(IO[bytes], process.stdin)
            try:
                with suppress(BrokenPipeError):  # it gave up, and says why
                    for chunk in chunks:
                        put.write(chunk)
                with suppress(BrokenPipeError):  # closing writes what is left
                    put.close()
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            raise RestoreFailed(_text(said))


def _text(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read().decode(errors="replace").strip()
