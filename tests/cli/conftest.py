"""How tests run commands: in this process for what they print, in one of their own for what runs on."""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from duebook.cli import main
from duebook.db.embedded import Urls
from duebook.http.settings import LOG_FORMAT
from duebook.watch.logs import LogFormat
from tests.ports import free_port

WORLDS = Path(__file__).parent / "worlds"


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return msgspec.json.decode(self.out)


Run = Callable[[str], Ended]
EmptyDatabases = Callable[[], Urls]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line, without its first word, among the files of `worlds`."""
    monkeypatch.chdir(WORLDS)

    def run(line: str) -> Ended:
        code = main(shlex.split(line))
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture
def connected(database_urls: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has commands use the module's database."""
    monkeypatch.setenv("DUEBOOK_DATABASE_URL", database_urls.serve)


@pytest.fixture
def partner(run: Run, connected: None) -> str:
    """The id of a new partner."""
    made: str = run("partner create 'Example Platform' --json").json["partner_id"]
    return made


@pytest.fixture
def business(run: Run, partner: str) -> str:
    """The id of a new business in dollars, with empty books."""
    made: str = run(f"business create 'Example Business' --partner {partner} --currency USD --json").json["business_id"]
    return made


@pytest.fixture(scope="module")
def empty_databases(cluster: Urls) -> Iterator[EmptyDatabases]:
    """Makes databases with nothing in them, each with a role that will serve it."""
    made = []
    with psycopg.connect(make_conninfo(cluster.superuser, dbname="postgres"), autocommit=True) as connection:

        def make() -> Urls:
            name = f"test_{uuid4().hex}"
            made.append(name)
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 OWNER duebook_owner')
            connection.execute(f"CREATE ROLE \"{name}_serve\" LOGIN PASSWORD 'serve' NOSUPERUSER NOBYPASSRLS")
            return Urls(
                make_conninfo(cluster.owner, dbname=name),
                make_conninfo(cluster.serve, dbname=name, user=f"{name}_serve", password="serve"),
                make_conninfo(cluster.superuser, dbname=name),
            )

        yield make
        for name in made:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            connection.execute(f'DROP ROLE "{name}_serve"')


@pytest.fixture(scope="module")
def backup_url(database_urls: Urls) -> Iterator[str]:
    """The module's database as the role that docs/howto/backup-and-restore.md makes."""
    database = conninfo_to_dict(database_urls.owner)["dbname"]
    role, password = f"{database}_backup", "of-the-backup"
    with psycopg.connect(database_urls.superuser, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{password}' BYPASSRLS")
        connection.execute(f'GRANT pg_read_all_data TO "{role}"')
        connection.execute(f'GRANT CONNECT ON DATABASE "{database}" TO "{role}"')
        yield make_conninfo(database_urls.serve, user=role, password=password)
        connection.execute(f'REVOKE CONNECT ON DATABASE "{database}" FROM "{role}"')
        connection.execute(f'DROP ROLE "{role}"')


@pytest.fixture
def backups(tmp_path: Path, run: Run, backup_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where backups go, of the module's database, with heads that are signed with a key in it."""
    assert run(f"heads new-key {tmp_path / 'head-key.pem'}").code == 0
    monkeypatch.setenv("DUEBOOK_HEAD_KEY", str(tmp_path / "head-key.pem"))
    monkeypatch.setenv("DUEBOOK_BACKUP_URL", backup_url)
    return tmp_path


def restored(run: Run, file: Path, urls: Urls, options: str = "") -> Ended:
    """What restoring into a database says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DUEBOOK_MIGRATE_URL", urls.owner)
        return run(f"restore {file} {options}")


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder to be, which the account of the database can reach."""
    with tempfile.TemporaryDirectory(prefix="duebook-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder, "home")


@pytest.fixture
def port() -> int:
    """A port that nothing listens on."""
    return free_port()


@pytest.fixture
def start() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts a command as a shell does in the background: Ctrl-C ignored. What still runs at the end is killed.

    A server logs what went wrong only: nobody reads its standard error before its end, and a full pipe would stop it.
    """
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; from duebook.cli import main; sys.exit(main())", *arguments],
            env=os.environ | {LOG_FORMAT: LogFormat.TEXT} | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until(process: "subprocess.Popen[str]", said: str) -> str:
    """What the process prints up to the line that holds the words."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if said in line:
            return "".join(lines)
    errors = process.stderr.read() if process.stderr else ""
    raise AssertionError(f"{''.join(lines)}\n{errors}")
