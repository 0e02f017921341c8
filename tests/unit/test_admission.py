"""Who gets a place among many that ask, and who waits for it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duebook.http.admission import Admission, Asker, ClientGone, Room, asker
from duebook.tenancy.errors import Busy

ROOM = Room(at_work=3, at_work_each=2, waiting=6, waiting_each=4, wait=30)
BUSINESS = "0190c0de-0000-7000-8000-000000000001"

Receive = Callable[[], Awaitable[Any]]


async def stays() -> Any:
    """A client that stays."""
    await asyncio.Event().wait()


class Door:
    """Askers that come in, work until they are let go, and are noted in the order in which they came in."""

    def __init__(self, room: Room = ROOM) -> None:
        self.admission = Admission(room)
        self.inside: list[str] = []
        self.working: list[tuple[str, asyncio.Event]] = []

    def comes(self, name: str, receive: Receive = stays) -> "asyncio.Task[None]":
        """One request."""
        return asyncio.create_task(self._work(name, receive))

    async def _work(self, name: str, receive: Receive) -> None:
        done = asyncio.Event()
        async with self.admission.place(("business", name), receive):
            self.inside.append(name)
            self.working.append((name, done))
            try:
                await done.wait()
            finally:
                self.working.remove((name, done))

    async def done(self) -> None:
        """The one that came in first is done."""
        self.working[0][1].set()
        await settled()


async def settled() -> None:
    """Returns when nothing happens any more by itself."""
    for _ in range(10):
        await asyncio.sleep(0)


async def ended(tasks: list["asyncio.Task[None]"]) -> list[type[BaseException]]:
    """How those ended that did; the rest is cancelled."""
    await settled()
    errors = [task.exception() for task in tasks if task.done() and not task.cancelled()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return [type(error) for error in errors if error]


async def test_nobody_has_more_than_a_share() -> None:
    """Given an asker with many requests, when another comes, then it has a place at once, and the places that come free
    go round."""
    door = Door()
    tasks = [door.comes("a") for _ in range(5)]
    await settled()
    tasks += [door.comes("b"), door.comes("b"), door.comes("c")]
    await settled()
    assert door.inside == ["a", "a", "b"]
    for _ in range(5):
        await door.done()
    assert Counter(door.inside[3:6]) == Counter("abc")
    assert await ended(tasks) == []


async def test_the_room_is_bounded_and_shared() -> None:
    """Given a room that is full of one asker's requests, when others come, then they take its youngest's places."""
    door = Door()
    tasks = [door.comes("a") for _ in range(7)]
    await settled()
    assert [task.done() for task in tasks] == [False] * 6 + [True]  # two at work, four waiting
    tasks += [door.comes("b"), *(door.comes("c") for _ in range(2)), door.comes("d")]
    await settled()
    assert [task.done() for task in tasks] == [False] * 5 + [True, True] + [False] * 4
    assert await ended(tasks) == [Busy, Busy]


async def test_who_waits_for_too_long_is_told() -> None:
    """Given no place for a while, when the time is up, then whoever waits is told so, and leaves no trace."""
    door = Door(Room(at_work=1, at_work_each=1, waiting=6, waiting_each=4, wait=0.01))
    tasks = [door.comes("a")]
    await settled()
    with pytest.raises(Busy):
        await door.comes("a")
    await door.done()
    tasks.append(door.comes("a"))
    await settled()
    assert door.inside == ["a", "a"]
    assert await ended(tasks) == []


async def test_a_client_that_hangs_up_gives_up_its_place() -> None:
    """Given a client that waits, when it hangs up, then it is gone, and the one behind it is next."""
    door, gone = Door(), asyncio.Event()

    async def hangs_up() -> dict[str, str]:
        await gone.wait()
        return {"type": "http.disconnect"}

    tasks = [door.comes("a"), door.comes("a"), door.comes("a", hangs_up), door.comes("a")]
    await settled()
    gone.set()
    await settled()
    assert isinstance(tasks[2].exception(), ClientGone)
    await door.done()
    assert len(door.inside) == 3
    assert await ended(tasks) == [ClientGone]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["comes", "done", "cancelled"])), max_size=60))
def test_every_place_comes_back(steps: list[tuple[str, str]]) -> None:
    """Given any order of coming, being done and being cancelled, when all are gone, then all places are free, and there
    were never more at work than there are places."""

    async def tried() -> None:
        door = Door()
        tasks: list[asyncio.Task[None]] = []
        for name, step in steps:
            if step == "comes":
                tasks.append(door.comes(name))
            elif step == "done" and door.working:
                await door.done()
            elif step == "cancelled" and tasks:
                tasks[ord(name) % len(tasks)].cancel()
            at_work = Counter(one for one, _ in door.working)
            assert at_work.total() <= ROOM.at_work
            assert all(many <= ROOM.at_work_each for many in at_work.values())
        await ended(tasks)
        fresh = [door.comes(name) for name in "aab"]
        await settled()
        assert len(door.working) == ROOM.at_work
        await ended(fresh)

    asyncio.run(tried())


@pytest.mark.parametrize(
    ("path", "headers", "counts_for"),
    [
        (f"/v1/businesses/{BUSINESS}/invoices", [(b"authorization", b"Bearer x")], ("business", BUSINESS)),
        (f"/v1/platform/businesses/{BUSINESS}/insights/ar-aging/", [], ("business", BUSINESS)),
        (f"/api/v1/businesses/{BUSINESS}/commands", [], ("business", BUSINESS)),
        ("/v1/platform/businesses/", [(b"authorization", b"Bearer x")], ("shown", b"Bearer x")),
        ("/oauth2/token", [], ("address", "192.0.2.1")),
    ],
)
def test_whom_a_request_counts_for(path: str, headers: list[tuple[bytes, bytes]], counts_for: Asker) -> None:
    """Given a request, when asked whom it counts for, then its business, else its credentials, else its address."""
    assert asker({"path": path, "headers": headers, "state": {"client_address": "192.0.2.1"}}) == counts_for
