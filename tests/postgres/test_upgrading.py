"""Data folders that an older PostgreSQL wrote, brought to the one of this release.

The older one is the wheel's own 16, or that of DUEBOOK_TEST_PG_BIN.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from duebook.cli import main
from duebook.db.embedded import Urls, owned, shared
from duebook.db.embedded_host import UPGRADED, WrongVersion, wheel
from duebook.db.migrate import migrate
from tests.cli.corrected import record_in

PACKAGE = wheel() or Path()
OLD = Path(os.environ.get("DUEBOOK_TEST_PG_BIN", PACKAGE / "pginstall" / "bin"))
NEW = 18
COMMAND = [sys.executable, "-c", "import sys; from duebook.cli import main; sys.exit(main())"]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command, given its words; returns its exit code and what it said."""

    def run(*words: object) -> tuple[int, str, str]:
        return (main([str(word) for word in words]), *capsys.readouterr())

    return run


def made(*words: str) -> Any:
    """What a command prints as JSON."""
    with redirect_stdout(StringIO()) as out:
        assert main([*words, "--json"]) == 0
    return json.loads(out.getvalue())


@pytest.fixture(scope="module")
def written() -> Iterator[tuple[Path, str]]:
    """A folder that the older version wrote, with a business whose books were corrected after the fact."""
    with tempfile.TemporaryDirectory(prefix="duebook-test-") as ground, pytest.MonkeyPatch.context() as patch:
        Path(ground).chmod(0o755)
        folder = Path(ground, "written")
        with owned(folder, bin_dir=OLD, fsync=False) as urls:
            migrate(urls.owner)
            patch.setenv("DUEBOOK_DATABASE_URL", urls.serve)
            partner = made("partner", "create", "Ähnlich")["partner_id"]
            business = made("business", "create", "Books", "--partner", partner, "--currency", "USD")["business_id"]
            record_in(replace(urls, superuser=make_conninfo(urls.superuser, dbname="duebook")), business)
        yield folder, business


@pytest.fixture
def old(written: tuple[Path, str]) -> Iterator[tuple[Path, str]]:
    """A copy of it, for one test."""
    folder, business = written
    with tempfile.TemporaryDirectory(prefix="duebook-test-") as ground:
        Path(ground).chmod(0o755)
        copy = Path(ground, "books")
        subprocess.run(["/bin/cp", "-a", folder, copy], check=True)
        yield copy, business


