"""Backups of the embedded database, beside a server and without one, and new data folders made of them."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from duebook.db.backup_file import DUMP, HEADS, MANIFEST, new_backup, opened_backup
from tests.cli.conftest import Run, read_until

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def backup(start: Start, home: Path, port: int, run: Run, tmp_path: Path) -> Path:
    """A backup of a data folder, made while it is served."""
    process = start("serve", "--port", str(port), "--data-dir", str(home))
    read_until(process, "listens")
    partner = run(f"partner create First --data-dir {home} --json").json["partner_id"]
    assert run(f"business create Books --partner {partner} --currency USD --data-dir {home}").code == 0
    made = run(f"backup {tmp_path / 'books'} --data-dir {home}")
    assert (made.code, made.err) == (0, "")
    (tmp_path / "public.pem").write_text(run(f"heads public-key --data-dir {home}").out)
    process.terminate()
    assert process.wait(timeout=30) == 0
    return tmp_path / "books"


def test_a_folder_is_made_of_a_backup_or_is_not_there(run: Run, home: Path, backup: Path) -> None:
    """Given a backup, when it breaks while it is restored, then there is no folder; when it does not, it has the books,
    and another folder's books are left alone."""
    there, (key, listing) = (
        home.with_name("there"),
        (f"--head-key {backup.parent / 'public.pem'}", "partner list --json"),
    )
    with opened_backup(backup) as whole, new_backup(backup.with_name("cut"), overwrite=False) as cut:
        cut.add(DUMP, [b"".join(whole.chunks())[:-2_000]])
        cut.add(HEADS, [whole.heads])
        cut.add(MANIFEST, [msgspec.json.encode(whole.manifest)])
    broken = run(f"restore {backup.with_name('cut')} --data-dir {there} {key}")
    assert (broken.code, broken.err.splitlines()[0]) == (1, "duebook: nothing was restored; PostgreSQL says:")
    assert [path.name for path in home.parent.iterdir()] == ["home"]
    ended = run(f"restore {backup} --data-dir {there} {key}")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1].startswith("restored 1 business with 0 writes, as of ")
    refused = run(f"restore {backup} --data-dir {there} {key}")
    assert refused.err == (f"duebook: {there} cannot be the data folder, because it holds books: choose a new folder\n")
    assert run(f"{listing} --data-dir {there}").json == run(f"{listing} --data-dir {home}").json
    assert (there / "passwords").read_text() != (home / "passwords").read_text()
    assert not (there / "head-key.pem").exists()


def test_what_cannot_be_restored_is_refused_before_a_folder_is_made(run: Run, home: Path, tmp_path: Path) -> None:
    """Given a file that is no backup, and one of a later release, when restored, then no folder is made of it."""
    (tmp_path / "letter").write_text("dear")
    later = {
        "form": 1,
        "release": "9.9",
        "schema": 9999,
        "server": "18",
        "programs": 18,
        "taken_at": "2031-01-01T00:00:00Z",
    }
    with new_backup(tmp_path / "later", overwrite=False) as made:
        made.add(DUMP, [b"PGDMP"])
        made.add(HEADS, [b"null\n"])
        made.add(MANIFEST, [msgspec.json.encode(later | {"partners": 1, "businesses": 1, "versions": 1})])
    letter = run(f"restore {tmp_path / 'letter'} --data-dir {home}")
    assert letter.code == 1
    assert letter.err == (
        f"duebook: {tmp_path / 'letter'} is not a backup that `duebook backup` made: nothing was restored\n"
    )
    newer = run(f"restore {tmp_path / 'later'} --data-dir {home}")
    assert newer.code == 1
    assert "was made by the later release 9.9 of Duebook" in newer.err
    assert not home.exists()
    assert run(f"backup {tmp_path / 'books'} --data-dir {home}").err.startswith("duebook: there are no books in ")
