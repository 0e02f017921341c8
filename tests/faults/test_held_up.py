"""Another session holds what writes need, or ends their statements: they are told to come again, others go on."""

import asyncio

from tests.faults.books import Books
from tests.faults.clients import WRITES, until, writing
from tests.faults.conftest import Say
from tests.faults.postgres import Postgres
from tests.faults.proof import prove


async def test_the_books_of_one_business_are_locked(books: list[Books], postgres: Postgres, say: Say) -> None:
    """Given clients that write, when another session locks the books of one business, then all its clients are told to
    come again and no other's is, and once the lock is given up, every write is there once."""
    async with writing(books) as tally:
        await tally.reached(WRITES // 4)
        with postgres.locked(books[0].business_id):
            first = len(tally.tries)
            inside = tally.customers(books[0])
            await until(lambda: {one.customer for one in tally.tries[first:] if one.status == 503} >= inside)
            others = {one.status for one in tally.tries[first:] if one.customer not in inside}
    say(tally)
    assert 201 in others <= {200, 201, None}
    prove(tally, postgres)


async def test_statements_are_ended_by_the_database(books: list[Books], postgres: Postgres, say: Say) -> None:
    """Given clients that write, when statements are cancelled and sessions ended, as by a timeout or an operator, then
    every write is there once."""
    async with writing(books) as tally:
        for turn, end in enumerate(("pg_cancel_backend", "pg_terminate_backend") * 3, 1):
            await tally.reached(turn * WRITES // 8)
            while not await asyncio.to_thread(postgres.end_writes, end):
                pass
    say(tally)
    prove(tally, postgres)
