"""PostgreSQL is killed in the middle of writes: what was acknowledged stands, once, and the server needs no restart."""

import asyncio

from tests.faults.books import Books
from tests.faults.clients import WRITES, writing
from tests.faults.conftest import Say
from tests.faults.postgres import Postgres
from tests.faults.proof import prove
from tests.faults.served import Served


async def test_all_of_postgresql_is_killed(books: list[Books], postgres: Postgres, served: Served, say: Say) -> None:
    """Given clients that write, when PostgreSQL is killed and started again, then every write is there once."""
    async with writing(books) as tally:
        for turn in (1, 2):
            await tally.reached(turn * WRITES // 3)
            assert tally.under_way
            await asyncio.to_thread(postgres.kill)
            await asyncio.to_thread(postgres.start)
    say(tally)
    prove(tally, postgres)


async def test_one_process_killed(books: list[Books], postgres: Postgres, served: Served, say: Say) -> None:
    """Given clients that write, when the process of one connection is killed in a write, then all is there once."""
    async with writing(books) as tally:
        await tally.reached(WRITES // 3)
        while not await asyncio.to_thread(postgres.kill_write):
            pass
    say(tally)
    prove(tally, postgres)
