"""A PostgreSQL server of one's own, for laptops and single nodes: started and stopped with the process that needs it.

Units: seconds where a name says so.
Holds: one process at a time supervises the server of a data folder; a server whose supervisor was killed is taken over;
only those who can read the folder can reach the server, and only with a password.
Source: DESIGN 5; docs/howto/embedded-database.md.
"""

import fcntl
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from duebook.db.embedded_host import (
    LOCK,
    LOG,
    PGDATA,
    UPGRADED,
    DataFolderInUse,
    EmbeddedError,
    PasswordsLost,
    Place,
    StartFailed,
    StopFailed,
    WrongVersion,
    default_data_dir,
    is_unused,
    prepare,
)

__all__ = [
    "LOG",
    "DataFolderInUse",
    "EmbeddedError",
    "Urls",
    "bring_down",
    "bring_up",
    "default_data_dir",
    "finish_upgrade",
    "is_unused",
    "is_up",
    "owned",
    "provide_passwords",
    "revive",
    "shared",
    "supervision",
    "sync",
]

DATABASE: Final = "duebook"
OWNER: Final = "duebook_owner"
SERVE: Final = "duebook_serve"
SUPERUSER: Final = "duebook_superuser"

SERVER_SECONDS: Final = 300.0
"""How long a server may take to come up, recovery after a crash included, or to go down."""
LOCK_SECONDS: Final = 60.0
"""How long to wait for a command that is starting or stopping the server."""
POLL_SECONDS: Final = 0.02

_USERS: Final = "users.lock"
_PORT: Final = 5432
_SOCKET: Final = f".s.PGSQL.{_PORT}"
_SOCKET_PATH_BYTES: Final = 103
"""The longest path of a socket on macOS; Linux takes 107."""
_TMP: Final = Path("/tmp")  # noqa: S108 - the one folder with a short path; what we make in it is private
_SIGN_IN: Final = "local all all scram-sha-256\n"
_LAUNCH: Final = """
log=$1; shift
test ! -e "$log" || mv -f "$log" "$log.1" || exit
exec 3>"$log" || exit
"$@" >&3 2>&3 3>&- &
echo $!
"""
_LEFT_OVERS: Final = "pre-existing shared memory block"
"""What PostgreSQL says while processes of a killed server are still on their way out."""


@dataclass(frozen=True, slots=True)
class Urls:
    """libpq URLs of one database for three roles; they hold passwords."""

    owner: str
    """Owns the database: for migrate."""
    serve: str
    """Owns nothing: for serve."""
    superuser: str
    """Made the server: for tests, which make databases of their own."""


@contextmanager
def owned(data_dir: Path, *, bin_dir: Path | None = None, fsync: bool = True) -> Iterator[Urls]:
    """Run the server for as long as the block lasts, and be the only process that does.

    A server that outlived its supervisor is taken over. `bin_dir` names other programs than the wheel's; without
    `fsync` the data may not survive the machine. Raises DataFolderInUse and the other EmbeddedErrors.
    """
    place = prepare(data_dir, bin_dir)
    with supervision(place):
        try:
            yield bring_up(place, fsync)
        finally:
            bring_down(place)


@contextmanager
def shared(data_dir: Path, *, bin_dir: Path | None = None) -> Iterator[Urls]:
    """For one command: use the server that is running on this folder, else run it for the length of the block.

    Commands that run at the same time share one server, whichever of them started it; the last one out stops it, unless
    a supervisor has taken it over. Raises EmbeddedError.
    """
    place = prepare(data_dir, bin_dir)
    with _lock(place, _USERS) as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield _join(place)
        finally:
            # A refused exclusive lock costs us our share: of any number that leave at once, one gets it.
            if _taken(users):
                with _lock(place, LOCK) as lock:
                    if _taken(lock):
                        bring_down(place)


def is_up(data_dir: Path) -> bool:
    """Whether the server of a folder runs."""
    return _server_state(data_dir.resolve()) is not None


def revive(data_dir: Path, url: str) -> None:
    """Start the server of a folder again where `url` expects it; for the process that owns it. Raises EmbeddedError."""
    place = prepare(data_dir, None)
    if _running(place) is None:
        _start(place, Path(str(conninfo_to_dict(url)["host"])), fsync=True)


def _join(place: Place) -> Urls:
    """The running server's URLs, once it is ready; starts it if nobody else does."""
    _raise_if_of_another_version(place)  # its server may be running, while it is upgraded
    give_up = time.monotonic() + SERVER_SECONDS
    with _lock(place, LOCK) as lock:
        while True:
            state = _server_state(place.folder)
            if state is not None and state.status == "ready" and _signs_in((urls := _urls(place, state.sockets)).serve):
                return urls
            if _taken(lock):
                return bring_up(place, fsync=True)
            if time.monotonic() > give_up:
                raise DataFolderInUse(place.folder, _holder(lock))
            time.sleep(POLL_SECONDS)


# Locks. One belongs to the open file, which a forked process shares: a worker must not keep it when we are killed.

