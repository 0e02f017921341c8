"""The disk of the database fills up in the middle of writes: they are told to come again, and do when there is room."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.books import new_books
from tests.faults.clients import CLIENTS, WRITES, until, writing
from tests.faults.conftest import Say
from tests.faults.disk import Room, small_disks
from tests.faults.postgres import Cluster, Postgres
from tests.faults.proof import prove
from tests.faults.served import Served, verify
from tests.http.world import new_platform


@pytest.fixture
def on_disks(cluster_of_faults: Cluster, folder: Path) -> Iterator[tuple[Postgres, Room | None, Room]]:
    """A database with a small disk for its data and another for its log of writes."""
    with small_disks(cluster_of_faults, folder / "small") as made:
        yield made


async def test_a_full_disk(on_disks: tuple[Postgres, Room | None, Room], folder: Path, say: Say) -> None:
    """Given clients that write, when the disk of the data is full and then has room again, then they were told to come
    again, reports were answered all the while, and every write is there once; so it is after the log's disk was full
    and PostgreSQL, which stops then, is started again."""
    postgres, data, log = on_disks
    with Served.running(postgres.urls.serve, folder / "small-served.log") as served:
        books = new_books(served.url, new_platform(postgres.urls.serve), 3)
        async with writing(books) as tally:
            await tally.reached(WRITES // 4)
            if data:
                data.fill()
                before = tally.answers[503]
                await until(lambda: tally.answers[503] >= before + CLIENTS)
                for one in books:
                    await asyncio.to_thread(one.open)
                data.free()
            await tally.reached(WRITES // 2)
            log.fill()
            await asyncio.to_thread(postgres.write_until_it_stops)
            log.free()
            await asyncio.to_thread(postgres.start)
        say(tally)
        prove(tally, postgres)
        assert verify(postgres.urls.serve) == []
