"""PostgreSQL servers of the tests' own, on ports of 127.0.0.1, whose processes can be killed.

Units: seconds where a name says so.
Holds: they wait for the disk, as in production: what is committed survives a kill.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from duebook.db.embedded import Urls, owned
from duebook.db.embedded_host import PGDATA, Account, find_programs, server_account
from duebook.db.migrate import migrate
from tests.ports import free_port

START_SECONDS = 60.0
_SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "log_min_messages": "fatal"}
_WRITES = "FROM pg_stat_activity WHERE application_name = 'duebook write' AND state <> 'idle'"
_SIGN_IN = """
host all all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True)
class Cluster:
    """The data directory of a server that is not running, with empty books in it: servers are made as copies of it."""

    data: Path
    urls: Urls
    account: Account
    programs: Path

    @classmethod
    def made(cls, folder: Path) -> "Cluster":
        """Made like the embedded one, and open to this machine by its port."""
        with owned(folder, fsync=False) as urls:
            migrate(urls.owner)
        account = server_account()
        programs, _ = find_programs(account, None)
        with (folder / PGDATA / "pg_hba.conf").open("a") as rules:
            rules.write(_SIGN_IN)
        return cls(folder / PGDATA, urls, account, programs)

    def copy(self, folder: Path) -> "Postgres":
        """A server of its own in a folder that is not there yet; it does not run."""
        copied = self.account.run("cp", "-a", self.data, folder)
        assert copied.returncode == 0, copied.stdout
        return Postgres(self, folder, free_port())


@dataclass
class Postgres:
    """One server: where its data are, where it listens, and the process, once there is one."""

    made_of: Cluster
    data: Path
    port: int
    through: tuple[str, ...] = ()
    """A command that root runs and that becomes the server."""
    settings: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def urls(self) -> Urls:
        """The three roles at its port."""
        return self.urls_through(self.port)

    def urls_through(self, *ports: int) -> Urls:
        """The three roles at another port, or at whichever of several takes writes."""
        where = {"host": ",".join("127.0.0.1" for _ in ports), "port": ",".join(map(str, ports))}
        where |= {"target_session_attrs": "read-write"} if len(ports) > 1 else {}
        urls = self.made_of.urls
        return Urls(*(make_conninfo(url, **where) for url in (urls.owner, urls.serve, urls.superuser)))

    def start(self) -> None:
        """Start it and wait until it answers: after a kill, as soon as what is left of the killed one is gone."""
        settings = _SETTINGS | {"port": str(self.port)} | self.settings
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self.made_of.programs / "postgres"), "-D", str(self.data), *options]
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            if self.process is None or self.process.poll() is not None:
                self.process = self.launched(command)
            if self.answers():
                return
            time.sleep(0.05)
        raise AssertionError(f"PostgreSQL in {self.data} did not start: {self.log.read_text()[-2_000:]}")

    def launched(self, command: list[str]) -> "subprocess.Popen[bytes]":
        """A program that runs where the server does, as its account, and writes to its log."""
        account = self.made_of.account
        switch = account.switch and not self.through
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*self.through, *command],
                user=account.uid if switch else None,
                group=account.gid if switch else None,
                extra_groups=[] if switch else None,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def processes(self) -> list[int]:
        """All of them, the one that the others belong to first."""
        assert self.process is not None
        pid = self.process.pid
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    @property
    def log(self) -> Path:
        """What it says."""
        return self.data.with_name(f"{self.data.name}.log")

    def answers(self) -> bool:
        """Whether one can sign in."""
        with suppress(psycopg.OperationalError):
            self.ask("SELECT 1")
            return True
        return False

    def ask(self, query: str, **values: Any) -> list[Any]:
        """What its superuser is answered, who sees the books of every business."""
        url = make_conninfo(self.urls.superuser, dbname="duebook", connect_timeout=5)
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute(query, values)
            return found.fetchall() if found.description else []

    def kill(self) -> None:
        """SIGKILL for the process that all others belong to; those end by themselves when they notice."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def kill_write(self) -> bool:
        """SIGKILL for one process that is in the middle of a write; whether there was one."""
        for (pid,) in self.ask(f"SELECT pid {_WRITES} LIMIT 1"):
            os.kill(pid, signal.SIGKILL)
            return True
        return False

    def end_writes(self, by: str) -> bool:
        """End all writes by a function that takes a process, such as pg_cancel_backend; whether there were any."""
        return bool(self.ask(f"SELECT {by}(pid) {_WRITES}"))

    def promote(self) -> None:
        """Have a standby take writes from now on."""
        self.ask("SELECT pg_promote(wait => false)")

    @contextmanager
    def locked(self, *business_ids: str) -> Iterator[Callable[[], int]]:
        """Another session holds the heads of these books, so that writes wait; yields how many do."""
        url = make_conninfo(self.urls.superuser, dbname="duebook")
        with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher:
            holder.execute("SELECT FROM book WHERE business_id = ANY(%s::uuid[]) FOR UPDATE", [list(business_ids)])

            def waiting() -> int:
                found = watcher.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                (many,) = found.fetchone() or (0,)
                return int(many)

            yield waiting

    def write_until_it_stops(self) -> None:
        """Have it write to its log, for no books, until it has stopped by itself; for lack of room, say."""
        assert self.process is not None
        while self.process.poll() is None:
            with suppress(psycopg.OperationalError):
                self.ask("SELECT pg_logical_emit_message(true, 'faults', repeat('x', 1000000))")

    def stop(self) -> None:
        """Have it end, whatever it does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def standby(primary: Postgres, data: Path) -> Postgres:
    """A running standby of a server that runs; from here on, what the primary acknowledges is on the standby too."""
    cluster = primary.made_of
    superuser = make_conninfo(primary.urls.superuser, application_name="standby")
    options = ["-D", str(data), "-d", superuser, "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"]
    copied = cluster.account.run(cluster.programs / "pg_basebackup", *options)
    assert copied.returncode == 0, copied.stdout
    copy = replace(primary, data=data, port=free_port(), process=None)
    copy.start()
    primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
    primary.ask("SELECT pg_reload_conf()")
    while primary.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != [(1,)]:
        time.sleep(0.05)
    return copy
