"""Bring the embedded database of a data folder to the major version of PostgreSQL that this release brings.

The data are dumped from a server of the old version and restored into one of the new, aside. Only when both hold the
same rows, and the caller is content, do the new data take the place of the old ones, which are kept.
Holds: killed at any moment, the folder is as it was before, or is upgraded.
Source: docs/howto/embedded-database.md, "Upgrades".

    EmbeddedError
    └── UpgradeError
        ├── OldProgramsMissing
        ├── KeptAlready           data that were put aside before are in the way
        └── RowsDiffer            the new server does not hold what the old one does
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from duebook.db.aside import aside, discard
from duebook.db.dumps import dumping, restore_dump
from duebook.db.embedded import DATABASE, Urls, bring_down, bring_up, finish_upgrade, supervision, sync
from duebook.db.embedded_host import (
    PGDATA,
    UPGRADED,
    EmbeddedError,
    Place,
    WrongVersion,
    prepare,
    wheel,
    wheel_programs,
)
from duebook.db.migrate import migrate
from duebook.db.programs import Programs, programs_in, programs_with
from duebook.db.queries import load

_QUERIES: Final = load("duebook.db", "upgrading.sql")


class UpgradeError(EmbeddedError):
    """A data folder cannot be upgraded."""


class OldProgramsMissing(UpgradeError):
    """Data are read by the programs of the version that wrote them."""

    def __init__(self, folder: Path, major: int) -> None:
        self.folder, self.major = folder, major
        super().__init__(
            f"the data folder {folder} was written by PostgreSQL {major}, and the programs of that version are needed "
            f"once more to read it: install them (Debian: apt-get install postgresql-{major}), or name their folder "
            "with --programs"
        )


class KeptAlready(UpgradeError):
    """Data that were put aside before are not written over."""

    def __init__(self, kept: Path) -> None:
        self.kept = kept
        super().__init__(f"the old data are to be kept as {kept}, and that is there already: move it away first")


class RowsDiffer(UpgradeError):
    """Both servers must hold the same rows, text by text."""

    def __init__(self, tables: list[str]) -> None:
        self.tables = tables
        super().__init__(f"the upgrade was given up, because these tables came to differ: {', '.join(tables)}")


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which major version to which, and where the old data are kept."""

    before: int
    after: int
    kept: Path


def upgrade(data_dir: Path, programs: Path | None, prove: Callable[[Urls], None]) -> Upgraded | None:
    """Upgrade a data folder on which nothing runs; None if it is of this version.

    `programs` names those of the old version, if they are where nobody looks. `prove` may refuse the new data, by
    raising. Raises EmbeddedError, DumpError, MigrationError, psycopg.Error.
    """
    place = prepare(data_dir, None)
    with supervision(place):
        if not place.pgdata.exists():
            finish_upgrade(place)
        if not place.pgdata.exists() or place.written_by == place.major:
            return None
        if place.written_by > place.major:
            raise WrongVersion(place.folder, place.written_by, place.major)
        old = replace(place, major=place.written_by, programs=_old_programs(place, programs))
        kept = place.folder / f"{PGDATA}-{old.major}"
        if kept.exists():
            raise KeptAlready(kept)
        try:
            before = bring_up(old, fsync=True)
            with aside(place, UPGRADED.parent.name) as after:
                _copy(before, after, Programs(old.major, 0, old.programs))
                migrate(after.owner)
                prove(after)
            bring_down(old)
            place.pgdata.rename(kept)
            sync(place.folder)
            finish_upgrade(place)
        finally:
            bring_down(old)
            discard(place.folder / UPGRADED.parent)
    return Upgraded(old.major, place.major, kept)


def _old_programs(place: Place, named: Path | None) -> Path:
    """Where the old version's programs are, for the server's account to run. Raises OldProgramsMissing."""
    major = place.written_by
    if named is not None:
        found = programs_in(named.resolve(), "postgres")
        if found is None or found.major != major:
            raise OldProgramsMissing(place.folder, major)
        return found.folder
    for folder in (one.folder for one in programs_with("postgres") if one.major == major):
        package = wheel()
        if package is not None and package in folder.parents:
            return wheel_programs(place.account, folder.parent.name)[0]
        return folder
    raise OldProgramsMissing(place.folder, major)


def _copy(before: Urls, after: Urls, programs: Programs) -> None:
    """With the pg_dump of the old server, which knows it best. Raises DumpError, RowsDiffer."""
    source, target = (make_conninfo(urls.superuser, dbname=DATABASE) for urls in (before, after))
    with dumping(programs, source) as chunks:
        restore_dump(after.owner, chunks, programs.major)
    there, here = _sums(source), _sums(target)
    if differ := sorted(name for name in there.keys() | here.keys() if there.get(name) != here.get(name)):
        raise RowsDiffer(differ)


def _sums(url: str) -> dict[str, Any]:
    """How many rows each table has, and the sum of the hashes of their texts."""
    with psycopg.connect(url) as connection:
        tables = [name for (name,) in connection.execute(_QUERIES.tables).fetchall()]
        query = sql.SQL(_QUERIES.sum_of_rows)
        return {name: connection.execute(query.format(table=sql.Identifier(name))).fetchone() for name in tables}
