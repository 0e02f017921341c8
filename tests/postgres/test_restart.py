"""What was acknowledged is there after kill -9, of the writer and of PostgreSQL, and nothing is half written."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import date
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest

from duebook.db.embedded import Urls, owned
from duebook.db.lending import OutcomeUnknown
from duebook.db.migrate import migrate
from duebook.db.pool import FOR_COMMANDS, Database, connected
from duebook.ledger.commands import AddCharge, AddSettlement, NewAllocation, NewParty
from duebook.ledger.facts import Kind, Side
from duebook.ledger.store import record
from duebook.ledger.verify import verify
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx, write_tx
from tests.oracle.kept import Kept

ROOT = Path(__file__).parents[2]
DAY = date(2025, 3, 1)
BATCHES = (1, 1, 2, 300)
"""How many invoices a write brings, in turn; the last size is copied in bulk."""


async def write_until_killed(url: str, business_id: BusinessId, first: int) -> None:
    """Write invoices, each with a payment of half, and say their numbers once they are committed."""
    async with connected(url, readers=1, writers=1) as database:
        for many in cycle(BATCHES):
            numbers = range(first, first + many)
            await write(database, business_id, numbers)
            print(*numbers, sep="\n", flush=True)
            first = numbers.stop


async def write(database: Database, business_id: BusinessId, numbers: range) -> None:
    """One write of some invoices, each half paid."""
    charges = [
        AddCharge(
            side=Side.RECEIVABLE,
            external_id=f"A-{number}",
            party=NewParty(f"c{number % 5}", "Customer"),
            issued_on=DAY,
            currency="USD",
            amount_minor=100,
        )
        for number in numbers
    ]
    payments = [
        AddSettlement(
            side=Side.RECEIVABLE,
            kind=Kind.PAYMENT,
            settled_on=DAY,
            currency="USD",
            amount_minor=50,
            allocations=(NewAllocation(charge=charge.id, amount_minor=50),),
        )
        for charge in charges
    ]
    async with write_tx(database, OPERATOR, business_id, "test") as tx:
        await record(tx, [*charges, *payments])


@contextmanager
def writer(url: str, business_id: BusinessId, first: int) -> Iterator[subprocess.Popen[str]]:
    """Another process that writes until it is killed."""
    code = (
        "import asyncio, os, sys; from uuid import UUID; from tests.postgres.test_restart import write_until_killed;"
        "asyncio.run(write_until_killed(os.environ['URL'], UUID(sys.argv[1]), int(sys.argv[2])))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(business_id), str(first)],
        cwd=ROOT,
        env=os.environ | {"URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def acknowledged(process: subprocess.Popen[str], many: int) -> list[int]:
    """The first numbers that the writer says."""
    assert process.stdout is not None
    return [int(process.stdout.readline()) for _ in range(many)]


def last_words(process: subprocess.Popen[str]) -> list[int]:
    """What the writer had said before it was killed; a line may have been cut short."""
    assert process.stdout is not None
    return [int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]


async def stands(database: Database, business_id: BusinessId, numbers: list[int]) -> int:
    """See that these invoices are there and the books are whole; returns the next number."""
    async with read_tx(database, OPERATOR, business_id) as tx:
        query = "SELECT substr(external_id, 3)::int AS number FROM document WHERE kind = 'charge' ORDER BY 1"
        found = [row.number for row in await (await tx.connection.execute(query)).fetchall()]
        assert set(numbers) <= set(found)
        assert found == list(range(len(found)))
        rows = await (
            await tx.connection.execute("SELECT count(*) AS n, sum(amount_minor) AS open FROM open_item")
        ).fetchall()
        assert [(row.n, row.open or 0) for row in rows] == [(len(found), 50 * len(found))]
        query = "SELECT count(*) AS n, coalesce(max(version), 0) AS last FROM ledger_version"
        assert [tuple(row) for row in await (await tx.connection.execute(query)).fetchall()] == [(tx.version,) * 2]
        assert [str(finding) async for finding in verify(tx)] == []
    return len(found)


async def test_a_killed_writer_takes_nothing_along(database: Database, database_url: str) -> None:
    """Given a process that writes one version after another, when it is killed at any moment, again and again, then all
    that it had acknowledged stands, and the books are whole."""
    business_id, numbers, random = (await Kept.new(database)).business_id, list[int](), Random(7)
    for _ in range(3):
        first = await stands(database, business_id, numbers)
        with writer(database_url, business_id, first) as process:
            numbers += await asyncio.to_thread(acknowledged, process, random.randint(1, 200))
            await asyncio.sleep(random.random() / 10)
            process.kill()
            numbers += await asyncio.to_thread(last_words, process)
    await stands(database, business_id, numbers)


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[Urls, Database]]:
    """A server of its own that waits for the disk, and pools on it."""
    programs = os.environ.get("DUEBOOK_TEST_PG_BIN")
    with owned(folder, bin_dir=Path(programs) if programs else None) as urls:
        migrate(urls.owner)
        async with connected(urls.serve, readers=1, writers=1) as database:
            yield urls, database


def open_to_all(folder: Path) -> None:
    """Let the account of the server pass, which is another one than root's."""
    folder.chmod(0o755)