_open_locks: Final[set[int]] = set()


def _forget_locks() -> None:
    for lock in _open_locks:
        os.close(lock)
    _open_locks.clear()


os.register_at_fork(after_in_child=_forget_locks)


@contextmanager
def _lock(place: Place, name: str) -> Iterator[int]:
    lock = place.account.open_private(place.folder / name)
    _open_locks.add(lock)
    try:
        yield lock
    finally:
        if lock in _open_locks:
            _open_locks.remove(lock)
            os.close(lock)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def supervision(place: Place) -> Iterator[None]:
    """Hold the lock, with our number in it. One held without a living number is a command's, held for moments only."""
    give_up = time.monotonic() + LOCK_SECONDS
    with _lock(place, LOCK) as lock:
        while not _taken(lock):
            if (holder := _holder(lock)) is not None or time.monotonic() > give_up:
                raise DataFolderInUse(place.folder, holder)
            time.sleep(POLL_SECONDS)
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(lock, 0)


def _holder(lock: int) -> int | None:
    number = os.pread(lock, 20, 0).decode()
    return int(number) if number.isdigit() and _exists(int(number)) else None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


# The server.


@dataclass(frozen=True, slots=True)
class _State:
    """What a running server says of itself in postmaster.pid."""

    sockets: Path
    status: str


def bring_up(place: Place, fsync: bool) -> Urls:
    """Take over the server that runs, else start it, from nothing if need be; make roles and database if missing."""
    if not place.pgdata.exists():
        finish_upgrade(place)
    for half_made in place.folder.glob("pgdata.*"):
        bring_down(replace(place, folder=half_made))
        shutil.rmtree(half_made, ignore_errors=True)
    if not place.pgdata.exists():
        _initialise(place, fsync)
    _raise_if_of_another_version(place)
    urls = _urls(place, _running(place) or _start(place, _socket_folder(place), fsync))
    try:
        _provide(urls)
    except psycopg.OperationalError as refused:
        raise StartFailed(place.folder, str(refused)) from refused
    return urls


def _raise_if_of_another_version(place: Place) -> None:
    if place.pgdata.exists() and place.written_by != place.major:
        raise WrongVersion(place.folder, place.written_by, place.major)


def bring_down(place: Place) -> None:
    """Stop the server, if it runs. Raises StopFailed."""
    state = _server_state(place.folder)
    if state is None:
        return
    wait = ("-w", "-t", f"{SERVER_SECONDS:.0f}")
    stopped = place.account.run(place.programs / "pg_ctl", "stop", "-D", place.pgdata, "-m", "fast", *wait)
    if _server_state(place.folder) is not None:
        raise StopFailed(place.folder, stopped.stdout.strip())
    if state.sockets.parent == _TMP:
        with suppress(OSError):
            state.sockets.rmdir()


def finish_upgrade(place: Place) -> None:
    """Give the data of a newer version, if there are any, the name of those that were put aside."""
    if (upgraded := place.folder / UPGRADED).exists():
        upgraded.rename(place.pgdata)
        sync(place.folder)


def _initialise(place: Place, fsync: bool) -> None:
    """Make the data directory under another name first: a half-made one is never taken for a whole one."""
    account = place.account
    provide_passwords(place)
    made = Path(tempfile.mkdtemp(prefix="pgdata.", dir=place.folder))
    account.take(made)
    options = ["-D", str(made), "--username", SUPERUSER, "--pwfile", str(place.passwords), "--auth", "scram-sha-256"]
    options += ["--encoding", "UTF8", "--locale", "C", "--data-checksums", *([] if fsync else ["--no-sync"])]
    # Sorted by code point; upper and lower case of all letters, of PostgreSQL's own tables where it has them.
    if place.major >= 17:
        options += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    else:
        options += ["--lc-ctype", "C.UTF-8"]
    done = account.run(place.programs / "initdb", *options)
    if done.returncode != 0:
        raise StartFailed(place.folder, done.stdout.strip())
    account.write_private(made / "pg_hba.conf", _SIGN_IN)
    made.rename(place.pgdata)
    if fsync:
        sync(place.folder)


def provide_passwords(place: Place) -> None:
    """Make the passwords of the three roles, if there are none yet."""
    if not place.passwords.exists():
        place.account.write_private(place.passwords, "".join(f"{secrets.token_urlsafe(32)}\n" for _ in range(3)))


def _running(place: Place) -> Path | None:
    """The socket folder of the server that is up, waiting for one that is starting; sees one out that is stopping."""
    give_up = time.monotonic() + SERVER_SECONDS
    while (state := _server_state(place.folder)) is not None:
        if state.status == "ready":
            return state.sockets
        if state.status == "stopping":
            bring_down(place)
        elif time.monotonic() > give_up:
            raise StartFailed(place.folder, _last_words(place))
        time.sleep(POLL_SECONDS)
    return None


