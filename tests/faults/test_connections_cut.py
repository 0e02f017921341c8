"""The wire to the database is cut, closed by half, stalled, or loses an answer: nothing is lost and nothing doubled."""

from tests.faults.books import Books
from tests.faults.clients import WRITES, answered, writing
from tests.faults.conftest import Say
from tests.faults.postgres import Postgres
from tests.faults.proof import prove
from tests.faults.proxy import Proxy
from tests.faults.served import Served


async def test_connections_are_cut_in_the_middle_of_statements(
    books: list[Books], postgres: Postgres, proxy: Proxy, say: Say
) -> None:
    """Given clients that write, when all connections are cut or half closed, then all is there once."""
    async with writing(books) as tally:
        for turn in range(1, 7):
            await tally.reached(turn * WRITES // 8)
            assert proxy.cut() if turn % 2 else proxy.half_close()
    say(tally)
    prove(tally, postgres)


async def test_a_commit_whose_answer_is_lost_is_not_done_twice(
    books: list[Books], postgres: Postgres, proxy: Proxy, say: Say
) -> None:
    """Given clients that write, when the answers of commits are lost, then those writes are found to be there."""
    async with writing(books) as tally:
        await tally.reached(WRITES // 4)
        proxy.lose(20, at=b"COMMIT")
    say(tally)
    assert proxy.lost == 20
    assert tally.answers[200] > 0
    prove(tally, postgres)


async def test_a_network_that_says_nothing_ends_by_timeout(
    books: list[Books], postgres: Postgres, proxy: Proxy, served: Served, say: Say
) -> None:
    """Given clients that write, when the wire passes nothing on and closes nothing, then every client is told to come
    again, and once it flows everything goes on."""
    async with writing(books) as tally:
        await tally.reached(WRITES // 2)
        proxy.stall()
        stalled = tally.under_way
        statuses = await answered(stalled)
        proxy.flow()
    say(tally)
    assert 503 in statuses <= {200, 201, 503}
    prove(tally, postgres)
