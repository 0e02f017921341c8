"""What was acknowledged is there after kill -9 of the server and of its database, and nothing is half written."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.http.layer_world import Layer, bill, invoice, new_layer, payment
from tests.http.world import Platform
from tests.ports import free_port

_COMMAND = [sys.executable, "-c", "import sys; from duebook.cli import main; sys.exit(main())"]
_WRITERS = 4
_ACKNOWLEDGED = 40
"""How many writes are answered before the kill, at least."""


@dataclass(frozen=True)
class Home:
    """A data folder, and the port on which it is served."""

    folder: Path
    port: int
    started: list["subprocess.Popen[str]"] = field(default_factory=list)

    def run(self, *words: str) -> str:
        """What a command prints that uses this folder."""
        done = subprocess.run(
            [*_COMMAND, *words, "--data-dir", str(self.folder)], capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def serve(self) -> "subprocess.Popen[str]":
        """The supervising process of a server that answers."""
        words = ["serve", "--port", str(self.port), "--workers", "2", "--data-dir", str(self.folder)]
        process = subprocess.Popen([*_COMMAND, *words], stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.started.append(process)
        assert process.stdout is not None
        assert "listens" in process.stdout.readline()
        return process

    def database(self) -> int:
        """The process that PostgreSQL calls postmaster."""
        return int((self.folder / "pgdata" / "postmaster.pid").read_text().split()[0])


@dataclass
class Written:
    """What writers sent: what was answered, and what nobody knows about since the answer never came."""

    answered: list[tuple[str, Any, Any]] = field(default_factory=list)
    unanswered: list[tuple[str, Any]] = field(default_factory=list)


@pytest.fixture
def home() -> Iterator[Home]:
    """A data folder that the account of the database can reach."""
    with tempfile.TemporaryDirectory(prefix="duebook-test-") as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder, "home"), free_port())
        yield home
        for process in home.started:
            process.terminate()
            process.communicate(timeout=60)


def _below(process: int) -> list[int]:
    """The process and all that it started, the youngest last."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(one for child in children for one in _below(int(child)))]


def _kill(processes: list[int]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):  # one of the database's own may just have ended
            os.kill(process, signal.SIGKILL)


def _asked(writer: str, turn: int) -> list[tuple[str, Any]]:
    """What one writer sends in one turn: a batch with payments, a payment over two of its invoices, and a bill."""
    name = f"{writer}-{turn}"
    paid = {"amount": 100, "paid_at": "2024-04-05", "method": "ACH"}
    batch = [
        invoice(
            f"{name}-{place}", customer_external_id=f"c{writer}", payments=[paid | {"external_id": f"{name}-{place}"}]
        )
        for place in range(5)
    ]
    over_two = payment(600, (f"{name}-0", 200), (f"{name}-1", 400), external_id=f"{name}-over-two")
    payable = bill(name, payments=[{"amount": 7, "external_id": name}])
    return [("invoices/batch", batch), ("invoices/payments", over_two), ("bills", payable)]


def _write(books: Layer, writer: str, written: Written, enough: Event) -> None:
    """Send until the server is gone. A request that is not answered ends it."""
    for turn in count():
        for path, body in _asked(writer, turn):
            try:
                answer = books.ask("POST", path, json=body)
            except httpx.TransportError:
                written.unanswered.append((path, body))
                return
            assert answer.status_code in {200, 201}, answer.text
            written.answered.append((path, body, answer.json()["data"]))
            if len(written.answered) >= _ACKNOWLEDGED:
                enough.set()


def _ids(data: Any) -> list[str]:
    made = data.get("successful_invoices", [data])
    return [one["id"] for one in made]


def _check_answered(books: Layer, written: Written) -> None:
    """Everything that was answered is there: the same request finds it."""
    for path, body, data in written.answered:
        assert _ids(data) == _ids(books.post(path, body, status=200))


def _check_whole(books: Layer, written: Written) -> None:
    """Of what was not answered, each is there as a whole or not at all; sent again, it is there once."""
    there = {one["external_id"]: one for one in books.get("invoices", limit=500)["data"]}
    for path, body in written.unanswered:
        if path == "invoices/batch":
            found = [one["external_id"] in there for one in body]
            assert all(found) or not any(found)
        answer = books.ask("POST", path, json=body)
        assert answer.status_code in {200, 201}, answer.text
    for one in there.values():
        assert one["payment_allocations"][0]["amount"] == 100


def test_what_was_answered_survives_killing_everything(home: Home) -> None:
    """Given writers at work, when server, workers and PostgreSQL are killed, then what was answered is there, whole."""
    made = json.loads(home.run("partner", "create", "Example", "--json"))
    served = home.serve()
    with httpx.Client(base_url=f"http://127.0.0.1:{home.port}", timeout=60) as client:
        books = new_layer(client, Platform(UUID(made["partner_id"]), made["api_key"]))
        for round_, with_database in enumerate([True, False]):
            written, enough = Written(), Event()
            with ThreadPoolExecutor(_WRITERS) as threads:
                names = [f"{round_}{writer}" for writer in range(_WRITERS)]
                writers = [threads.submit(_write, books, name, written, enough) for name in names]
                assert enough.wait(120)
                _kill([*_below(served.pid), *(_below(home.database()) if with_database else [])])
                for one in writers:
                    one.result()
            served.communicate()
            served = home.serve()
            assert len(written.unanswered) == _WRITERS
            _check_answered(books, written)
            _check_whole(books, written)
    assert [proved["findings"] for proved in json.loads(home.run("verify", "--json"))] == [[], []]
