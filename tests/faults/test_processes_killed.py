"""Processes of the server are killed or told to stop in the middle of writes."""

import asyncio

from tests.faults.books import Books
from tests.faults.clients import CLIENTS, CUT, WRITES, answered, until, writing
from tests.faults.conftest import Say
from tests.faults.postgres import Postgres
from tests.faults.proof import prove
from tests.faults.served import Served


async def test_workers_are_killed(books: list[Books], postgres: Postgres, served: Served, say: Say) -> None:
    """Given clients that write, when one worker after the other is killed, others answer, and all is there once."""
    async with writing(books) as tally:
        for turn in (1, 2, 3):
            await tally.reached(turn * WRITES // 5)
            served.kill_worker()
    say(tally)
    assert tally.answers[CUT] > 0
    prove(tally, postgres)


async def test_the_supervising_process_is_killed(
    books: list[Books], postgres: Postgres, served: Served, say: Say
) -> None:
    """Given clients that write, when the process above all is killed and a new one started, then all is there once."""
    async with writing(books) as tally:
        await tally.reached(WRITES // 2)
        await asyncio.to_thread(served.kill)
        await asyncio.to_thread(served.start)
    say(tally)
    assert tally.answers[CUT] > 0
    prove(tally, postgres)


async def test_a_server_that_is_told_to_stop_answers_what_it_has_accepted(
    books: list[Books], postgres: Postgres, served: Served, say: Say
) -> None:
    """Given writes that wait for a lock, when the server is told to stop and the lock is given up, then each of them is
    answered, the server ends well, and the next one goes on."""
    async with writing(books) as tally:
        await tally.reached(WRITES // 2)
        with postgres.locked(*(one.business_id for one in books)) as waiting:
            await until(lambda: waiting() >= len(books) and len(tally.under_way) == CLIENTS)
            accepted = tally.under_way
            await asyncio.sleep(0.5)  # all of it has been sent
            await until(served.has_read_all)
            served.terminate()
            await until(lambda: not served.listens())
        statuses = await answered(accepted)
        code = await asyncio.to_thread(served.ended)
        await asyncio.to_thread(served.start)
    say(tally)
    assert code == 0
    assert 201 in statuses <= {201, 503}
    prove(tally, postgres)
