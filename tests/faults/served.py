"""`duebook serve` as its operator runs it, over a database of its own: two workers, below one that supervises."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from duebook.http.settings import REQUESTS_PER_SECOND
from tests.ports import free_port

COMMAND = [sys.executable, "-c", "import sys; from duebook.cli import main; sys.exit(main())"]
WORKERS = 2


@dataclass
class Served:
    """A server, and what it writes to its standard error."""

    database_url: str
    log: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[str] | None" = None

    @classmethod
    @contextmanager
    def running(cls, database_url: str, log: Path) -> Iterator["Served"]:
        """A server that answers, for the length of the block."""
        served = cls(database_url, log)
        try:
            served.start()
            yield served
        finally:
            if served.process is not None and served.process.poll() is None:
                served.terminate()
                served.ended()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers; no client is told to come less often."""
        settings = {"DUEBOOK_DATABASE_URL": self.database_url, REQUESTS_PER_SECOND: "0"}
        command = [*COMMAND, "serve", "--port", str(self.port), "--workers", str(WORKERS)]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command, env=os.environ | settings, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        assert "listens" in self.process.stdout.readline(), self.log.read_text()

    @property
    def pid(self) -> int:
        """The process that supervises."""
        assert self.process is not None
        return self.process.pid

    @property
    def workers(self) -> list[int]:
        """The processes that answer."""
        return [worker for keeper in _children(self.pid) for worker in _children(keeper)]

    def kill_worker(self) -> None:
        """SIGKILL for one that answers."""
        os.kill(self.workers[0], signal.SIGKILL)

    def kill(self) -> None:
        """SIGKILL for the process that supervises; returns when it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        self.ended()

    def terminate(self) -> None:
        """Tell it to stop."""
        os.kill(self.pid, signal.SIGTERM)

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait(60)

    def has_read_all(self) -> bool:
        """Whether nothing that was sent to it still waits to be accepted or read."""
        connections = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return all(
            queues.endswith(":00000000") for _, at, _, _, queues, *_ in connections if at.endswith(f":{self.port:04X}")
        )

    def listens(self) -> bool:
        """Whether it takes connections."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def verify(database_url: str) -> list[Any]:
    """What `duebook verify` finds wrong with all books of a database."""
    environment = os.environ | {"DUEBOOK_DATABASE_URL": database_url}
    done = subprocess.run([*COMMAND, "verify", "--json"], env=environment, capture_output=True, text=True, timeout=900)
    assert done.stdout, done.stderr
    return [one for business in json.loads(done.stdout) for one in business["findings"]]


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
