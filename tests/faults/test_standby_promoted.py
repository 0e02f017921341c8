"""The primary is killed and its standby promoted in the middle of writes: the server finds whichever takes them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.books import new_books
from tests.faults.clients import WRITES, writing
from tests.faults.conftest import Say
from tests.faults.postgres import Cluster, Postgres, standby
from tests.faults.proof import prove
from tests.faults.served import Served, verify
from tests.http.world import new_platform


@pytest.fixture
def primary(cluster_of_faults: Cluster, folder: Path) -> Iterator[Postgres]:
    """A database that will not be started again."""
    primary = cluster_of_faults.copy(folder / "primary")
    try:
        primary.start()
        yield primary
    finally:
        primary.stop()


@pytest.fixture
def second(primary: Postgres, folder: Path) -> Iterator[Postgres]:
    """Its standby, which has whatever it acknowledged."""
    second = standby(primary, folder / "standby")
    try:
        yield second
    finally:
        second.stop()


async def test_a_standby_is_promoted(primary: Postgres, second: Postgres, folder: Path, say: Say) -> None:
    """Given a server that knows both addresses and clients that write, when the primary is killed and the standby
    promoted, then writes go on there, and every one is there once."""
    both = primary.urls_through(primary.port, second.port).serve
    with Served.running(both, folder / "standby-served.log") as served:
        books = new_books(served.url, new_platform(primary.urls.serve), 3)
        async with writing(books) as tally:
            await tally.reached(WRITES // 2)
            assert tally.under_way
            await asyncio.to_thread(primary.kill)
            second.promote()
        say(tally)
        prove(tally, second)
        assert verify(second.urls.serve) == []
