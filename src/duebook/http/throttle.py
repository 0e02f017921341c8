"""How often a login may fail: counted by the address it comes from and by the partner it names.

Units: instants and waits are seconds.
Holds: an address with too many failures has to wait, and so has whoever has failed lately and names a partner with too
many; an address that has not failed may try any partner, so that strangers do not lock it out. What is remembered is
bounded, and in the memory of one worker process.
Source: docs/reference/tokens.md, "Failed logins".
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from uuid import UUID

from duebook.http.addresses import network

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Leniency:
    """So many failures are borne at a time, and one is forgotten every so many seconds."""

    failures: int
    forgets_seconds: float


WITH_ADDRESS: Final = Leniency(failures=10, forgets_seconds=20)
WITH_PARTNER: Final = Leniency(failures=30, forgets_seconds=5)

MOST: Final = 10_000
"""How many addresses and how many partners are remembered; the oldest are forgotten first."""


class TooManyFailedLogins(Exception):
    """Logins fail no more often than they are borne."""

    def __init__(self, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"too many logins have failed: come again in {retry_after_seconds} seconds")


class Failures(Generic[K]):
    """Failures by whatever they are counted under, each forgotten after a while."""

    def __init__(self, leniency: Leniency) -> None:
        self._leniency: Final = leniency
        self._counts: Final[OrderedDict[K, tuple[float, float]]] = OrderedDict()

    def add(self, key: K, now: float) -> None:
        """Count one more."""
        self._counts[key] = (self.count(key, now) + 1, now)
        self._counts.move_to_end(key)
        if len(self._counts) > MOST:
            self._counts.popitem(last=False)

    def count(self, key: K, now: float) -> float:
        """How many are not forgotten."""
        count, at = self._counts.get(key, (0.0, now))
        return max(0.0, count - max(0.0, now - at) / self._leniency.forgets_seconds)

    def wait(self, key: K, now: float) -> float:
        """In how many seconds there may be another; 0 if there may be now."""
        return max(0.0, self.count(key, now) - (self._leniency.failures - 1)) * self._leniency.forgets_seconds


class Throttle:
    """All that one worker process remembers of logins that failed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock: Final = clock
        self._of_address: Final[Failures[str | None]] = Failures(WITH_ADDRESS)
        self._of_partner: Final[Failures[UUID]] = Failures(WITH_PARTNER)

    def check(self, address: str | None, partner_id: UUID | None) -> None:
        """Let a login be tried. Raises TooManyFailedLogins."""
        now, place = self._clock(), network(address)
        wait = self._of_address.wait(place, now)
        if partner_id is not None and self._of_address.count(place, now) > 0:
            wait = max(wait, self._of_partner.wait(partner_id, now))
        if wait > 0:
            raise TooManyFailedLogins(math.ceil(wait))

    def failed(self, address: str | None, partner_id: UUID | None) -> None:
        """Count a login that failed."""
        now, place = self._clock(), network(address)
        self._of_address.add(place, now)
        if partner_id is not None:
            self._of_partner.add(partner_id, now)
