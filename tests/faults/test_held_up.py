"""The database ends statements of writes: they are told to come again, and do."""

import asyncio

from tests.faults.books import Books
from tests.faults.clients import WRITES, writing
from tests.faults.conftest import Say
from tests.faults.postgres import Postgres
from tests.faults.proof import prove


async def test_statements_are_ended_by_the_database(books: list[Books], postgres: Postgres, say: Say) -> None:
    """Given clients that write, when statements are cancelled and sessions ended, as by a timeout or an operator, then
    every write is there once."""
    async with writing(books) as tally:
        for turn, end in enumerate(("pg_cancel_backend", "pg_terminate_backend") * 3, 1):
            await tally.reached(turn * WRITES // 8)
            while not await asyncio.to_thread(postgres.end_writes, end):
                pass
    say(tally)
    assert tally.answers[503] > 0
    prove(tally, postgres)
