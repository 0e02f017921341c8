"""Two thousand writes to one business at the same time, some of them after the same money."""

import asyncio
import os
import random
import subprocess
import sys
from datetime import date

import psycopg

from duebook.db.embedded import Urls
from duebook.db.pool import Database, connected
from duebook.ledger.commands import AddCharge, AddSettlement, NewAllocation, NewParty
from duebook.ledger.errors import OverAllocated
from duebook.ledger.facts import Kind, Side
from duebook.ledger.store import record
from duebook.ledger.verify import verify
from duebook.tenancy.errors import Busy
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import WAITING, read_tx, write_tx

INVOICES = 500
AMOUNT = 100
PROCESSES = 2
PAYERS = 3
"""How many try to pay each invoice in full: one of them can."""

DAY = date(2025, 1, 10)
_ROOM = asyncio.Semaphore(WAITING)
"""More than may wait would be told to come again, and would come again at once."""


async def write(database: Database, business_id: BusinessId, command: AddCharge | AddSettlement) -> bool:
    """Record one command as one version; False if it is refused. Comes again when the books are busy."""
    while True:
        try:
            async with _ROOM, write_tx(database, OPERATOR, business_id, "test") as tx:
                await record(tx, [command])
        except Busy:
            continue
        except OverAllocated:
            return False
        return True


def payment(number: int) -> AddSettlement:
    """Pays one invoice in full."""
    return AddSettlement(
        side=Side.RECEIVABLE,
        kind=Kind.PAYMENT,
        settled_on=DAY,
        currency="USD",
        amount_minor=AMOUNT,
        allocations=(NewAllocation(charge=f"A-{number}", amount_minor=AMOUNT),),
    )


async def pay(url: str, business_id: BusinessId, seed: int) -> int:
    """Try to pay every invoice, in an order of one's own, all at once; how many of them worked."""
    numbers = list(range(INVOICES))
    random.Random(seed).shuffle(numbers)
    async with connected(url, readers=1, writers=4) as database:
        return sum(await asyncio.gather(*(write(database, business_id, payment(number)) for number in numbers)))


async def test_nothing_is_paid_twice(database: Database, database_urls: Urls, business_id: BusinessId) -> None:
    """Given 500 invoices, when three writers in two processes pay each of them at once, then each is paid once."""
    charges = [
        AddCharge(
            side=Side.RECEIVABLE,
            external_id=f"A-{number}",
            party=NewParty(f"c{number % 7}", "Customer"),
            issued_on=DAY,
            currency="USD",
            amount_minor=AMOUNT,
        )
        for number in range(INVOICES)
    ]
    assert all(await asyncio.gather(*(write(database, business_id, charge) for charge in charges)))
    code = (
        "import asyncio, os, sys; from uuid import UUID; from tests.postgres.test_concurrent_writes import pay;"
        "print(asyncio.run(pay(os.environ['URL'], UUID(sys.argv[1]), int(sys.argv[2]))))"
    )
    others = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code, str(business_id), str(seed)),
            env=os.environ | {"URL": database_urls.serve},
            stdout=subprocess.PIPE,
        )
        for seed in range(1, PROCESSES)
    ]
    worked = sum(
        await asyncio.gather(*(pay(database_urls.serve, business_id, seed) for seed in range(PROCESSES, PAYERS + 1)))
    )
    for other in others:
        said, _ = await other.communicate()
        assert other.returncode == 0
        worked += int(said)
    assert worked == INVOICES
    async with read_tx(database, OPERATOR, business_id) as tx:
        assert tx.version == 2 * INVOICES
        assert [str(finding) async for finding in verify(tx)] == []
    with psycopg.connect(database_urls.superuser) as connection:
        left = connection.execute("SELECT count(*) FROM open_item WHERE business_id = %s", [business_id]).fetchone()
    assert left == (0,)


async def test_one_external_id_is_recorded_once(database: Database, business_id: BusinessId) -> None:
    """Given one invoice, when a hundred writers record it at once, then there is one, made by one version."""
    charge = AddCharge(
        side=Side.RECEIVABLE,
        external_id="A-1",
        party=NewParty("ann", "Ann"),
        issued_on=DAY,
        currency="USD",
        amount_minor=AMOUNT,
    )
    assert all(await asyncio.gather(*(write(database, business_id, charge) for _ in range(100))))
    async with read_tx(database, OPERATOR, business_id) as tx:
        assert tx.version == 1
