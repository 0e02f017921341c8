"""The primary is killed and its standby promoted in the middle of writes: the server finds whichever takes them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.books import new_books
from tests.faults.clients import WRITES, writing
from tests.faults.conftest import Say
from tests.faults.postgres import Postgres, standby
from tests.faults.proof import prove
from tests.faults.served import Served
from tests.http.world import new_platform


@pytest.fixture
def second(postgres: Postgres, folder: Path) -> Iterator[Postgres]:
    """A standby that has whatever the primary acknowledged."""
    second = standby(postgres, folder / "standby")
    try:
        yield second
    finally:
        second.stop()


async def test_a_standby_is_promoted(postgres: Postgres, second: Postgres, folder: Path, say: Say) -> None:
    """Given a server that knows both addresses and clients that write, when the primary is killed and the standby
    promoted, then writes go on there, and every one is there once."""
    both = postgres.urls_through(postgres.port, second.port).serve
    with Served.running(both, folder / "served.log") as served:
        books = new_books(served.url, new_platform(postgres.urls.serve), 3)
        async with writing(books) as tally:
            await tally.reached(WRITES // 2)
            await asyncio.to_thread(postgres.kill)
            second.promote()
        say(tally)
        assert tally.answers[503] > 0
        prove(tally, second)
