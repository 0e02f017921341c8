"""Backups of a server of one's own, and what comes of them when they are restored."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from duebook.db.backup_file import DUMP, HEADS, MANIFEST, Backup, new_backup, opened_backup
from duebook.db.embedded import Urls
from duebook.ledger.head_keys import private_key, public_pem
from tests.cli.conftest import EmptyDatabases, Run, restored
from tests.cli.corrected import record_in

COMMAND = [sys.executable, "-c", "import sys; from duebook.cli import main; sys.exit(main())"]


def report(run: Run, urls: Urls, business: str) -> str:
    """An aging report of one day, byte by byte."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DUEBOOK_DATABASE_URL", urls.serve)
        ended = run(f"aging receivable --business {business} --as-of 2025-03-20 --known-at 3 --format json")
    assert ended.code == 0, ended.err
    return ended.out


def pack(file: Path, like: Backup, dump: bytes, heads: bytes) -> None:
    """Write a backup of other parts than were made together, with right digests."""
    with new_backup(file, overwrite=False) as made:
        made.add(DUMP, [dump])
        made.add(HEADS, [heads])
        made.add(MANIFEST, [msgspec.json.encode(like.manifest)])


def rows(url: str, query: str) -> list[Any]:
    """What one query gives."""
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_books_come_back_as_they_were(
    run: Run, business: str, database_urls: Urls, backups: Path, empty_databases: EmptyDatabases
) -> None:
    """Given corrected books, when they are backed up and restored, then they are proved, say the same, byte by byte,
    no key that signs tokens came along, and they are not mixed with another backup."""
    record_in(database_urls, business)
    with psycopg.connect(database_urls.superuser) as connection:
        connection.execute("INSERT INTO signing_key (id, private_pem) VALUES ('one', 'of the old server')")
    made, there = run(f"backup {backups / 'books'}"), empty_databases()
    assert (made.code, made.err) == (0, "")
    assert made.out.startswith(f"{backups / 'books'}: 1 business with 4 writes, as of 20")
    assert sorted(path.name for path in backups.iterdir()) == ["books", "head-key.pem"]
    assert (backups / "books").stat().st_mode & 0o777 == 0o600
    ended = restored(run, backups / "books", there)
    assert (ended.code, ended.err) == (0, "")
    partner, books, heads, last = ended.out.splitlines()
    assert partner.endswith(", event 2: all is as it should be")
    assert books == f"business {business}, version 4: all is as it should be"
    assert re.fullmatch(r"heads signed at \d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z: all is as it should be", heads)
    assert last.startswith("restored 1 business with 4 writes")
    assert report(run, there, business) == report(run, database_urls, business)
    assert rows(there.superuser, "SELECT id FROM signing_key") == []
    assert rows(there.owner, "SELECT count(*) FROM partner_key WHERE revoked_at IS NULL") == [(1,)]
    again = restored(run, backups / "books", there)
    held = "allocation, book, book_fact and "
    assert again.err.startswith(
        f"duebook: the database {conninfo_to_dict(there.owner)['dbname']} is not empty, it holds {held}"
    )
    assert (again.code, again.err.rpartition(" more: ")[2]) == (1, "restore into a new one\n")


