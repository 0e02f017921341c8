"""The file of a backup: read as it was written, or refused."""

import tarfile
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duebook.db.backup_file import (
    DUMP,
    FORM,
    HEADS,
    MANIFEST,
    BackupError,
    CannotRead,
    DamagedBackup,
    Manifest,
    NewerBackup,
    NotABackup,
    new_backup,
    opened_backup,
)

OF = Manifest(
    release="1.2.3",
    schema=6,
    server="18.4",
    programs=18,
    taken_at=datetime(2026, 1, 31, 2, 15, tzinfo=UTC),
    partners=1,
    businesses=2,
    versions=3,
)
DUMPED, SIGNED = bytes(range(256)) * 5, b'{"signed": true}\n'
IN_PLACE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(path: Path, manifest: bytes) -> bytes:
    """A backup with this manifest, in a file; returns the file's bytes."""
    with new_backup(path, overwrite=True) as made:
        made.add(DUMP, [DUMPED[:1000], DUMPED[1000:]])
        made.add(HEADS, [SIGNED])
        made.add(MANIFEST, [manifest])
    return path.read_bytes()


def content(path: Path) -> tuple[bytes, bytes, Manifest]:
    """What is read from a file."""
    with opened_backup(path) as backup:
        return b"".join(backup.chunks()), backup.heads, backup.manifest


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a backup."""
    return written(tmp_path_factory.mktemp("backup") / "books", msgspec.json.encode(OF))


WHOLE = (DUMPED, SIGNED, OF)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    """Given a backup, when it is read by us and by tar, then both find its parts, and no other user may."""
    written(tmp_path / "books", msgspec.json.encode(OF))
    assert content(tmp_path / "books") == WHOLE
    with tarfile.open(tmp_path / "books") as archive:
        assert archive.getnames() == ["books.dump", "heads.json", "manifest.json", "SHA256SUMS"]
    assert (tmp_path / "books").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["books"]


@given(data=st.data())
@IN_PLACE
def test_a_flipped_bit_is_found_or_changes_nothing(backup: bytes, tmp_path: Path, data: st.DataObject) -> None:
    """Given a backup, when any bit of it is flipped, then it is refused, or the bit stood where nothing is kept."""
    whole = bytearray(backup)
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    (tmp_path / "books").write_bytes(whole)
    with suppress(NotABackup, DamagedBackup):
        assert content(tmp_path / "books") == WHOLE


@given(data=st.data())
@IN_PLACE
def test_a_file_that_ends_too_early_is_refused(backup: bytes, tmp_path: Path, data: st.DataObject) -> None:
    """Given a backup, when it is cut off before the end of its digests, then it is refused."""
    (tmp_path / "books").write_bytes(backup[: data.draw(st.integers(0, len(backup) - 3 * tarfile.BLOCKSIZE))])
    with pytest.raises(BackupError, match="nothing was restored"):
        content(tmp_path / "books")


def other_archive() -> bytes:
    """A tar archive of somebody else's."""
    file = BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("letter"))
    return file.getvalue()


@pytest.mark.parametrize("given", [b"", b"dear", b"PGDMP" + bytes(2000), bytes(2048), other_archive()])
def test_what_is_no_backup_is_refused(tmp_path: Path, given: bytes) -> None:
    """Given a file that something else wrote, when it is read as a backup, then the answer says so."""
    (tmp_path / "letter").write_bytes(given)
    with pytest.raises(NotABackup, match=r"letter is not a backup that `duebook backup` made: nothing was restored"):
        content(tmp_path / "letter")


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    """Given no file or a folder, when it is read, then the answer says which."""
    with pytest.raises(CannotRead, match=r"cannot read .*: No such file or directory"):
        content(tmp_path / "nowhere")
    with pytest.raises(CannotRead, match=r"cannot read .*: Is a directory"):
        content(tmp_path)


@pytest.mark.parametrize("manifest", [{"form": FORM + 1, "release": "9.9"}, {"form": 2, "release": "9.9", "books": 1}])
def test_a_later_form_is_refused_by_the_name_of_its_release(tmp_path: Path, manifest: dict[str, object]) -> None:
    """Given a backup in a form that came later, when it is read, then the answer names the release that made it."""
    written(tmp_path / "books", msgspec.json.encode(manifest))
    with pytest.raises(NewerBackup, match=r"by the later release 9\.9 of Duebook: install that one to restore it"):
        content(tmp_path / "books")


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{}", b'{"form": 1, "release": "1"}'])
def test_a_manifest_that_says_nothing_is_none(tmp_path: Path, manifest: bytes) -> None:
    """Given an archive like a backup without a manifest worth the name, when it is read, then it is refused."""
    written(tmp_path / "books", manifest)
    with pytest.raises(NotABackup):
        content(tmp_path / "books")


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Given a file of the name, when its replacement is given up half-way, then the file is as it was, alone."""
    before = written(tmp_path / "books", msgspec.json.encode(OF))
    with pytest.raises(KeyboardInterrupt), new_backup(tmp_path / "books", overwrite=True) as made:  # noqa: PT012
        made.add(DUMP, [DUMPED])
        raise KeyboardInterrupt
    assert ([path.name for path in tmp_path.iterdir()], (tmp_path / "books").read_bytes()) == (["books"], before)
