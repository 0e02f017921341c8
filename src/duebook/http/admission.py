"""Who may come in: so many requests are worked on at once, some more wait, and the rest are told to come again.

Units: seconds.
Holds: no asker has more than its share of either; places that come free go round among the askers that wait; when the
room is full, it is the asker with most in it that is turned away. Everything is in the memory of one worker.
Source: docs/reference/limits.md, "Requests".
"""

import asyncio
import re
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from duebook.http.addresses import network
from duebook.tenancy.errors import Busy

_BUSINESS: Final = re.compile(r"/businesses/([^/]{1,64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much there is room for in one worker."""

    at_work: int = 24
    """Half as many again as there are connections: one worker's Python is busy with fewer, and more would only take
    longer, all of them."""
    at_work_each: int = 8
    """Of one asker: more than its turns at the books (two writes, four reads)."""
    waiting: int = 256
    """What a worker does in the time that a request may wait, at a hundred requests a second."""
    waiting_each: int = 64
    wait: float = 3.0
    """A request that has waited for so long is turned away, and those behind it are younger."""


USUAL_ROOM: Final = Room()


class ClientGone(Exception):
    """A client that hung up gives up its place."""


Asker = tuple[str, Hashable]
"""Whom a request counts for, by what tells it from others."""


def asker(scope: Any) -> Asker:
    """The business in the path, else whoever's credentials are shown, else the client's address.

    Nothing is checked yet: askers are told apart, not trusted.
    """
    if found := _BUSINESS.search(scope["path"]):
        return "business", found[1]
    shown = next((value for name, value in scope["headers"] if name == b"authorization"), None)
    return ("shown", shown) if shown else ("address", network(scope["state"]["client_address"]))


class Admission:
    """The requests of one worker, at work and waiting."""

    def __init__(self, room: Room) -> None:
        self._room: Final = room
        self._at_work: Final[Counter[Asker]] = Counter()
        self._waiting: Final[OrderedDict[Asker, deque[asyncio.Future[None]]]] = OrderedDict()

    @asynccontextmanager
    async def place(self, who: Asker, receive: Any) -> AsyncIterator[None]:
        """A place for the length of the block. Raises Busy, at once or after a while, and ClientGone.

        `receive` tells of a client that hangs up; the body must have been read.
        """
        if self._has_place(who) and who not in self._waiting:
            self._at_work[who] += 1
        else:
            await self._wait(who, receive)
        try:
            yield
        finally:
            self._leave(who)

    def refuse_beyond(self, who: Asker) -> None:
        """Raises Busy if there is no use in reading what `who` has to say."""
        line = self._waiting.get(who, ())
        if len(line) >= self._room.waiting_each or (self._is_full() and len(line) + 1 >= len(self._longest())):
            raise Busy

    def _has_place(self, who: Asker) -> bool:
        return self._at_work.total() < self._room.at_work and self._at_work[who] < self._room.at_work_each

    def _is_full(self) -> bool:
        return sum(map(len, self._waiting.values())) >= self._room.waiting

    def _longest(self) -> deque[asyncio.Future[None]]:
        return max(self._waiting.values(), key=len)

    async def _wait(self, who: Asker, receive: Any) -> None:
        self.refuse_beyond(who)
        if self._is_full():
            _turn_away(self._longest().pop(), Busy())  # the youngest, which has waited least
        loop = asyncio.get_running_loop()
        called = loop.create_future()
        self._waiting.setdefault(who, deque()).append(called)
        enough = loop.call_later(self._room.wait, _turn_away, called, Busy())
        client = asyncio.create_task(_watch(receive, called))
        try:
            await called
        except asyncio.CancelledError:
            if not called.cancelled() and called.exception() is None:
                self._leave(who)  # called in the same moment
            raise
        finally:
            enough.cancel()
            client.cancel()
            self._forget(who, called)

    def _forget(self, who: Asker, called: asyncio.Future[None]) -> None:
        if line := self._waiting.get(who):
            with suppress(ValueError):
                line.remove(called)
        if not line:
            self._waiting.pop(who, None)
        self._call()

    def _leave(self, who: Asker) -> None:
        self._at_work[who] -= 1
        if not self._at_work[who]:
            del self._at_work[who]
        self._call()

    def _call(self) -> None:
        """Give the places that are free to those that wait, one to each asker and round again."""
        while who := next((one for one, line in self._waiting.items() if line and self._has_place(one)), None):
            called = self._waiting[who].popleft()
            self._waiting.move_to_end(who)
            if not called.done():
                self._at_work[who] += 1
                called.set_result(None)


def _turn_away(called: asyncio.Future[None], why: Exception) -> None:
    if not called.done():
        called.set_exception(why)


async def _watch(receive: Any, called: asyncio.Future[None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    _turn_away(called, ClientGone())