def test_a_role_that_does_not_see_all_is_told_how_to_make_one(
    run: Run, backups: Path, database_urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the owner or the serving role, when it makes a backup, then it is refused with the lines that help."""
    for url, role in ((database_urls.owner, "duebook_owner"), (database_urls.serve, "duebook_serve")):
        monkeypatch.setenv("DUEBOOK_BACKUP_URL", url)
        ended = run(f"backup {backups / 'books'}")
        assert ended.code == 1
        assert ended.err.startswith(f"duebook: the role {role} does not see every row, and a backup must: as an admin")
        assert " BYPASSRLS; GRANT pg_read_all_data TO test_" in ended.err
    monkeypatch.delenv("DUEBOOK_BACKUP_URL")
    monkeypatch.setenv("DUEBOOK_DATABASE_URL", database_urls.serve)
    assert run(f"backup {backups / 'books'}").code == 2
    assert not (backups / "books").exists()


def test_backups_carry_heads_and_need_a_key(run: Run, backups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given no head key, when a server of one's own is backed up, then the answer says how to make one."""
    monkeypatch.delenv("DUEBOOK_HEAD_KEY")
    ended = run(f"backup {backups / 'books'}")
    assert (ended.code, ended.err.partition(":")[2].strip()) == (
        1,
        "there is no key for heads: make one with `duebook heads new-key FILE`, and name the file in DUEBOOK_HEAD_KEY",
    )


def test_no_file_loses_its_name_unasked(run: Run, business: str, backups: Path) -> None:
    """Given a file of that name, or a folder, when a backup is made, then it is only replaced if that is said."""
    file = backups / "books"
    file.write_text("dear")
    refused = run(f"backup {file}")
    assert (refused.code, file.read_text()) == (1, "dear")
    assert refused.err == f"duebook: {file} is there already: choose another name, or say --overwrite\n"
    assert run(f"backup {file} --overwrite").code == 0
    with opened_backup(file) as backup:
        assert backup.manifest.businesses >= 1
    (backups / "inside").mkdir()
    os.mkfifo(backups / "pipe")
    for name, why in (
        ("inside", "that is a folder"),
        ("pipe", "that is no ordinary file"),
        ("nowhere/books", "No such file or directory"),
        ("b" * 300, "File name too long"),
    ):
        ended = run(f"backup {backups / name} --overwrite")
        assert ended.err == f"duebook: cannot write {backups / name}: {why}; nothing of it is left\n"


def test_a_full_disk_leaves_nothing(business: str, backups: Path) -> None:
    """Given room for a part of the backup only, when it is made, then it is refused and no file is left."""
    full = subprocess.run(
        [*COMMAND, "backup", str(backups / "books")],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    assert (full.returncode, full.stderr) == (
        1,
        f"duebook: cannot write {backups / 'books'}: File too large; nothing of it is left\n",
    )
    assert [path.name for path in backups.iterdir()] == ["head-key.pem"]


@contextmanager
def held_up(database_urls: Urls, backups: Path) -> Iterator["subprocess.Popen[str]"]:
    """A backup that waits for a table that somebody has locked, with its file begun."""
    with psycopg.connect(database_urls.superuser) as connection:
        connection.execute("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE")
        command = [*COMMAND, "backup", str(backups / "books")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                waits = (
                    "SELECT FROM pg_stat_activity WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock'"
                    " AND datname = current_database()"
                )
                with psycopg.connect(database_urls.superuser, autocommit=True) as watching:
                    while process.poll() is None and not watching.execute(waits).rowcount:
                        time.sleep(0.02)
                yield process
            finally:
                process.kill()


def test_a_killed_backup_leaves_nothing_that_looks_whole(
    business: str, database_urls: Urls, backup_url: str, backups: Path
) -> None:
    """Given a backup under way, when its processes are looked at, then no password is among their arguments; when it is
    killed, then there is no file of its name."""
    with held_up(database_urls, backups) as process:
        below = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        shown = [Path(f"/proc/{pid}/cmdline").read_text() for pid in [str(process.pid), *below]]
        process.kill()
        process.wait()
    assert "pg_dump" in shown[1]
    assert str(conninfo_to_dict(backup_url)["password"]) not in "".join(shown)
    [partial] = {path.name for path in backups.iterdir()} - {"head-key.pem"}
    assert (partial.startswith("books."), partial.endswith(".partial")) == (True, True)


def test_a_backup_that_is_told_to_stop_leaves_nothing(business: str, database_urls: Urls, backups: Path) -> None:
    """Given a backup under way, when it is told to stop, then no file is left."""
    with held_up(database_urls, backups) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 143
    assert [path.name for path in backups.iterdir()] == ["head-key.pem"]


def test_heads_give_away_books_that_are_not_those_that_were_signed(
    run: Run, business: str, database_urls: Urls, backups: Path, empty_databases: EmptyDatabases
) -> None:
    """Given the dump of one backup with the heads of another, when restored, then each way it is found."""
    assert run(f"import invoices.csv --business {business} --side receivable").code == 0
    assert run(f"backup {backups / 'earlier'}").code == 0
    assert run(f"import bills.csv --business {business} --side payable --rate EUR=2 --rate CAD=1").code == 0
    assert run(f"backup {backups / 'later'}").code == 0
    with opened_backup(backups / "earlier") as earlier, opened_backup(backups / "later") as later:
        for name, dump, heads in (("cut-off", earlier, later.heads), ("added-to", later, earlier.heads)):
            pack(backups / name, dump, b"".join(dump.chunks()), heads)
    cut_off = restored(run, backups / "cut-off", empty_databases())
    assert cut_off.code == 1
    assert f"business {business} ends with version 1, and its version 2 was signed" in cut_off.out
    added_to = restored(run, backups / "added-to", empty_databases())
    assert added_to.code == 1
    assert f"business {business} has a version 2, which was not signed" in added_to.out


def test_heads_of_another_key_are_refused(
    run: Run, business: str, backups: Path, empty_databases: EmptyDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a backup, when another key is named, then nothing is restored; when none is at hand, its name is told."""
    assert run(f"backup {backups / 'books'}").code == 0
    monkeypatch.delenv("DUEBOOK_HEAD_KEY")
    there = empty_databases()
    assert run(f"heads new-key {backups / 'other.pem'}").code == 0
    (backups / "public.pem").write_text(public_pem(private_key(backups / "other.pem").public_key()))
    refused = restored(run, backups / "books", there, f"--head-key {backups / 'public.pem'}")
    assert refused.code == 1
    assert refused.err.startswith(f"duebook: the heads in {backups / 'books'} are not signed with the key ")
    assert refused.err.endswith(": nothing was restored\n")
    unknown = restored(run, backups / "books", there)
    unchecked = " which is not at hand: their signature is not checked; --head-key names the key\n"
    assert (unknown.code, unknown.err.partition(",")[2]) == (0, unchecked)
    (backups / "public.pem").write_text(public_pem(private_key(backups / "head-key.pem").public_key()))
    known = restored(run, backups / "books", empty_databases(), f"--head-key {backups / 'public.pem'}")
    assert (known.code, known.err) == (0, "")


def test_a_dump_that_breaks_off_leaves_nothing(
    run: Run, business: str, backups: Path, empty_databases: EmptyDatabases
) -> None:
    """Given a backup whose dump was cut before its digest was taken, when restored, then the database is empty."""
    assert run(f"import invoices.csv --business {business} --side receivable").code == 0
    assert run(f"backup {backups / 'whole'}").code == 0
    with opened_backup(backups / "whole") as whole:
        pack(backups / "cut", whole, b"".join(whole.chunks())[:-2_000], whole.heads)
    there = empty_databases()
    ended = restored(run, backups / "cut", there)
    assert ended.code == 1
    assert ended.err.startswith("duebook: nothing was restored; PostgreSQL says:\npg_restore: error: ")
    assert rows(there.owner, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace") == []
    assert restored(run, backups / "whole", there).code == 0
