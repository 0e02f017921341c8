"""How often one client may ask: buckets of requests that are filled up at each full second.

Units: whole requests; whole seconds since 1970.
Holds: a bucket gives no more than it started with and what every second has added, and never holds more than it can.
Everything is in the memory of one worker process.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

RETRY_AFTER_SECONDS: Final = 1


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket that starts with some requests, gets some every second, and holds so many at most."""

    per_second: int
    holds: int
    starts_with: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a client stands after a request: what it has a second, what is left of it, and when there will be more."""

    limit: int
    remaining: int
    reset: int


class TooManyRequests(Exception):
    """A client asks no more often than its limit allows."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        super().__init__(f"more than {standing.limit} requests a second: come again in a second")


@dataclass(slots=True)
class Refusals:
    """How much is refused in this second."""

    clock: Callable[[], float] = time.monotonic
    _second: int = 0
    _many: int = 0

    def count(self) -> int:
        """The place of another one among those of the same second, the first being 1."""
        now = int(self.clock())
        if now != self._second:
            self._second, self._many = now, 0
        self._many += 1
        return self._many


@dataclass(slots=True)
class _Bucket:
    left: int
    second: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The buckets of all clients, by whatever tells them apart."""

    clock: Callable[[], float] = time.time
    _buckets: dict[Hashable, _Bucket] = field(default_factory=dict)

    def take(self, client: Hashable, rate: Rate) -> Standing:
        """Take one request out of the client's bucket. Raises TooManyRequests if it is empty."""
        now = int(self.clock())
        bucket = self._buckets.setdefault(client, _Bucket(rate.starts_with, now))
        if now != bucket.second:  # a clock that was put back adds nothing
            bucket.left = min(rate.holds, bucket.left + max(0, now - bucket.second) * rate.per_second)
            bucket.second = now
        standing = Standing(rate.per_second, max(0, bucket.left - 1), now + 1)
        if bucket.left == 0:
            raise TooManyRequests(standing)
        bucket.left -= 1
        return standing