def kill_server(folder: Path) -> None:
    """SIGKILL for the server of this folder and all its processes, so that none can put anything in order."""
    server = int((folder / "pgdata" / "postmaster.pid").read_text().split()[0])
    os.kill(server, signal.SIGSTOP)  # so that it starts no more of them
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    for pid in (server, *map(int, children)):
        os.kill(pid, signal.SIGKILL)


def end_wait_for_standby(superuser: "psycopg.Connection[Any]") -> None:
    """End the wait of a commit for a standby, once there is one that waits."""
    ended = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    while not superuser.execute(ended).rowcount:
        time.sleep(0.01)


async def test_a_commit_that_no_standby_confirms_is_not_told_as_done() -> None:
    """Given a server whose standby is away, when the wait of a commit is ended, by an operator or since it takes too
    long, then nobody says that it is done, though it stands."""
    with tempfile.TemporaryDirectory(prefix="duebook-test-") as parent:
        folder = Path(parent, "server")
        open_to_all(folder.parent)
        async with served(folder) as (urls, database):
            business_id = (await Kept.new(database)).business_id
            with psycopg.connect(urls.superuser, autocommit=True) as superuser:
                superuser.execute("ALTER SYSTEM SET synchronous_standby_names = 'away'")
                superuser.execute("SELECT pg_reload_conf()")
                waiting = asyncio.create_task(write(database, business_id, range(1)))
                await asyncio.to_thread(end_wait_for_standby, superuser)
                with pytest.raises(OutcomeUnknown, match="synchronous replication"):
                    await waiting
                async with connected(urls.serve, patience=replace(FOR_COMMANDS, held=0.5)) as hasty:
                    with pytest.raises(OutcomeUnknown):
                        await write(hasty, business_id, range(1, 2))
                superuser.execute("ALTER SYSTEM RESET synchronous_standby_names")
                superuser.execute("SELECT pg_reload_conf()")
            await write(database, business_id, range(2, 3))  # after the one before it, which still holds the lock
            await stands(database, business_id, [0, 1, 2])


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the server's processes in /proc")
async def test_a_killed_server_comes_back_with_all_that_was_acknowledged() -> None:
    """Given a server and a process that writes to it, when all of PostgreSQL is killed amid writes, again and again,
    then after a restart all that was acknowledged stands, the books are whole, and writes go on."""
    numbers: list[int] = []
    business_id, random = BusinessId(UUID(int=0)), Random(11)
    with tempfile.TemporaryDirectory(prefix="duebook-test-") as parent:
        folder = Path(parent, "server")
        open_to_all(folder.parent)
        for life in range(3):
            async with served(folder) as (urls, database):
                if life == 0:
                    business_id = (await Kept.new(database)).business_id
                first = await stands(database, business_id, numbers)
                if life == 2:
                    await write(database, business_id, range(first, first + 1))
                    await stands(database, business_id, [first])
                    break
                with writer(urls.serve, business_id, first) as process:
                    numbers += await asyncio.to_thread(acknowledged, process, random.randint(1, 400))
                    await asyncio.sleep(random.random() / 10)
                    kill_server(folder)
                    await asyncio.sleep(0.5)  # what it says now, it says of a server that is gone
                    process.kill()
                    numbers += await asyncio.to_thread(last_words, process)
