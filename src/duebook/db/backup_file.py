"""A backup as one file: a tar archive with pg_dump's own dump in it, what it is a backup of, and digests of both.

Holds: a file has its name only once it is whole and on the disk, and no other file loses that name unasked; what is
read is what was written, byte by byte, or it is refused.
Source: docs/howto/backup-and-restore.md, "What is in the file".

    BackupError
    ├── AlreadyThere      nothing is written over unasked
    ├── CannotWrite       no room, no right, no such folder
    ├── CannotRead
    ├── NotABackup
    ├── DamagedBackup
    └── NewerBackup       of a release that came after this one
"""

import errno
import hashlib
import os
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Final

import msgspec

DUMP: Final = "books.dump"
HEADS: Final = "heads.json"
MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
FORM: Final = 1
CHUNK: Final = 1 << 20

_BLOCK: Final = tarfile.BLOCKSIZE


class BackupError(Exception):
    """A backup cannot be made or read."""


class AlreadyThere(BackupError):
    """A file that is there is not written over unless that is said."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is there already: choose another name, or say --overwrite")


class CannotWrite(BackupError):
    """The file must be whole before it has its name."""

    def __init__(self, path: Path, why: OSError) -> None:
        self.path = path
        super().__init__(f"cannot write {path}: {why.strerror}; nothing of it is left")


class CannotRead(BackupError):
    """The file must be there and open to us."""

    def __init__(self, path: Path, why: OSError) -> None:
        self.path = path
        super().__init__(f"cannot read {path}: {why.strerror}")


class NotABackup(BackupError):
    """A backup is a file that `duebook backup` wrote."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is not a backup that `duebook backup` made: nothing was restored")


class DamagedBackup(BackupError):
    """A backup is read only if every byte of it is as it was written."""

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        super().__init__(f"the backup {path} is damaged: {what}; nothing was restored, take another backup")


class NewerBackup(BackupError):
    """A release restores backups of its own and of earlier ones."""

    def __init__(self, path: Path, release: str) -> None:
        self.path, self.release = path, release
        super().__init__(
            f"the backup {path} was made by the later release {release} of Duebook: install that one to restore it"
        )


class _Outline(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the manifest in every form of it."""

    form: int = FORM
    release: str
    """The release of Duebook that made the backup."""


class Manifest(_Outline, frozen=True, kw_only=True):
    """What a backup is of."""

    schema: int
    """The number of the last migration."""
    server: str
    """The version of the PostgreSQL server."""
    programs: int
    """The major version of the pg_dump that wrote the dump: no older pg_restore reads it."""
    taken_at: datetime
    partners: int
    businesses: int
    versions: int
    """All writes to all books."""


@dataclass(frozen=True, slots=True)
class NewBackup:
    """A backup that is being written."""

    file: IO[bytes]
    sums: list[str] = field(default_factory=list)

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Append one part, whose length shows at its end. Raises OSError."""
        header_at, digest = self.file.tell(), hashlib.sha256()
        self.file.write(bytes(_BLOCK))
        for chunk in chunks:
            digest.update(chunk)
            self.file.write(chunk)
        end = self.file.tell()
        header = tarfile.TarInfo(name)
        header.size, header.mode, header.mtime = end - header_at - _BLOCK, 0o600, int(time.time())
        self.file.write(bytes(-header.size % _BLOCK))
        self.file.seek(header_at)
        self.file.write(header.tobuf(tarfile.GNU_FORMAT))
        self.file.seek(0, os.SEEK_END)
        self.sums.append(f"{digest.hexdigest()}  {name}\n")

    def finish(self) -> None:
        """Append the digests and the end of the archive, and see all of it onto the disk. Raises OSError."""
        self.add(SUMS, ["".join(self.sums).encode()])
        self.file.write(bytes(2 * _BLOCK))
        self.file.flush()
        os.fsync(self.file.fileno())


@contextmanager
def new_backup(path: Path, *, overwrite: bool) -> Iterator[NewBackup]:
    """A file that gets its name when the block has ended well, and of which nothing is left otherwise.

    Raises AlreadyThere, CannotWrite.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "that is a folder")
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "that is no ordinary file")
        if path.exists() and not overwrite:
            raise AlreadyThere(path)
        descriptor, scratch_name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".partial", dir=path.parent)
        scratch = Path(scratch_name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                made = NewBackup(file)
                yield made
                made.finish()
            _name(scratch, path, overwrite)
        finally:
            scratch.unlink(missing_ok=True)
    except FileExistsError:
        raise AlreadyThere(path) from None
    except OSError as refused:
        raise CannotWrite(path, refused) from None


def _name(scratch: Path, path: Path, overwrite: bool) -> None:
    """Give the file its name, on the disk too. Raises FileExistsError unless that may be taken from another file."""
    if not overwrite:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    scratch.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was found whole."""

    path: Path
    manifest: Manifest
    heads: bytes
    file: IO[bytes]
    dump: tarfile.TarInfo

    def chunks(self) -> Iterator[bytes]:
        """The dump, from its beginning."""
        return _chunks(self.file, self.dump)


@contextmanager
def opened_backup(path: Path) -> Iterator[Backup]:
    """A backup, every byte of which was read and found right. Raises BackupError."""
    try:
        file = path.open("rb")
    except OSError as refused:
        raise CannotRead(path, refused) from None
    with file:
        yield _checked(path, file)


def _checked(path: Path, file: IO[bytes]) -> Backup:
    parts = _parts(path, file)
    sums = "".join(f"{_digest(file, parts[name])}  {name}\n" for name in (DUMP, HEADS, MANIFEST))
    if _content(file, parts[SUMS]) != sums.encode():
        raise DamagedBackup(path, "its parts do not have the digests that they were written with")
    written = _content(file, parts[MANIFEST])
    try:
        outline = msgspec.json.decode(written, type=_Outline)
        if outline.form > FORM:
            raise NewerBackup(path, outline.release)
        manifest = msgspec.json.decode(written, type=Manifest)
    except msgspec.DecodeError:
        raise NotABackup(path) from None
    return Backup(path, manifest, _content(file, parts[HEADS]), file, parts[DUMP])


def _parts(path: Path, file: IO[bytes]) -> dict[str, tarfile.TarInfo]:
    """Where each part is. Raises NotABackup, DamagedBackup."""
    parts: dict[str, tarfile.TarInfo] = {}
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            while (part := archive.next()) is not None:
                parts[part.name] = part
    except OSError as refused:
        raise CannotRead(path, refused) from None
    except tarfile.ReadError:
        pass  # there is no archive, or no more of it
    if next(iter(parts), None) != DUMP:
        raise NotABackup(path)
    if list(parts) != [DUMP, HEADS, MANIFEST, SUMS]:
        raise DamagedBackup(path, "it ends too early, or a part of it is lost")
    return parts


def _chunks(file: IO[bytes], part: tarfile.TarInfo) -> Iterator[bytes]:
    file.seek(part.offset_data)
    left = part.size
    while left and (chunk := file.read(min(left, CHUNK))):
        left -= len(chunk)
        yield chunk


def _content(file: IO[bytes], part: tarfile.TarInfo) -> bytes:
    return b"".join(_chunks(file, part))


def _digest(file: IO[bytes], part: tarfile.TarInfo) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(file, part):
        digest.update(chunk)
    return digest.hexdigest()