def _start(place: Place, sockets: Path, fsync: bool) -> Path:
    """Start the server in a session of its own and wait until it is ready; returns the folder of its socket."""
    # The number in them may belong to another process by now, which PostgreSQL would take for a server. What is left of
    # a killed server it notices without these files, by its shared memory.
    for left in (place.pgdata / "postmaster.pid", sockets / f"{_SOCKET}.lock"):
        left.unlink(missing_ok=True)
    settings = {
        "listen_addresses": "",
        "port": str(_PORT),
        "unix_socket_directories": '"{}"'.format(str(sockets).replace('"', '""')),
        "unix_socket_permissions": "0700",
        "log_checkpoints": "off",
        "fsync": "on" if fsync else "off",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command: list[str | Path] = [place.programs / "postgres", "-D", place.pgdata, *options]
    give_up = time.monotonic() + SERVER_SECONDS
    while not _launch(place, command, give_up):
        last_words = _last_words(place)
        if _LEFT_OVERS not in last_words or time.monotonic() > give_up:
            raise StartFailed(place.folder, last_words)
        time.sleep(POLL_SECONDS)
    return sockets


def _launch(place: Place, command: list[str | Path], give_up: float) -> bool:
    """Start the server, for no process's child, and wait until it is ready, or gone."""
    launched = place.account.run("/bin/sh", "-c", _LAUNCH, "sh", place.log, *command)
    if launched.returncode != 0:
        raise StartFailed(place.folder, launched.stdout.strip())
    alive_at = time.monotonic()
    # A process has no name for a moment while it becomes another program, so its absence must last to count.
    while (now := time.monotonic()) < min(give_up, alive_at + 0.5):
        if (state := _server_state(place.folder)) is not None and state.status == "ready":
            return True
        if _is_server(int(launched.stdout), place.pgdata):
            alive_at = now
        time.sleep(POLL_SECONDS)
    return False


def _server_state(folder: Path) -> _State | None:
    pgdata = folder / PGDATA
    try:
        lines = (pgdata / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    if not _is_server(pid, pgdata):
        return None
    return _State(Path(lines[4]), lines[7].strip()) if len(lines) > 7 else _State(folder, "starting")


def _is_server(pid: int, pgdata: Path) -> bool:
    """Whether the process is the server of this data directory, not one that was given the same number since."""
    processes = Path("/proc")
    if not (processes / "self" / "cmdline").exists():
        return _exists(pid)
    try:
        return os.fsencode(pgdata) in (processes / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _socket_folder(place: Place) -> Path:
    """A folder that only the account can enter, inside the data folder if a socket's path may be that long."""
    inside = place.folder / "socket"
    if len(os.fsencode(inside / _SOCKET)) <= _SOCKET_PATH_BYTES:
        return place.account.private_folder(inside)
    outside = Path(tempfile.mkdtemp(prefix="duebook-", dir=_TMP))
    place.account.take(outside)
    return outside


def _last_words(place: Place) -> str:
    return "\n".join(place.log.read_text(errors="replace").splitlines()[-12:])


def sync(folder: Path) -> None:
    """See that the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# Roles and database.


def _urls(place: Place, sockets: Path) -> Urls:
    try:
        superuser, owner, serve = place.passwords.read_text().split()
    except (FileNotFoundError, ValueError):
        raise PasswordsLost(place.passwords) from None
    at = f"host={quote(str(sockets), safe='')}&port={_PORT}"
    return Urls(
        owner=f"postgresql://{OWNER}:{owner}@/{DATABASE}?{at}",
        serve=f"postgresql://{SERVE}:{serve}@/{DATABASE}?{at}",
        superuser=f"postgresql://{SUPERUSER}:{superuser}@/postgres?{at}",
    )


def _signs_in(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def _provide(urls: Urls) -> None:
    """Make what is missing of roles and database; the serving role last, so that its getting in says all is there."""
    with psycopg.connect(urls.superuser, autocommit=True) as connection:

        def verifier(url: str) -> sql.Literal:
            """The password as the server keeps it, so that no statement and no log shows it."""
            role = conninfo_to_dict(url)
            password, user = str(role["password"]).encode(), str(role["user"]).encode()
            return sql.Literal(connection.pgconn.encrypt_password(password, user, b"scram-sha-256").decode())

        roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        if SERVE in roles:
            return
        if OWNER not in roles:
            create = sql.SQL("CREATE ROLE duebook_owner LOGIN PASSWORD {}")
            connection.execute(create.format(verifier(urls.owner)))
        if not connection.execute("SELECT FROM pg_database WHERE datname = 'duebook'").rowcount:
            connection.execute("CREATE DATABASE duebook OWNER duebook_owner")
        connection.execute("REVOKE ALL ON DATABASE duebook, postgres, template1 FROM PUBLIC")
        create = sql.SQL("CREATE ROLE duebook_serve LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT PASSWORD {}")
        with connection.transaction():
            connection.execute(create.format(verifier(urls.serve)))
            connection.execute("ALTER ROLE duebook_serve SET plan_cache_mode = force_custom_plan")
            connection.execute("GRANT CONNECT, TEMPORARY ON DATABASE duebook TO duebook_serve")
