"""Turns of one business: so many of its requests work at once, so many more wait, and the next is told to come again.

Units: seconds.
Holds: a business's turns are given in the order in which they are asked for; whoever gives up leaves its place.
Everything is in the memory of one process.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakValueDictionary

from duebook.tenancy.errors import Busy
from duebook.tenancy.facts import BusinessId


class _Line:
    def __init__(self, at_once: int) -> None:
        self.places: Final = asyncio.Semaphore(at_once)
        self.waiting = 0


class Turns:
    """At most `at_once` of each business have a turn, and `waiting` more wait for one."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once: Final = at_once
        self._waiting: Final = waiting
        self._lines: Final[WeakValueDictionary[BusinessId, _Line]] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, business_id: BusinessId, wait: float) -> AsyncIterator[None]:
        """A turn for the length of the block. Raises Busy, at once or after `wait` seconds."""
        line = self._lines.setdefault(business_id, _Line(self._at_once))
        if line.places.locked() and line.waiting >= self._waiting:
            raise Busy
        line.waiting += 1
        try:
            async with asyncio.timeout(wait):
                await line.places.acquire()
        except TimeoutError:
            raise Busy from None
        finally:
            line.waiting -= 1
        try:
            yield
        finally:
            line.places.release()
