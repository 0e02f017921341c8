"""Data folders of earlier releases, opened by this one."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from duebook.db.embedded import Urls, owned
from duebook.db.migrate import migrations
from tests.cli.conftest import Run
from tests.postgres.test_ledger_chain import recomputed
from tests.postgres.test_migration import FIRST_RELEASE

SINCE = {
    2: """
UPDATE ledger_version SET form = 2;
INSERT INTO rate VALUES (%(id)s, 1, 0, 'EUR', '2025-01-01', 1.10);
INSERT INTO book_fact VALUES (%(id)s, 1, '2025-01-01', NULL, 'refuse')""",
    3: "INSERT INTO kept_answer VALUES (%(id)s, 'key', 0, 'digest', 'answer')",
    4: "INSERT INTO tag_fact VALUES (%(id)s, 1, 0, 'region', 'west', NULL, NULL)",
    5: "UPDATE partner_key SET name = 'first', scope = 'read', expires_at = '2031-01-01Z' WHERE id = %(id)s",
    6: "",  # the rows that are there are adopted
}
"""What each release's books could hold that those of the one before could not."""

ADOPTS = 6
"""The migration that adopts what it finds: rows come before it."""


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Path, Urls]]:
    """A data folder whose server runs, and how to get in."""
    with tempfile.TemporaryDirectory(prefix="duebook-test-") as ground:
        Path(ground).chmod(0o755)
        with owned(Path(ground, "books"), fsync=False) as urls:
            yield Path(ground, "books"), urls


def apply(urls: Urls, numbers: range) -> None:
    """Apply these migrations, with the grants of a release that knows no more."""
    with psycopg.connect(urls.owner) as owner:
        for number, name, text in migrations():
            if number in numbers:
                owner.execute(text)
                owner.execute("INSERT INTO schema_migration VALUES (%s, %s, sha256(%s))", [number, name, text.encode()])
        owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO duebook_serve")


def written_by(release: int, urls: Urls) -> UUID:
    """Make the folder's database what a release would have left, with one write in it; returns the business."""
    ids = {key: uuid4() for key in ("id", "invoice", "payment", "allocation")}
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        connection.execute("DROP DATABASE duebook WITH (FORCE)")
        connection.execute("CREATE DATABASE duebook OWNER duebook_owner")
    with psycopg.connect(urls.owner) as owner:
        owner.execute(
            "CREATE TABLE schema_migration (number integer PRIMARY KEY, name text NOT NULL, digest bytea NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
    apply(urls, range(1, min(release + 1, ADOPTS)))
    statements = [FIRST_RELEASE, *(SINCE[number] for number in SINCE if number <= release)]
    with psycopg.connect(make_conninfo(urls.superuser, dbname="duebook"), row_factory=dict_row) as superuser:
        for statement in ";\n".join(statements).split(";\n"):
            if statement.strip():
                superuser.execute(statement.encode(), ids)
        with superuser.transaction(force_rollback=True):
            for number, _, text in migrations():
                if number > min(release, ADOPTS - 1):
                    superuser.execute(text)
            [(_, hashed)] = recomputed(superuser, ids["id"])
        superuser.execute("UPDATE ledger_version SET hash = %s", [hashed])
        superuser.execute("UPDATE book SET hash = %s, version = 1", [hashed])
    apply(urls, range(ADOPTS, release + 1))
    return ids["id"]


@pytest.mark.parametrize("release", [1, *SINCE])
def test_a_folder_of_an_earlier_release_is_opened(running: tuple[Path, Urls], release: int, run: Run) -> None:
    """Given books that a release with fewer migrations wrote, when asked for, then they are right, and are proved."""
    folder, urls = running
    business = written_by(release, urls)
    report = run(f"aging receivable --business {business} --as-of 2025-02-20 --format json --data-dir {folder}")
    assert (report.code, report.err) == (0, "")
    [row] = report.json["rows"]
    assert (row["name"], row["buckets"], row["unapplied"]) == ("Ann", [0, 60, 0, 0, 0], -20)
    proved = run(f"verify --data-dir {folder}")
    assert (proved.code, proved.out.splitlines()) == (
        0,
        [
            f"partner {business}, event 1: all is as it should be",
            f"business {business}, version 1: all is as it should be",
        ],
    )
    with psycopg.connect(urls.owner) as owner:
        applied = owner.execute("SELECT number FROM schema_migration ORDER BY number").fetchall()
    assert applied == [(number,) for number, _, _ in migrations()]