def report(run: Run, urls: Urls, business: str) -> str:
    """A report as it was known at a version, byte by byte."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DUEBOOK_DATABASE_URL", urls.serve)
        words = ("--business", business, "--as-of", "2025-03-20", "--known-at", "3", "--format", "json")
        code, out, err = run("aging", "receivable", *words)
    assert code == 0, err
    return out


def major(folder: Path) -> int:
    """Which version the data of a folder are of."""
    return int((folder / "pgdata" / "PG_VERSION").read_text())


def test_books_are_the_same_after_an_upgrade_even_if_the_first_was_killed(old: tuple[Path, str], run: Run) -> None:
    """Given an older folder, when its upgrade is killed and then repeated, then it says the same throughout."""
    folder, business = old
    before = major(folder)
    refused = run("versions", "--business", business, "--data-dir", folder)
    assert refused == (
        1,
        "",
        f"duebook: the data folder {folder} was written by PostgreSQL {before} and these programs are version {NEW}:"
        f" run `duebook upgrade --data-dir {folder}`\n",
    )
    with subprocess.Popen([*COMMAND, "upgrade", "--data-dir", str(folder)]) as killed:
        while killed.poll() is None and not (folder / UPGRADED / "postmaster.pid").exists():
            time.sleep(0.01)
        killed.kill()
    assert (killed.returncode, major(folder)) == (-9, before)
    left = Path("/proc", (folder / UPGRADED / "postmaster.pid").read_text().split()[0])
    with owned(folder, bin_dir=OLD, fsync=False) as urls:
        said = report(run, urls, business)
        assert [path.name for path in folder.glob("pgdata*")] == ["pgdata"]
    wait_until_gone(left, folder)
    code, out, err = run("upgrade", "--data-dir", folder)
    assert (code, err) == (0, "")
    assert out == f"upgraded from PostgreSQL {before} to {NEW}; the old data are kept in {folder}/pgdata-{before}\n"
    assert sorted(path.name for path in folder.glob("pgdata*")) == ["pgdata", f"pgdata-{before}"]
    assert run("upgrade", "--data-dir", folder) == (0, "the database is up to date\n", "")
    with shared(folder) as urls:
        assert report(run, urls, business) == said
        names = "SELECT name, lower(name) FROM unnest(ARRAY['é', 'a', 'Z', 'Ω']) AS name ORDER BY name"
        with psycopg.connect(urls.serve) as connection:
            assert connection.execute(names).fetchall() == [("Z", "z"), ("a", "a"), ("é", "é"), ("Ω", "ω")]
            assert connection.info.server_version // 10_000 == NEW
    _check_the_moment_between_two_names(folder, before)


def wait_until_gone(process: Path, folder: Path) -> None:
    """Comes back when a process is no server of this folder any more; another may have its number by then."""
    until = time.monotonic() + 30
    with suppress(FileNotFoundError, ProcessLookupError):
        while os.fsencode(folder) in (process / "cmdline").read_bytes():
            assert time.monotonic() < until
            time.sleep(0.05)


def _check_the_moment_between_two_names(folder: Path, before: int) -> None:
    """Killed when the old data have another name and the new ones do not have theirs yet, the next start finishes."""
    (folder / UPGRADED.parent).mkdir()
    (folder / "pgdata").rename(folder / UPGRADED)
    with shared(folder) as urls, psycopg.connect(urls.serve) as connection:
        assert connection.execute("SELECT count(*) FROM partner").fetchone() == (1,)
    assert sorted(path.name for path in folder.glob("pgdata*")) == ["pgdata", f"pgdata-{before}"]


def test_books_with_findings_are_left_as_they_are(written: tuple[Path, str], run: Run) -> None:
    """Given an older folder with an entry that somebody changed, when upgraded, then it stays as it was."""
    folder, business = written
    before = major(folder)
    add_to_an_entry(folder, 1)
    code, out, err = run("upgrade", "--data-dir", folder)
    assert (code, err) == (1, "duebook: the books have findings, so the data folder was left as it was\n")
    assert f"business {business}, version 4: " in out
    assert "  version 1 does not have the hash of what it recorded" in out
    assert (major(folder), [path.name for path in folder.glob("pgdata*")]) == (before, ["pgdata"])
    add_to_an_entry(folder, -1)


def add_to_an_entry(folder: Path, minor: int) -> None:
    """Change a figure behind the service's back."""
    with (
        owned(folder, bin_dir=OLD, fsync=False) as urls,
        psycopg.connect(urls.superuser, dbname="duebook") as connection,
    ):
        change = "UPDATE entry SET amount_minor = amount_minor + %s WHERE version = 1 AND sequence = 0"
        connection.execute(change, [minor])


def test_what_an_upgrade_needs_is_said(written: tuple[Path, str], run: Run) -> None:
    """Given no programs that read the data, or data of a later version, when upgraded, then the answer says so."""
    folder, _ = written
    of = major(folder)
    (folder / "pgdata" / "PG_VERSION").write_text("12\n")
    for more in ([], ["--programs", OLD]):
        code, _, err = run("upgrade", "--data-dir", folder, *more)
        assert code == 1
        assert err.startswith(
            f"duebook: the data folder {folder} was written by PostgreSQL 12, and the programs of that"
        )
        assert "apt-get install postgresql-12" in err
    (folder / "pgdata" / "PG_VERSION").write_text("19\n")
    code, _, err = run("upgrade", "--data-dir", folder)
    assert (code, err.rpartition(": ")[2]) == (1, "install a release of Duebook that brings version 19\n")
    (folder / "pgdata" / "PG_VERSION").write_text(f"{of}\n")


def test_old_data_are_kept_where_nothing_is(written: tuple[Path, str], run: Run) -> None:
    """Given a folder in the place of the old data, when upgraded, then nothing is begun."""
    folder, _ = written
    kept = folder / f"pgdata-{major(folder)}"
    kept.mkdir()
    code, _, err = run("upgrade", "--data-dir", folder, "--programs", OLD)
    kept.rmdir()
    assert (code, err) == (
        1,
        f"duebook: the old data are to be kept as {kept}, and that is there already: move it away first\n",
    )


def test_nobody_works_on_a_folder_while_it_is_upgraded(written: tuple[Path, str]) -> None:
    """Given an older server that runs for an upgrade, when a command wants to use it, then it is refused."""
    folder, _ = written
    with owned(folder, bin_dir=OLD, fsync=False), pytest.raises(WrongVersion):
        shared(folder).__enter__()
